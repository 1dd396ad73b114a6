//! The other side: asks a running daemon, and waits for its answers.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::listen::{file_name, folder};
use super::protocol::{self, API, Access, Code, Greeting, Hello, LONGEST_REPLY, Refusal, Request};
use crate::error::{Error, Result};

/// The daemon answers within moments; one that does not hangs.
const LONGEST_ANSWER: Duration = Duration::from_secs(10);

/// Who insists on an order tries for so long to be heard in a crowd, and again after each pause.
const INSISTING: Duration = Duration::from_secs(5);
const INSIST_PAUSE: Duration = Duration::from_millis(100);

/// The control socket of the daemon whose sockets are in `given`, or where the service has them.
#[must_use]
pub fn control_socket(given: Option<&Path>) -> PathBuf {
    folder(given).join(file_name(Access::Control))
}

/// A connection to a daemon.
#[derive(Debug)]
pub struct Client {
    path: PathBuf,
    stream: BufReader<UnixStream>,
    /// Who answers.
    pub hello: Hello,
    last_id: u64,
}

/// A line of the daemon.
#[derive(Debug, Deserialize)]
struct Line {
    id: Option<u64>,
    ok: Option<Value>,
    error: Option<Refusal>,
    event: Option<Map<String, Value>>,
    missed: Option<u64>,
}

/// Who was met at a socket.
enum Met {
    /// A daemon that listens.
    Daemon(Client),
    /// A daemon that has too many clients.
    Crowd(Error),
    /// Surely nobody.
    Nobody,
}

/// What comes of a stream of events.
#[derive(Debug)]
pub enum Followed {
    /// The next event.
    Event(Map<String, Value>),
    /// So many events are forgotten that were to come next.
    Missed(u64),
    /// The connection has ended.
    Ended,
}

impl Client {
    /// Connects to the daemon whose sockets are in `given`, or where the service has them.
    ///
    /// # Errors
    /// No daemon answers there, or as for [`find`](Self::find).
    pub fn connect(given: Option<&Path>) -> Result<Self> {
        Self::find(given)?.ok_or_else(|| {
            Error::unavailable(format!("no daemon answers in {}", folder(given).display())).advice(
                "start it with `systemctl start sortd`, look at its log (`journalctl -u sortd`), or name the folder of its sockets with --sockets",
            )
        })
    }

    /// The same; `None` where there is surely no daemon. It is the control socket, or the one for watching where the other
    /// is not permitted.
    ///
    /// # Errors
    /// There may be one, and it cannot be asked: it does not answer, has too many clients, is another user's, or speaks another
    /// version.
    pub fn find(given: Option<&Path>) -> Result<Option<Self>> {
        match Self::meet(given)? {
            Met::Daemon(daemon) => Ok(Some(daemon)),
            Met::Crowd(error) => Err(error),
            Met::Nobody => Ok(None),
        }
    }

    /// Gives an order that may be given twice, however many others want to be heard; `None` where there is surely no daemon.
    ///
    /// # Errors
    /// As for [`find`](Self::find) and [`ask`](Self::ask), after some seconds of trying.
    pub fn insist(given: Option<&Path>, order: &Request) -> Result<Option<Value>> {
        let until = Instant::now() + INSISTING;
        loop {
            let error = match Self::meet(given)? {
                Met::Nobody => return Ok(None),
                Met::Crowd(error) => error,
                // In a crowd the daemon listens to each for a moment alone.
                Met::Daemon(mut daemon) => match daemon.ask(order) {
                    Ok(answer) => return Ok(Some(answer)),
                    Err(error) => error,
                },
            };
            if Instant::now() >= until {
                return Err(error);
            }
            sleep(INSIST_PAUSE);
        }
    }

    fn meet(given: Option<&Path>) -> Result<Met> {
        let folder = folder(given);
        for access in [Access::Control, Access::Watch] {
            let path = folder.join(file_name(access));
            match UnixStream::connect(&path) {
                Ok(stream) => return Self::greeted(path, stream),
                Err(error) => match error.kind() {
                    io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {}
                    io::ErrorKind::PermissionDenied if access == Access::Control => {}
                    io::ErrorKind::PermissionDenied => {
                        return Err(Error::unavailable(format!(
                            "{} is another user's",
                            path.display()
                        ))
                        .advice("run this as root, or as a member of the group sortd-admin"));
                    }
                    _ => {
                        return Err(Error::unavailable(format!("{} cannot be reached", path.display()))
                            .caused_by(error)
                            .advice("name the folder of the daemon's sockets with --sockets, by a short path"));
                    }
                },
            }
        }
        Ok(Met::Nobody)
    }

