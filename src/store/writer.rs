//! The thread that writes: a batch a minute, and the last one at the end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::aside;
use super::desk::Desk;
use super::fault::Fault;
use super::file::File;
use super::time::{self, Steady};
use crate::error::Error;
use crate::report::{Event, Reporter};
use crate::time_zone::TimeZone;

/// How often what was counted is written, so that no more than this is lost.
const BATCH_EVERY: Duration = Duration::from_secs(60);

/// How long a file is left alone that could not be used.
const RETRY: Duration = Duration::from_secs(3600);

/// How often what is too old is forgotten, and for how long the clock must have been steady before.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// Writes what the desk has.
pub(super) struct Writer {
    desk: Arc<Desk>,
    /// Where the file lies; there is none where no folder was given.
    path: Option<PathBuf>,
    reporter: Reporter,
    file: Option<File>,
    /// When a file that could not be used is tried again.
    again: Instant,
    /// When a torn file was last set aside.
    set_aside: Option<Instant>,
    /// What is wrong, as it was last told.
    told: Option<String>,
    steady: Steady,
    pruned: Option<Instant>,
}

/// Tells whoever waits that the thread has ended, however it does.
struct Ends(Arc<Desk>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.closed();
    }
}

impl Writer {
    pub fn new(desk: Arc<Desk>, path: Option<PathBuf>, reporter: Reporter) -> Self {
        let now = Instant::now();
        Self {
            desk,
            path,
            reporter,
            file: None,
            again: now,
            set_aside: None,
            told: None,
            steady: Steady::new(now, time::now_ms()),
            pruned: None,
        }
    }

    /// Writes until the daemon ends.
    pub fn run(mut self) {
        let _ends = Ends(Arc::clone(&self.desk));
        self.open_if_due();
        self.tell();
        loop {
            let due = Instant::now() + BATCH_EVERY;
            let last = self.desk.wait(due, self.file.is_some());
            self.turn();
            if last {
                // The file is whole before whoever waits for this goes on.
                self.file = None;
                return;
            }
        }
    }

    /// Writes what waits, and tells what came of it.
    fn turn(&mut self) {
        self.look_through_if_suspected();
        self.open_if_due();
        match self.write() {
            Ok(()) if self.file.is_some() => self.desk.works(),
            Ok(()) => {}
            Err(fault) => self.give_up(fault),
        }
        self.tell();
    }

    /// A page may be torn that is read and not written. Opening looks through all of them.
    fn look_through_if_suspected(&mut self) {
        if self.desk.is_suspected() && self.file.take().is_some() {
            self.again = Instant::now();
        }
    }

    fn open_if_due(&mut self) {
        let now_ms = time::now_ms();
        let set = time::is_set(now_ms / 1000, Path::new("/"));
        self.desk.set_clock(set, TimeZone::of_the_machine());
        let due = self.file.is_none() && Instant::now() >= self.again;
        match (self.path.clone(), due) {
            (Some(path), true) => self.open(&path),
            (None, true) => self.desk.opened(None),
            (_, false) => {}
        }
    }

    fn open(&mut self, path: &Path) {
        let opened = File::open(path, aside::bytes(path));
        let opened = opened.and_then(|file| Ok((file.batches()?, file)));
        match opened {
            Ok((batches, file)) => {
                self.file = Some(file);
                self.desk.opened(Some(batches));
            }
            Err(fault) => {
                self.give_up(fault);
                // Whoever waits for the file need not wait for what cannot be had.
                if self.file.is_none() {
                    self.desk.opened(None);
                }
            }
        }
    }

    /// Writes what waits; what is too old goes.
    fn write(&mut self) -> Result<(), Fault> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let (now, now_ms) = (Instant::now(), time::now_ms());
        let set = time::is_set(now_ms / 1000, Path::new("/"));
        let steady = self.steady.for_long(now, now_ms, set);
        let pruned = self.pruned.is_some_and(|at| now - at < PRUNE_EVERY);
        if steady >= PRUNE_EVERY && !pruned {
            file.forget_old(now_ms)?;
            self.pruned = Some(now);
        }
        // The disk is left alone where nothing happened.
        if self.desk.has_nothing() {
            return Ok(());
        }
        file.make_room()?;
        if let Some(batch) = self.desk.take() {
            let number = file.write(&batch)?;
            self.desk.written(number);
        }
        Ok(())
    }

    /// A torn file is set aside and begun anew, but not again and again; any other is tried again later.
    fn give_up(&mut self, fault: Fault) {
        self.file = None;
        let now = Instant::now();
        self.again = now + RETRY;
        let again = self.set_aside.is_some_and(|at| now - at < RETRY);
        match (fault, self.path.clone()) {
            (Fault::Torn(error), Some(path)) if !again => {
                self.set_aside = Some(now);
                self.begin_anew(&path, &error);
            }
            (Fault::Torn(error) | Fault::Unusable(error), _) => self.desk.failed(words(&error)),
        }
    }

    fn begin_anew(&mut self, path: &Path, torn: &Error) {
        // What was taken waits again, and goes into the new file.
        self.desk.failed(words(torn));
        match aside::set_aside(path) {
            Ok(kept) => {
                let kept = kept.map_or_else(
                    || "removed, since it is too long to be kept".to_owned(),
                    |kept| format!("kept as {}", kept.display()),
                );
                self.remark(format!(
                    "{torn}; it is {kept}, and counting begins anew; replace the card or disk if this happens again"
                ));
                self.open(path);
                if self.file.is_some() {
                    self.desk.works();
                }
            }
            Err(error) => {
                let fault = Fault::of_disk(path, "set aside", error);
                self.give_up(fault);
            }
        }
    }

    /// Tells once that something is wrong, and once that it is over.
    fn tell(&mut self) {
        let trouble = self.desk.trouble();
        if trouble == self.told {
            return;
        }
        let text = trouble.as_deref().unwrap_or("the memory is written again");
        self.remark(text.to_owned());
        self.told = trouble;
    }

    fn remark(&self, remark: String) {
        self.reporter.report(&Event::Remark { remark });
    }
}

/// What is wrong, what to do, and what becomes of what is counted meanwhile.
fn words(error: &Error) -> String {
    format!(
        "{error}; it is tried again hourly, and until then what is counted is lost when the daemon ends"
    )
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
