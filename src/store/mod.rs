//! The memory: what happened to the bin over months, in a small SQLite database, `state.db`. No picture is ever in it.
//!
//! ```text
//! reporter ──Event▶ desk ──Batch, once a minute▶ writer ──▶ state.db
//!                    └── what is not written ──▶ reader ◀──┘
//!                                                  └──Stats▶ whoever asks
//! ```
//! It keeps *events* (30 days), *counts by hour*, bin, label and outcome (400 days), and *totals* of the whole life; with all
//! that SQLite writes beside it, the file stays below 64 MB. One thread writes and another reads; neither who reports nor who
//! asks waits for the disk. A file that is torn is set aside and begun anew, one that cannot be used is tried again hourly:
//! the bin sorts on either way.
//!
//! Terms: a *batch* is what is written at once, on the disk before the next, all of it or nothing; batches are numbered, so that
//! a reader knows what it has read. *Unwritten* is what was counted and is in no batch of the file yet.

mod aside;
mod desk;
mod fault;
mod file;
mod prune;
mod reader;
mod schema;
mod stats;
mod tally;
mod time;
mod writer;

pub use stats::{Counts, Grouping, Query, Row, Stats};

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::thread;
use std::time::Duration;

use crate::report::Reporter;
use desk::Desk;
use reader::Question;
use writer::Writer;

/// The name of the file in its folder.
const FILE: &str = "state.db";

/// How long the end of the daemon waits for the last batch. The outputs are at rest by then; with the longest stop of the loop it is
/// less than the unit's `TimeoutStopSec=`.
const LAST_BATCH: Duration = Duration::from_secs(4);

/// The memory of a running daemon. It writes the last batch when it is dropped.
#[derive(Debug)]
pub struct Memory {
    desk: Arc<Desk>,
    questions: Option<SyncSender<Question>>,
}

impl Memory {
    /// Starts to remember what the reporter that is given back, and its clones, report from now on. The file lies in `folder`;
    /// without one, what is counted is forgotten at the end.
    #[must_use]
    pub fn start(folder: Option<&Path>, reporter: Reporter) -> (Self, Reporter) {
        let desk = Arc::<Desk>::default();
        let reporter = reporter.telling(desk.clone());
        let path = folder.map(|folder| folder.join(FILE));
        if path.is_some() {
            desk.keep_events();
        }
        let writer = Writer::new(Arc::clone(&desk), path.clone(), reporter.clone());
        let thread = thread::Builder::new().name("memory".into());
        let started = thread.spawn(move || writer.run());
        if started.is_err() {
            // Nobody waits for a thread that there is not.
            desk.closed();
        }
        let questions = started.and_then(|_| reader::start(Arc::clone(&desk), path));
        if let Err(error) = &questions {
            desk.failed(format!(
                "nothing is remembered, for want of a thread: {error}; check the limits of processes and memory"
            ));
        }
        let memory = Self {
            desk,
            questions: questions.ok(),
        };
        (memory, reporter)
    }

    /// Lets `answer` be called with what was counted, on another thread; with nothing where too many ask, or a disk does not let
    /// it be told.
    pub fn ask(&self, query: Query, answer: impl FnOnce(Option<Stats>) + Send + 'static) {
        let answer = Box::new(answer);
        let Some(questions) = &self.questions else {
            return answer(None);
        };
        match questions.try_send(Question { query, answer }) {
            Ok(()) => {}
            Err(TrySendError::Full(question) | TrySendError::Disconnected(question)) => {
                (question.answer)(None);
            }
        }
    }

    /// What is wrong with it, and what to do.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.desk.trouble()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.desk.close(LAST_BATCH);
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