    /// Nobody is there where systemd keeps the socket for a daemon that does not come: the connection ends without a word.
    fn greeted(path: PathBuf, stream: UnixStream) -> Result<Met> {
        let lost = |error: io::Error| lost(&path, error);
        stream
            .set_read_timeout(Some(LONGEST_ANSWER))
            .map_err(lost)?;
        stream
            .set_write_timeout(Some(LONGEST_ANSWER))
            .map_err(lost)?;
        let mut stream = BufReader::new(stream);
        let line = match read_line(&mut stream) {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
                ) =>
            {
                return Ok(Met::Nobody);
            }
            line => line.map_err(lost)?,
        };
        let Ok(Greeting { hello }) = serde_json::from_str(&line) else {
            // A daemon that has too many clients says so in place of a greeting.
            let refused = serde_json::from_str::<Line>(&line);
            let path = path.display();
            return match refused.ok().and_then(|line| line.error) {
                Some(error) => Ok(Met::Crowd(Error::unavailable(format!("{path}: {error}")))),
                None => Err(Error::unavailable(format!("{path} is no daemon of sortd"))),
            };
        };
        if hello.api != API {
            let what = format!(
                "the daemon speaks version {} of the protocol, this program version {API}",
                hello.api
            );
            return Err(Error::unavailable(what).advice("restart the daemon after an upgrade"));
        }
        Ok(Met::Daemon(Self {
            path,
            stream,
            hello,
            last_id: 0,
        }))
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// The daemon refuses, has gone, or does not answer.
    pub fn ask<T: DeserializeOwned>(&mut self, request: &Request) -> Result<T> {
        self.last_id += 1;
        self.send(request)?;
        loop {
            let line = self
                .line()?
                .ok_or_else(|| lost(&self.path, io::ErrorKind::UnexpectedEof.into()))?;
            if line.id != Some(self.last_id) && line.error.is_none() {
                continue;
            }
            if let Some(Refusal {
                code, text, advice, ..
            }) = line.error
            {
                let error = match code {
                    Code::BadRequest => Error::usage(text),
                    _ => Error::unavailable(text),
                };
                return Err(error.advice(advice));
            }
            let answer = line.ok.unwrap_or_default();
            return serde_json::from_value(answer).map_err(|error| {
                Error::unavailable(format!("{} answers otherwise", self.path.display()))
                    .caused_by(error)
                    .advice("restart the daemon after an upgrade")
            });
        }
    }

    /// What comes next after `events` was asked; waits as long as it takes.
    ///
    /// # Errors
    /// The connection is lost, or what comes cannot be read.
    pub fn follow(&mut self) -> Result<Followed> {
        let stream = self.stream.get_ref();
        stream
            .set_read_timeout(None)
            .map_err(|error| lost(&self.path, error))?;
        while let Some(line) = self.line()? {
            match (line.event, line.missed) {
                (Some(event), _) => return Ok(Followed::Event(event)),
                (None, Some(missed)) => return Ok(Followed::Missed(missed)),
                (None, None) => {}
            }
        }
        Ok(Followed::Ended)
    }

    fn send(&mut self, request: &Request) -> Result<()> {
        let mut line = protocol::line(self.last_id, request)
            .map_err(|error| Error::internal("a request cannot be written").caused_by(error))?;
        line.push('\n');
        let sent = self.stream.get_ref().write_all(line.as_bytes());
        sent.map_err(|error| lost(&self.path, error))
    }

    /// The next line; `None` where the daemon has ended.
    fn line(&mut self) -> Result<Option<Line>> {
        let line = match read_line(&mut self.stream) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            line => line.map_err(|error| lost(&self.path, error))?,
        };
        let parsed = serde_json::from_str(&line);
        parsed
            .map(Some)
            .map_err(|error| lost(&self.path, io::Error::other(error)))
    }
}

/// A line of bounded length.
fn read_line(stream: &mut BufReader<UnixStream>) -> io::Result<String> {
    let mut line = String::new();
    let read = stream
        .by_ref()
        .take(LONGEST_REPLY as u64)
        .read_line(&mut line)?;
    if read == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line)
}

fn lost(path: &Path, error: io::Error) -> Error {
    let daemon = format!("the daemon at {}", path.display());
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::unavailable(format!("{daemon} ended the connection"))
            .advice("look at its log: `journalctl -u sortd`"),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::unavailable(format!(
            "{daemon} does not answer within {} s",
            LONGEST_ANSWER.as_secs()
        ))
        .advice("start it anew with `systemctl restart sortd`, and look at its log: `journalctl -u sortd`"),
        _ => Error::unavailable(format!("{daemon} cannot be talked to"))
            .caused_by(error)
            .advice("look at its log: `journalctl -u sortd`"),
    }
}
