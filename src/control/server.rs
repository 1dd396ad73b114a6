//! The daemon's side: accepts clients, answers their requests, and hands on what they order.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::Listeners;
use super::lines::{self, Lines, Read};
use super::protocol::{
    API, Access, Code, Greeting, Hello, LONGEST_PAUSE_S, Look, Query, Refusal, Request, Since,
    Stats, Status, StreamBegins, parse,
};
use crate::error::{Error, Result};
use crate::report::Recent;

/// Clients of one socket at a time.
const CLIENTS: usize = 16;

/// A client that asks for nothing and waits for nothing is dropped after this long.
const LONGEST_SILENCE: Duration = Duration::from_secs(120);

/// A client is answered this often in a second; one that asks faster waits.
const RATE: u32 = 50;

/// A socket accepts clients no faster than this, however many want to connect.
const ACCEPT_PAUSE: Duration = Duration::from_millis(5);

/// Orders are handed on no faster than this, whoever gives them.
const ORDER_PAUSE: Duration = Duration::from_millis(100);

/// Events that are written to a client at once.
const EVENTS_AT_ONCE: usize = 64;

/// After a failure to accept a client, as when the process may open no more files.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// What a client orders; the daemon answers to each.
#[derive(Debug)]
pub enum Wish {
    /// How is it?
    Status(oneshot::Sender<Status>),
    /// What does the camera see?
    Look(oneshot::Sender<Shown>),
    /// Rest for this long.
    Pause(Duration),
    /// Go on.
    Resume,
    /// Read the configuration again.
    Reload,
    /// What was counted?
    Stats(Query, oneshot::Sender<std::result::Result<Stats, Refusal>>),
}

/// A picture for all who wait for it, or why there is none.
pub type Shown = std::result::Result<Rc<Look>, Refusal>;

/// What the server answers from.
#[derive(Debug)]
pub struct Desk {
    /// The start of the daemon: a random number in hexadecimal.
    pub start: String,
    /// The latest events.
    pub recent: Arc<Recent>,
    /// Where wishes go.
    pub wishes: mpsc::Sender<Wish>,
    next_order: Cell<Option<Instant>>,
}

impl Desk {
    /// A desk of a daemon that drew `start`.
    #[must_use]
    pub const fn new(start: String, recent: Arc<Recent>, wishes: mpsc::Sender<Wish>) -> Self {
        Self {
            start,
            recent,
            wishes,
            next_order: Cell::new(None),
        }
    }

    /// Waits until an order may be given again.
    async fn order_pause(&self) {
        let now = Instant::now();
        let due = self.next_order.get().map_or(now, |due| due.max(now));
        self.next_order.set(Some(due + ORDER_PAUSE));
        sleep_until(due).await;
    }
}

/// Serves the listeners on the present `LocalSet` until that ends; files that were made for them go with it.
///
/// # Errors
/// A listener cannot be used.
pub fn serve(mut listeners: Listeners, desk: Desk) -> Result<()> {
    let desk = Rc::new(desk);
    let mut usable = Vec::new();
    for (access, listener) in listeners.sockets.drain(..) {
        let listener = listener
            .set_nonblocking(true)
            .and_then(|()| UnixListener::from_std(listener))
            .map_err(|error| Error::internal("a control socket cannot be used").caused_by(error))?;
        usable.push((access, listener));
    }
    let files = Rc::new(listeners);
    for (access, listener) in usable {
        let (desk, files) = (Rc::clone(&desk), Rc::clone(&files));
        spawn_local(async move {
            let _files = files;
            accept(listener, access, desk).await;
        });
    }
    Ok(())
}

async fn accept(listener: UnixListener, access: Access, desk: Rc<Desk>) {
    let places = Arc::new(Semaphore::new(CLIENTS));
    loop {
        sleep(ACCEPT_PAUSE).await;
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            // Where this client does not even read that, there is nothing to be done for it.
            let _ = stream.try_write(&too_many());
            continue;
        };
        let desk = Rc::clone(&desk);
        spawn_local(async move {
            // A client that has gone or does not read needs no answer.
            let _ = Client::of(stream, access, &desk).serve().await;
            drop(place);
        });
    }
}

