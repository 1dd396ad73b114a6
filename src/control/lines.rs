//! Lines of bounded length from a client, and lines to it that it must read in time.

use std::io;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use super::protocol::LONGEST_LINE;

/// A client that has not read a line after this long is dropped.
const LONGEST_WRITE: Duration = Duration::from_secs(5);

/// What a client writes.
pub(super) struct Lines {
    stream: OwnedReadHalf,
    /// Bytes that are no whole line yet.
    rest: Vec<u8>,
}

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// A line without its end.
    Line(String),
    /// A line that is longer than any request, or no text; what follows cannot be told apart from it.
    Nonsense,
    /// The client has gone.
    Ended,
}

impl Lines {
    pub fn of(stream: OwnedReadHalf) -> Self {
        Self {
            stream,
            rest: Vec::new(),
        }
    }

    /// The next line. May be dropped and called again at any time.
    pub async fn next(&mut self) -> io::Result<Read> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.rest.drain(..=end).collect();
                line.pop();
                return Ok(String::from_utf8(line).map_or(Read::Nonsense, Read::Line));
            }
            if self.rest.len() >= LONGEST_LINE {
                return Ok(Read::Nonsense);
            }
            self.rest.reserve(1024);
            if self.stream.read_buf(&mut self.rest).await? == 0 {
                return Ok(Read::Ended);
            }
        }
    }
}

/// Writes a message as one line.
///
/// # Errors
/// The client has gone, or does not read.
pub(super) async fn write(to: &mut OwnedWriteHalf, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    timeout(LONGEST_WRITE, to.write_all(&line))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::UnixStream;

    /// What is read of `bytes`, which come in pieces of `piece`.
    async fn read(bytes: &[u8], piece: usize) -> Vec<Read> {
        let (mut writer, reader) = UnixStream::pair().expect("a pair");
        let mut lines = Lines::of(reader.into_split().0);
        let bytes = bytes.to_vec();
        let write = async move {
            for part in bytes.chunks(piece) {
                // The reader may have had enough.
                let _ = writer.write_all(part).await;
            }
        };
        let read = async {
            let mut found = Vec::new();
            loop {
                let line = lines.next().await.expect("read");
                let last = !matches!(line, Read::Line(_));
                found.push(line);
                if last {
                    drop(lines);
                    return found;
                }
            }
        };
        tokio::join!(write, read).1
    }

    #[tokio::test]
    async fn lines_come_whole_whatever_pieces_they_come_in() {
        for piece in [1, 3, 100] {
            let read = read(b"one\n\ntwo\nhalf", piece).await;
            let line = |text: &str| Read::Line(text.into());
            assert_eq!(read, [line("one"), line(""), line("two"), Read::Ended]);
        }
    }

    #[tokio::test]
    async fn a_line_without_end_and_bytes_that_are_no_text_are_nonsense() {
        let endless = vec![b'x'; 3 * LONGEST_LINE];
        assert_eq!(read(&endless, 4096).await, [Read::Nonsense]);
        assert_eq!(read(b"\xff\xfe\n", 100).await, [Read::Nonsense]);
    }
}
