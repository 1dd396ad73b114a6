//! One client: reads its requests, answers them, and hands on what it orders.

use std::io;
use std::time::Duration;

use serde::Serialize;
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::lines::{self, Lines, Read};
use super::protocol::{
    API, Access, Code, Greeting, Hello, LONGEST_PAUSE_S, Log, Query, Refusal, Request, Since,
    Status, StreamBegins, parse,
};
use super::{Answered, ConfigWish, Desk, GoBack, Wish};
use crate::report;

/// A client that asks for nothing and waits for nothing is dropped after this long.
const LONGEST_SILENCE: Duration = Duration::from_secs(120);

/// A client is answered this often in a second; one that asks faster waits.
const RATE: u32 = 50;

/// Events that are written to a client at once.
const EVENTS_AT_ONCE: usize = 64;

/// A line to a client.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Answer<T> {
    Fine { id: u64, ok: T },
    Refused { id: Option<u64>, error: Refusal },
    Event { id: u64, event: T },
    Missed { id: u64, missed: u64 },
}

/// A client, and what it is in the middle of.
pub(super) struct Session<'d> {
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

impl<'d> Session<'d> {
    pub fn of(stream: UnixStream, access: Access, desk: &'d Desk) -> Self {
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

    /// Answers one request: that to park is granted, any other refused, as is who asks nothing `within` that time.
    pub async fn park_or_refuse(mut self, within: Duration, refusal: Refusal) -> io::Result<()> {
        self.greet().await?;
        let asked = timeout(within, self.lines.next()).await;
        let Read::Line(line) = asked.unwrap_or(Ok(Read::Ended))? else {
            return self.refuse(None, refusal).await;
        };
        match parse(&line) {
            Ok((id, Ok(Request::Park {}))) => self.answer_to_park(id).await,
            Ok((id, _)) => self.refuse(Some(id), refusal).await,
            Err(_) => self.refuse(None, refusal).await,
        }
    }

    async fn greet(&mut self) -> io::Result<()> {
        let hello = Hello {
            api: API,
            sortd: env!("CARGO_PKG_VERSION").into(),
            start: self.desk.start.clone(),
            access: self.access,
        };
        lines::write(&mut self.out, &Greeting { hello }).await
    }

    /// Answers requests until the client goes, or has said nothing for long.
    pub async fn serve(mut self) -> io::Result<()> {
        self.greet().await?;
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
                    let error = Refusal::new(
                        Code::BadLine,
                        "this line is no text, or too long",
                        "docs/protocol.md tells how requests are written",
                    );
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
            let error = Refusal::new(
                Code::NotAllowed,
                "this socket is for watching",
                "ask on the control socket",
            );
            return self.refuse(Some(id), error).await;
        }
        match request {
            Request::Status {} => self.status(id).await,
            Request::Events { since } => self.follow(id, since).await,
            Request::Look {} => self.look(id).await,
            Request::Park {} => self.answer_to_park(id).await,
            Request::Pause { seconds } if (1..=LONGEST_PAUSE_S).contains(&seconds) => {
                self.order(id, Wish::Pause(Duration::from_secs(seconds)))
                    .await
            }
            Request::Pause { seconds } => {
                let text = format!("a pause of {seconds} s");
                let advice = format!("pause for 1 to {LONGEST_PAUSE_S} s");
                let error = Refusal::new(Code::BadRequest, text, advice);
                self.refuse(Some(id), error).await
            }
            Request::Resume {} => self.order(id, Wish::Resume).await,
            Request::Reload {} => self.order(id, Wish::Reload).await,
            Request::BinsTest { bin } => self.test(id, bin).await,
            Request::ModelInfo {} => self.model(id).await,
            Request::Log {} => self.log(id).await,
            Request::Stats(query) => self.stats(id, query).await,
            Request::ConfigGet {} => self.ordered(id, Wish::config(ConfigWish::Get)).await,
            Request::ConfigCheck { text } => {
                self.ordered(id, Wish::config(|to| ConfigWish::Check(text, to)))
                    .await
            }
            Request::ConfigTry { text } => {
                self.ordered(id, Wish::config(|to| ConfigWish::Try(text, to)))
                    .await
            }
            Request::ConfigCommit { trial } => {
                self.ordered(id, Wish::config(|to| ConfigWish::Commit(trial, to)))
                    .await
            }
            Request::ConfigBack { generation, trial } => {
                let to_what = match GoBack::of(generation, trial) {
                    Ok(to_what) => to_what,
                    Err(error) => return self.refuse(Some(id), error).await,
                };
                self.ordered(id, Wish::config(|to| ConfigWish::Back(to_what, to)))
                    .await
            }
            Request::ModelTest {} => self.ordered(id, Wish::answered(Wish::ProveModel)).await,
            Request::Pair { code } => {
                self.ordered(id, Wish::answered(|to| Wish::Pair(code, to)))
                    .await
            }
            Request::Privacy {} => self.ordered(id, Wish::answered(Wish::Privacy)).await,
        }
    }