fn too_many() -> Vec<u8> {
    let refusal = Refusal {
        code: Code::TooMany,
        text: format!("{CLIENTS} clients are served already"),
        advice: "close one of them and try again".into(),
    };
    let mut line = serde_json::to_vec(&Answer::<()>::Refused {
        id: None,
        error: refusal,
    })
    .unwrap_or_default();
    line.push(b'\n');
    line
}

/// A line to a client.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer<T> {
    Fine { id: u64, ok: T },
    Refused { id: Option<u64>, error: Refusal },
    Event { id: u64, event: T },
    Missed { id: u64, missed: u64 },
}

struct Client<'d> {
    lines: Lines,
    out: OwnedWriteHalf,
    access: Access,
    desk: &'d Desk,
    stream: Option<Stream>,
    next_answer: Instant,
}

/// The events that a client follows.
struct Stream {
    id: u64,
    /// The number of the last one that was written.
    seq: u64,
    /// Whether none was written yet.
    begins: bool,
    newest: watch::Receiver<u64>,
}

impl<'d> Client<'d> {
    fn of(stream: UnixStream, access: Access, desk: &'d Desk) -> Self {
        let (read, out) = stream.into_split();
        Self {
            lines: Lines::of(read),
            out,
            access,
            desk,
            stream: None,
            next_answer: Instant::now(),
        }
    }

    async fn serve(mut self) -> io::Result<()> {
        let hello = Hello {
            api: API,
            sortd: env!("CARGO_PKG_VERSION").into(),
            start: self.desk.start.clone(),
            access: self.access,
        };
        lines::write(&mut self.out, &Greeting { hello }).await?;
        loop {
            let line = match &mut self.stream {
                None => timeout(LONGEST_SILENCE, self.lines.next())
                    .await
                    .map_err(|_| io::ErrorKind::TimedOut)??,
                Some(stream) => tokio::select! {
                    line = self.lines.next() => line?,
                    _ = stream.newest.changed() => {
                        self.write_events().await?;
                        continue;
                    }
                },
            };
            match line {
                Read::Line(line) => self.answer(&line).await?,
                Read::Ended => return Ok(()),
                Read::Nonsense => {
                    let error = Refusal {
                        code: Code::BadLine,
                        text: "this line is no text, or too long".into(),
                        advice: "docs/protocol.md tells how requests are written".into(),
                    };
                    return lines::write(&mut self.out, &refused(None, error)).await;
                }
            }
        }
    }

    async fn answer(&mut self, line: &str) -> io::Result<()> {
        sleep_until(self.next_answer).await;
        self.next_answer = Instant::now() + Duration::from_secs(1) / RATE;
        let (id, request) = match parse(line) {
            Ok((id, Ok(request))) => (id, request),
            Ok((id, Err(error))) => return self.refuse(Some(id), error).await,
            Err(error) => return self.refuse(None, error).await,
        };
        if self.access == Access::Watch && !request.only_watches() {
            let error = Refusal {
                code: Code::NotAllowed,
                text: "this socket is for watching".into(),
                advice: "ask on the control socket".into(),
            };
            return self.refuse(Some(id), error).await;
        }
        match request {
            Request::Status {} => self.status(id).await,
            Request::Events { since } => self.follow(id, since).await,
            Request::Look {} => self.look(id).await,
            Request::Park {} => self.order(id, Wish::Pause(longest_pause())).await,
            Request::Pause { seconds } if (1..=LONGEST_PAUSE_S).contains(&seconds) => {
                self.order(id, Wish::Pause(Duration::from_secs(seconds)))
                    .await
            }
            Request::Pause { seconds } => {
                let error = Refusal {
                    code: Code::BadRequest,
                    text: format!("a pause of {seconds} s"),
                    advice: format!("pause for 1 to {LONGEST_PAUSE_S} s"),
                };
                self.refuse(Some(id), error).await
            }
            Request::Resume {} => self.order(id, Wish::Resume).await,
            Request::Reload {} => self.order(id, Wish::Reload).await,
            Request::Stats(query) => self.stats(id, query).await,
        }
    }

