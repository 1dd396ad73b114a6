//! Writes events as JSON lines on standard output through a queue, so that a reader who stops reading
//! cannot hold up the loop while a light is on.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::backlog::{Backlog, Entry, Outcome, Room};
use super::outbox::Outbox;
use super::{Event, standard, write_log};
use crate::visible::visible_json;

/// The writer of standard output.
#[derive(Debug)]
pub(super) struct JsonLines {
    lines: Outbox<Backlog<String>>,
}

/// An event as one JSON line.
#[derive(Serialize)]
struct Line<'e> {
    /// Milliseconds since 1970, UTC.
    time_ms: u64,
    #[serde(flatten)]
    event: &'e Event,
}

impl JsonLines {
    /// Starts the writer.
    ///
    /// # Errors
    /// The system gives us no thread.
    pub fn start() -> io::Result<Self> {
        let mut is_read = true;
        let write = move |entry| {
            let line = line_of(entry);
            // A reader that went away is no reason to stop sorting.
            is_read = is_read && standard::write_all(io::stdout(), line.as_bytes()).is_ok();
        };
        let lines = Outbox::start("events", Backlog::new(Room::USUAL), write)?;
        Ok(Self { lines })
    }

    /// Hands an event over without waiting. The log learns at once that lines are dropped; the reader of
    /// the lines can learn it only when it reads.
    pub fn write(&self, event: &Event) {
        let line = json_line(event, SystemTime::now());
        let bytes = line.len();
        if self.lines.put(|lines| lines.push(line, bytes)) == Outcome::BeginsGap {
            write_log(&Event::DroppingBegan);
        }
    }
}

/// What is written for an entry; both ends of a gap are events as well, at the time when they happened.
fn line_of(entry: Entry<String>) -> String {
    match entry {
        Entry::Item(line) => line,
        Entry::DroppingBegan { at } => json_line(&Event::DroppingBegan, at),
        Entry::DroppingEnded { dropped, at } => {
            let event = Event::DroppingEnded { dropped };
            write_log(&event);
            json_line(&event, at)
        }
    }
}

fn json_line(event: &Event, at: SystemTime) -> String {
    let time = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let line = Line {
        time_ms: time.as_millis() as u64,
        event,
    };
    let text = serde_json::to_string(&line).expect("an event has names and numbers only");
    let mut text = visible_json(&text).into_owned();
    text.push('\n');
    text
}
