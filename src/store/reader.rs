//! The thread that answers: it reads the file by a connection of its own, and adds what is not in it yet.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::desk::{Desk, Unwritten};
use super::fault::Fault;
use super::file;
use super::stats::{Query, Stats, Sum};

/// Questions that may wait.
const WAITING: usize = 16;

/// An answer takes a Pi some hundredths of a second; with this pause after each, no crowd that asks is felt by the bin.
const PAUSE: Duration = Duration::from_millis(250);

/// The file is opened at the start, within moments where its disk works.
const OPENS_WITHIN: Duration = Duration::from_secs(3);

/// A batch may be written while the file is read, which is then read again; the next one comes a minute later.
const ATTEMPTS: usize = 3;

/// A question, and what to do with the answer; there is none where none could be made.
pub(super) struct Question {
    pub query: Query,
    pub answer: Box<dyn FnOnce(Option<Stats>) + Send>,
}

/// Starts the thread; it ends when nobody can ask any more.
pub(super) fn start(desk: Arc<Desk>, path: Option<PathBuf>) -> io::Result<SyncSender<Question>> {
    let (sender, asked) = sync_channel(WAITING);
    let reader = Reader { desk, path };
    thread::Builder::new()
        .name("stats".into())
        .spawn(move || reader.run(&asked))?;
    Ok(sender)
}

struct Reader {
    desk: Arc<Desk>,
    path: Option<PathBuf>,
}

impl Reader {
    fn run(&self, asked: &Receiver<Question>) {
        while let Ok(Question { query, answer }) = asked.recv() {
            answer(self.stats(query));
            thread::sleep(PAUSE);
        }
    }

    fn stats(&self, query: Query) -> Option<Stats> {
        self.desk.wait_until_opened(OPENS_WITHIN);
        (0..ATTEMPTS).find_map(|_| self.attempt(query))
    }

    /// The answer; none where a batch was written between a look at what is not in the file and one at the file.
    fn attempt(&self, query: Query) -> Option<Stats> {
        let unwritten = self.desk.unwritten();
        let mut sum = Sum::new(query, self.desk.zone());
        let mut trouble = unwritten.trouble.clone();
        let mut in_file = unwritten.written;
        if let (Some(path), Some(_)) = (&self.path, in_file) {
            match file::read(path, query, &mut sum) {
                Ok(batches) => in_file = Some(batches),
                Err(fault) => {
                    if matches!(fault, Fault::Torn(_)) {
                        self.desk.suspect();
                    }
                    sum = Sum::new(query, self.desk.zone());
                    trouble = trouble.or_else(|| Some(fault.error().to_string()));
                }
            }
        }
        add_unwritten(&mut sum, &unwritten, in_file)?;
        Some(Stats {
            lost: unwritten.lost,
            memory: trouble,
            ..sum.told()
        })
    }
}

/// Adds what is not in a file that has so many batches; none where it has more than were known.
fn add_unwritten(sum: &mut Sum, unwritten: &Unwritten, in_file: Option<u64>) -> Option<()> {
    let flying = unwritten.in_flight.as_ref();
    if in_file == unwritten.written {
        if let Some(batch) = flying {
            sum.add_unwritten(&batch.tally);
        }
    } else if flying.is_none() || in_file != unwritten.written.map(|written| written + 1) {
        return None;
    }
    sum.add_unwritten(&unwritten.fresh);
    Some(())
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