    async fn status(&mut self, id: u64) -> io::Result<()> {
        let (sender, status) = oneshot::channel();
        match self.wish(Wish::Status(sender), status).await {
            Ok(ok) => lines::write(&mut self.out, &Answer::Fine { id, ok }).await,
            Err(error) => self.refuse(Some(id), error).await,
        }
    }

    async fn look(&mut self, id: u64) -> io::Result<()> {
        let (sender, shown) = oneshot::channel();
        match self.wish(Wish::Look(sender), shown).await.flatten() {
            Ok(look) => lines::write(&mut self.out, &Answer::Fine { id, ok: &*look }).await,
            Err(error) => self.refuse(Some(id), error).await,
        }
    }

    async fn stats(&mut self, id: u64, query: Query) -> io::Result<()> {
        let (sender, stats) = oneshot::channel();
        match self.wish(Wish::Stats(query, sender), stats).await.flatten() {
            Ok(ok) => lines::write(&mut self.out, &Answer::Fine { id, ok }).await,
            Err(error) => self.refuse(Some(id), error).await,
        }
    }

    /// Hands an order on. What comes of it is told by events.
    async fn order(&mut self, id: u64, wish: Wish) -> io::Result<()> {
        self.desk.order_pause().await;
        if self.desk.wishes.send(wish).await.is_err() {
            return self.refuse(Some(id), ending()).await;
        }
        let ok = serde_json::Map::new();
        lines::write(&mut self.out, &Answer::Fine { id, ok }).await
    }

    /// Hands a wish on, and waits for what answers it.
    async fn wish<T>(
        &self,
        wish: Wish,
        answer: oneshot::Receiver<T>,
    ) -> std::result::Result<T, Refusal> {
        self.desk.wishes.send(wish).await.map_err(|_| ending())?;
        answer.await.map_err(|_| ending())
    }

    async fn follow(&mut self, id: u64, since: Option<Since>) -> io::Result<()> {
        if self.stream.is_some() {
            let error = Refusal {
                code: Code::Busy,
                text: "this connection follows events already".into(),
                advice: "use another connection".into(),
            };
            return self.refuse(Some(id), error).await;
        }
        let mut newest = self.desk.recent.newest();
        let after = match since {
            None => *newest.borrow_and_update(),
            Some(since) if since.start == self.desk.start => since.seq.min(*newest.borrow()),
            // Of another start nothing is known but that everything since then is new.
            Some(_) => 0,
        };
        let (_, missed) = self.desk.recent.after(after, 0);
        let begins = StreamBegins {
            start: self.desk.start.clone(),
            after,
            missed,
        };
        self.stream = Some(Stream {
            id,
            seq: after,
            begins: true,
            newest,
        });
        lines::write(&mut self.out, &Answer::Fine { id, ok: begins }).await?;
        self.write_events().await
    }

    /// Writes the events that the client has not got.
    async fn write_events(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else {
            return Ok(());
        };
        loop {
            let (events, missed) = self.desk.recent.after(stream.seq, EVENTS_AT_ONCE);
            let Some(last) = events.last() else {
                return Ok(());
            };
            let (id, begins) = (stream.id, stream.begins);
            (stream.seq, stream.begins) = (last.seq, false);
            // What is forgotten at the beginning was told in the reply.
            if missed > 0 && !begins {
                lines::write(&mut self.out, &Answer::<()>::Missed { id, missed }).await?;
            }
            for event in &events {
                let event = &**event;
                lines::write(&mut self.out, &Answer::Event { id, event }).await?;
            }
        }
    }

    async fn refuse(&mut self, id: Option<u64>, error: Refusal) -> io::Result<()> {
        lines::write(&mut self.out, &refused(id, error)).await
    }
}

const fn refused(id: Option<u64>, error: Refusal) -> Answer<()> {
    Answer::Refused { id, error }
}

fn ending() -> Refusal {
    Refusal {
        code: Code::Unavailable,
        text: "the daemon is ending".into(),
        advice: "ask again when it has started".into(),
    }
}

const fn longest_pause() -> Duration {
    Duration::from_secs(LONGEST_PAUSE_S)
}
