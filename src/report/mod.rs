//! What happened, told to people and programs: log records with fields, and events as JSON lines.
//!
//! An [`Event`] is a value; [`Reporter`] writes it. Stages return values and errors and never log.

mod event;
mod json_lines;
mod logger;

pub use event::{Event, FaultName, ReleaseName};
pub use logger::{FINDING, install_logger};

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use json_lines::JsonLines;
use log::Record;
use serde::Serialize;

/// Writes events to the log, and to standard output as JSON lines where that is wanted; or keeps
/// them for whoever asks.
#[derive(Debug, Clone)]
pub struct Reporter {
    json: Option<Arc<JsonLines>>,
    kept: Option<Kept>,
}

/// Events that were kept; all clones share one list.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    events: Arc<Mutex<Vec<Event>>>,
}

impl Kept {
    /// Takes the events so far.
    #[must_use]
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An event as one JSON line.
#[derive(Serialize)]
struct Line<'e> {
    /// Milliseconds since 1970, UTC.
    time_ms: u64,
    #[serde(flatten)]
    event: &'e Event,
}

impl Reporter {
    /// A reporter; `json` also prints each event on standard output.
    #[must_use]
    pub fn new(json: bool) -> Self {
        let json = json.then(JsonLines::start).flatten().map(Arc::new);
        Self { json, kept: None }
    }

    /// A reporter that writes nothing and keeps every event.
    #[must_use]
    pub fn keeping() -> (Self, Kept) {
        let kept = Kept::default();
        (
            Self {
                json: None,
                kept: Some(kept.clone()),
            },
            kept,
        )
    }

    /// Reports one event.
    pub fn report(&self, event: &Event) {
        if let Some(kept) = &self.kept {
            kept.events
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(event.clone());
            return;
        }
        write_log(event);
        if let (Some(lines), Some(line)) = (&self.json, json_line(event)) {
            lines.write(line);
        }
    }
}

/// Writes the event's log record, whose fields journald keeps.
fn write_log(event: &Event) {
    if event.level() > log::max_level() {
        return;
    }
    let fields = event.fields();
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let record = &mut Record::builder();
    record
        .level(event.level())
        .target("sortd")
        .key_values(&fields);
    log::logger().log(&record.args(format_args!("{event}")).build());
}

fn json_line(event: &Event) -> Option<String> {
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let line = Line {
        time_ms: time.as_millis() as u64,
        event,
    };
    serde_json::to_string(&line).ok()
}
