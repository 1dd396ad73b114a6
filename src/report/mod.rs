//! What happened, told to people and programs: log records with fields, and events as JSON lines.
//!
//! An [`Event`] is a value; [`Reporter`] writes it. Stages return values and errors and never log.
//!
//! Nothing that the daemon tells makes it wait. Log records, JSON lines and what systemd is told each leave
//! through an outbox; a reader who does not read misses some of them, and is told how many.

mod backlog;
mod condition;
mod event;
mod event_names;
mod json_lines;
mod log_memory;
mod logger;
mod outbox;
mod queued_log;
mod recent;
mod standard;

pub use condition::{Condition, Counters};
pub use event::Event;
pub use event_names::{FaultName, ReleaseName};
pub use log_memory::{LogRecord, latest_records};
pub use logger::{FINDING, install_logger, install_queued_logger};
pub(crate) use outbox::{Outbox, Waiting, wait_for_readers};
pub(crate) use recent::shortened;
pub use recent::{Recent, Recorded};

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use json_lines::JsonLines;
use log::Record;

use crate::error::Result;
use crate::visible::{visible, visible_lines};

/// Somebody who sees every event that is reported, and holds nobody up.
pub trait Witness: fmt::Debug + Send + Sync {
    /// Sees an event, on the thread that reports it.
    fn see(&self, event: &Event);
}

/// Writes events to the log, and to standard output as JSON lines where that is wanted; or keeps
/// them for whoever asks.
#[derive(Debug, Clone)]
pub struct Reporter {
    json: Option<Arc<JsonLines>>,
    kept: Option<Kept>,
    recent: Option<Arc<Recent>>,
    witness: Option<Arc<dyn Witness>>,
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

impl Reporter {
    /// A reporter; `json` also prints each event on standard output.
    ///
    /// # Errors
    /// The system gives us no thread.
    pub fn new(json: bool) -> Result<Self> {
        let lines = json.then(JsonLines::start).transpose();
        Ok(Self {
            json: lines.map_err(logger::no_thread)?.map(Arc::new),
            kept: None,
            recent: None,
            witness: None,
        })
    }

    /// The same, which also remembers the latest events from now on; clones share that memory.
    #[must_use]
    pub fn remembering(mut self) -> (Self, Arc<Recent>) {
        let recent = Arc::<Recent>::default();
        self.recent = Some(Arc::clone(&recent));
        (self, recent)
    }

    /// The same, which also shows each event to `witness`.
    #[must_use]
    pub fn telling(mut self, witness: Arc<dyn Witness>) -> Self {
        self.witness = Some(witness);
        self
    }

    /// A reporter that writes nothing and keeps every event.
    #[must_use]
    pub fn keeping() -> (Self, Kept) {
        let kept = Kept::default();
        (
            Self {
                json: None,
                kept: Some(kept.clone()),
                recent: None,
                witness: None,
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
        if let Some(recent) = &self.recent {
            recent.add(event);
        }
        if let Some(witness) = &self.witness {
            witness.see(event);
        }
        write_log(event);
        if let Some(lines) = &self.json {
            lines.write(event);
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
    let text = event.to_string();
    // Only what is wrong with a configuration has several lines; a line break elsewhere is part of a name.
    let text = match event {
        Event::ConfigRefused { .. } => visible_lines(&text),
        _ => visible(&text),
    };
    log::logger().log(&record.args(format_args!("{text}")).build());
}
