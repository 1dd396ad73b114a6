//! The latest log records, for whoever asks the daemon: nobody needs to read the journal for them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use log::Record;
use serde::{Deserialize, Serialize};

use super::recent::{now_ms, shorten};

/// Records that are remembered.
const REMEMBERED: usize = 500;

/// A log record as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRecord {
    /// Milliseconds since 1970, UTC, by the machine's clock.
    pub time_ms: u64,
    /// `error`, `warn`, `info` or `debug`.
    pub level: String,
    /// What it says.
    pub text: String,
}

/// The process has one log, and one memory of it.
static LATEST: Mutex<VecDeque<Arc<LogRecord>>> = Mutex::new(VecDeque::new());

/// Remembers a record; the oldest is forgotten.
pub(super) fn remember(record: &Record<'_>) {
    let mut text = record.args().to_string();
    shorten(&mut text);
    let record = Arc::new(LogRecord {
        time_ms: now_ms(),
        level: record.level().as_str().to_lowercase(),
        text,
    });
    let mut latest = LATEST.lock().unwrap_or_else(PoisonError::into_inner);
    if latest.len() >= REMEMBERED {
        latest.pop_front();
    }
    latest.push_back(record);
}

/// The latest records that went through the queue of the log, from the oldest to the newest.
#[must_use]
pub fn latest_records() -> Vec<Arc<LogRecord>> {
    let latest = LATEST.lock().unwrap_or_else(PoisonError::into_inner);
    latest.iter().map(Arc::clone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_records_are_remembered_and_long_ones_cut() {
        let long = "ä".repeat(5_000);
        for number in 0..2 * REMEMBERED {
            let record = &mut Record::builder();
            remember(&record.args(format_args!("{number}: {long}")).build());
        }
        // Other tests of this process log as well.
        let latest = latest_records();
        assert_eq!(latest.len(), REMEMBERED);
        assert!(latest.iter().all(|record| record.text.len() < 3_000));
        let last = format!("{}: ä", 2 * REMEMBERED - 1);
        assert!(latest.iter().any(|record| record.text.starts_with(&last)));
    }
}
