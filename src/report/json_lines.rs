//! Writes JSON lines on a thread of its own, so that a reader who stops reading cannot hold up the
//! loop while a light is on.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Lines that wait for a slow reader; beyond that they are dropped and counted.
const WAITING: usize = 1024;

/// How long the end of the program waits for the last lines to be read.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The writer of standard output.
#[derive(Debug)]
pub(super) struct JsonLines {
    lines: Option<SyncSender<String>>,
    ended: Mutex<Receiver<()>>,
    dropped: AtomicU64,
}

impl JsonLines {
    /// Starts the writer; `None` where the system gives no thread.
    pub fn start() -> Option<Self> {
        let (lines, waiting) = sync_channel::<String>(WAITING);
        let (end, ended) = sync_channel(1);
        let write = move || {
            for line in waiting {
                let mut out = std::io::stdout().lock();
                // A reader that went away is no reason to stop sorting.
                if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
                    break;
                }
            }
            let _ = end.send(());
        };
        std::thread::Builder::new()
            .name("events".into())
            .spawn(write)
            .ok()?;
        Some(Self {
            lines: Some(lines),
            ended: Mutex::new(ended),
            dropped: AtomicU64::new(0),
        })
    }

    /// Hands a line over without waiting.
    pub fn write(&self, line: String) {
        let Some(lines) = &self.lines else { return };
        if let Err(TrySendError::Full(_)) = lines.try_send(line)
            && self.dropped.fetch_add(1, Ordering::Relaxed) == 0
        {
            log::warn!(target: "sortd", "nobody reads the events on standard output; they are dropped");
        }
    }
}

impl Drop for JsonLines {
    fn drop(&mut self) {
        self.lines = None;
        // The writer ends after the last line; a reader that holds it up is not waited for longer.
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(LAST_LINES);
    }
}
