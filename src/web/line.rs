//! A connection to the daemon: one question at a time, each answered before the next is asked.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::refused::Refused;
use crate::control::protocol::{API, Greeting, LONGEST_LINE, LONGEST_REPLY};

/// A daemon that answers at all greets at once.
const GREETS_WITHIN: Duration = Duration::from_secs(5);

/// What the daemon is asked, without a number.
#[derive(Debug, Clone)]
pub(super) struct Question(Map<String, Value>);

impl Question {
    /// A request of this name with these arguments.
    pub fn new(name: &str, mut arguments: Map<String, Value>) -> Self {
        arguments.insert("request".into(), name.into());
        Self(arguments)
    }

    /// A request of this name without arguments.
    pub fn plain(name: &str) -> Self {
        Self::new(name, Map::new())
    }

    /// Its line, with its end.
    fn line(&self, id: u64) -> Vec<u8> {
        let mut object = self.0.clone();
        object.insert("id".into(), id.into());
        let mut line = Value::Object(object).to_string().into_bytes();
        line.push(b'\n');
        line
    }
}

/// What the daemon answers, as it wrote it.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The start of the daemon that answers.
    pub start: Arc<str>,
    /// The answer's JSON.
    pub json: Bytes,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], self.json).into_response()
    }
}

/// What comes of a question.
pub(super) type Reply = Result<Answer, Refused>;

/// A connection to a daemon that has greeted.
#[derive(Debug)]
pub(super) struct Line {
    stream: BufReader<UnixStream>,
    /// The number that the daemon drew at its start.
    pub start: Arc<str>,
    last_id: u64,
    /// The line that was read last.
    read: Vec<u8>,
}

/// A line of the daemon.
#[derive(Deserialize)]
struct Said<'l> {
    id: Option<u64>,
    #[serde(borrow)]
    ok: Option<&'l RawValue>,
    #[serde(borrow)]
    error: Option<&'l RawValue>,
    #[serde(borrow)]
    event: Option<&'l RawValue>,
    missed: Option<u64>,
}

impl Line {
    /// Connects, and is greeted.
    pub async fn open(path: &Path) -> Result<Self, Refused> {
        let greeted = async {
            let stream = UnixStream::connect(path).await?;
            let (mut stream, mut read) = (BufReader::new(stream), Vec::new());
            read_line(&mut stream, &mut read).await?;
            Ok((stream, read))
        };
        let greeted = timeout(GREETS_WITHIN, greeted).await;
        let greeted = greeted.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()));
        let (stream, read) = greeted.map_err(|error| nobody(path, &error))?;
        let Ok(Greeting { hello }) = serde_json::from_slice(&read) else {
            return Err(no_greeting(path, &read));
        };
        if hello.api != API {
            let text = format!(
                "the daemon speaks version {} of the protocol, and `sortd web` version {API}",
                hello.api
            );
            let advice = "restart the daemon and `sortd web` after an upgrade";
            return Err(Refused::new("no-daemon", text, advice));
        }
        Ok(Self {
            stream,
            start: hello.start.into(),
            last_id: 0,
            read,
        })
    }

    /// Asks, and waits no longer than `patience` for the answer; `on_event` gets the events that come before it.
    ///
    /// # Errors
    /// The connection is of no use any more.
    pub async fn ask(
        &mut self,
        question: &Question,
        patience: Duration,
        on_event: impl FnMut(&str),
    ) -> Result<Reply, Refused> {
        self.last_id += 1;
        let line = question.line(self.last_id);
        if line.len() > LONGEST_LINE {
            return Ok(Err(Refused::too_large()));
        }
        let answered = timeout(patience, self.exchange(&line, on_event)).await;
        let answered = answered.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()));
        answered.map_err(|error| lost(&error))
    }

    async fn exchange(&mut self, line: &[u8], mut on_event: impl FnMut(&str)) -> io::Result<Reply> {
        self.stream.get_mut().write_all(line).await?;
        loop {
            read_line(&mut self.stream, &mut self.read).await?;
            let said: Said<'_> = serde_json::from_slice(&self.read)?;
            let is_ours = said.id == Some(self.last_id);
            match (said.event, said.error, said.ok) {
                (Some(event), ..) => on_event(event.get()),
                // One without a number is about the connection.
                (None, Some(error), _) if is_ours || said.id.is_none() => {
                    return Ok(Err(Refused::of_daemon(error.get())));
                }
                (None, None, Some(ok)) if is_ours && said.missed.is_none() => {
                    let start = Arc::clone(&self.start);
                    let json = Bytes::copy_from_slice(ok.get().as_bytes());
                    return Ok(Ok(Answer { start, json }));
                }
                _ => {}
            }
        }
    }

    /// Waits until the daemon says something that it was not asked for, which ends what this line is good for.
    pub async fn has_ended(&self) {
        // Whatever went wrong, the line is not used again.
        let _ = self.stream.get_ref().readable().await;
    }
}

/// Reads a line of bounded length in the place of what was read before.
async fn read_line(stream: &mut BufReader<UnixStream>, into: &mut Vec<u8>) -> io::Result<()> {
    into.clear();
    let mut bounded = stream.take(LONGEST_REPLY as u64);
    bounded.read_until(b'\n', into).await?;
    if into.last() != Some(&b'\n') {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// Nobody answers on the socket.
fn nobody(path: &Path, error: &io::Error) -> Refused {
    let place = path.display();
    let (text, advice) = match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => (
            format!("no daemon answers at {place}"),
            "start it with `systemctl start sortd`, or name the folder of its sockets with --sockets",
        ),
        ErrorKind::PermissionDenied => (
            format!("{place} is another user's"),
            "run `sortd web` as the user of the daemon, or as a member of the socket's group",
        ),
        _ => (
            format!("the daemon at {place} does not answer: {error}"),
            "look at its log: `journalctl -u sortd`",
        ),
    };
    Refused::new("no-daemon", text, advice)
}

/// What answers on the socket says something else; a daemon that has too many clients says so in place of a greeting.
fn no_greeting(path: &Path, read: &[u8]) -> Refused {
    let said = serde_json::from_slice::<Said<'_>>(read).ok();
    match said.and_then(|said| said.error) {
        Some(error) => Refused::of_daemon(error.get()),
        None => Refused::new(
            "no-daemon",
            format!("{} is no daemon of sortd", path.display()),
            "name the folder of the daemon's sockets with --sockets",
        ),
    }
}

/// The daemon has gone, hangs or talks nonsense.
fn lost(error: &io::Error) -> Refused {
    let what = match error.kind() {
        ErrorKind::TimedOut => "does not answer in time",
        ErrorKind::InvalidData | ErrorKind::InvalidInput => "answers nonsense",
        _ => "has ended the connection",
    };
    Refused::new(
        "no-daemon",
        format!("the daemon {what}"),
        "ask again in a moment; if it stays so, look at its log: `journalctl -u sortd`",
    )
}