    /// Hands on what all clients together may ask no oftener than they may order anything, and writes its answer.
    async fn ordered<T: Serialize>(
        &mut self,
        id: u64,
        (wish, answer): (Wish, Answered<T>),
    ) -> io::Result<()> {
        self.desk.order_pause().await;
        let answer = self.wish(wish, answer).await.flatten();
        self.reply(id, answer).await
    }

    async fn test(&mut self, id: u64, bin: String) -> io::Result<()> {
        self.ordered(id, Wish::answered(|to| Wish::Test(bin, to)))
            .await
    }

    async fn model(&mut self, id: u64) -> io::Result<()> {
        let (sender, model) = oneshot::channel();
        let model = self.wish(Wish::Model(sender), model).await;
        self.reply(id, model).await
    }

    async fn log(&mut self, id: u64) -> io::Result<()> {
        // They are a megabyte at most, so all clients together get them as seldom as they may order anything.
        self.desk.order_pause().await;
        let records = report::latest_records();
        let records = records.iter().map(|record| (**record).clone()).collect();
        self.reply(id, Ok(Log { records })).await
    }

    async fn status(&mut self, id: u64) -> io::Result<()> {
        let (sender, status) = oneshot::channel();
        let status = self.wish(Wish::Status(sender), status).await;
        let shown = status.map(|status| match self.access {
            Access::Control => status,
            // Who may only watch may not let anybody in.
            Access::Watch => Status {
                pairing: None,
                ..status
            },
        });
        self.reply(id, shown).await
    }

    async fn look(&mut self, id: u64) -> io::Result<()> {
        let (sender, shown) = oneshot::channel();
        let shown = self.wish(Wish::Look(sender), shown).await.flatten();
        self.reply(id, shown.as_deref().map_err(Clone::clone)).await
    }

    async fn stats(&mut self, id: u64, query: Query) -> io::Result<()> {
        let (sender, stats) = oneshot::channel();
        let stats = self.wish(Wish::Stats(query, sender), stats).await.flatten();
        self.reply(id, stats).await
    }

    /// Whatever else is ordered, to rest waits for none of it.
    async fn answer_to_park(&mut self, id: u64) -> io::Result<()> {
        let longest = Duration::from_secs(LONGEST_PAUSE_S);
        self.hand_on(id, Wish::Pause(longest)).await
    }

    /// Hands an order on. What comes of it is told by events.
    async fn order(&mut self, id: u64, wish: Wish) -> io::Result<()> {
        self.desk.order_pause().await;
        self.hand_on(id, wish).await
    }

    async fn hand_on(&mut self, id: u64, wish: Wish) -> io::Result<()> {
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
            let error = Refusal::new(
                Code::Busy,
                "this connection follows events already",
                "use another connection",
            );
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

    async fn reply<T: Serialize>(
        &mut self,
        id: u64,
        found: std::result::Result<T, Refusal>,
    ) -> io::Result<()> {
        match found {
            Ok(ok) => lines::write(&mut self.out, &Answer::Fine { id, ok }).await,
            Err(error) => self.refuse(Some(id), error).await,
        }
    }

    async fn refuse(&mut self, id: Option<u64>, error: Refusal) -> io::Result<()> {
        lines::write(&mut self.out, &refused(id, error)).await
    }
}

pub(super) const fn refused(id: Option<u64>, error: Refusal) -> Answer<()> {
    Answer::Refused { id, error }
}

fn ending() -> Refusal {
    Refusal::new(
        Code::Unavailable,
        "the daemon is ending",
        "ask again when it has started",
    )
}
