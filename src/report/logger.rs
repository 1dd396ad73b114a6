//! Where log records go: to journald where it holds our standard error, else to standard error; at once,
//! or through a queue.

use std::sync::{Mutex, OnceLock, PoisonError};

use log::{LevelFilter, Log, Metadata, Record};
use systemd_journal_logger::{JournalLog, connected_to_journal};

use super::queued_log::QueuedLog;
use super::standard;
use crate::error::{Error, Result};
use crate::visible::visible_lines;

/// Records of this target stand on standard error without their level: findings of the form
/// `FILE:LINE:COLUMN: what`, whose beginning people and editors look at.
pub const FINDING: &str = "sortd::finding";

/// Lets through what is ours, and of libraries warnings only: tract tells a great deal at `info`.
struct OursFirst<L>(L);

impl<L: Log> Log for OursFirst<L> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().starts_with("sortd");
        metadata.level()
            <= if ours {
                log::max_level()
            } else {
                LevelFilter::Warn
            }
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        // Whatever others named, no terminal that shows the log does what a name says.
        let text = record.args().to_string();
        let shown = visible_lines(&text);
        self.0
            .log(&record.to_builder().args(format_args!("{shown}")).build());
    }

    fn flush(&self) {
        self.0.flush();
    }
}

/// Writes records as plain lines.
#[derive(Default)]
struct StderrLog {
    one_at_a_time: Mutex<()>,
}

impl Log for StderrLog {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = if record.target() == FINDING {
            format!("{}\n", record.args())
        } else {
            let level = record.level().as_str().to_lowercase();
            format!("{level}: {}\n", record.args())
        };
        let _whole_lines = self
            .one_at_a_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Nobody may read standard error; that is no reason to stop.
        let _ = standard::write_all(std::io::stderr(), line.as_bytes());
    }

    fn flush(&self) {}
}

/// journald, or standard error. It is opened with the first record, since opening journald means to
/// write to it: a command that has nothing to log does not depend on it.
#[derive(Default)]
pub(super) struct Destination {
    opened: OnceLock<Box<dyn Log>>,
}

impl Destination {
    fn open() -> Box<dyn Log> {
        match connected_to_journal().then(JournalLog::new) {
            Some(Ok(journal)) => Box::new(journal.with_syslog_identifier("sortd".into())),
            _ => Box::new(StderrLog::default()),
        }
    }
}

impl Log for Destination {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        self.opened.get_or_init(Self::open).log(record);
    }

    fn flush(&self) {}
}

/// Installs the logger once for the whole process: each record is written where it arises, and waits
/// until it is read. `verbose` also shows what happens to each item.
pub fn install_logger(verbose: bool) {
    install(verbose, Box::new(OursFirst(Destination::default())));
}

/// Installs the logger once for the whole process: records leave through a queue, so that no reader of
/// the log holds up whoever logs. `verbose` also shows what happens to each item.
///
/// # Errors
/// The system gives us no thread. The logger that waits is installed then.
pub fn install_queued_logger(verbose: bool) -> Result<()> {
    match QueuedLog::start() {
        Ok(queued) => {
            install(verbose, Box::new(OursFirst(queued)));
            Ok(())
        }
        Err(error) => {
            install_logger(verbose);
            Err(no_thread(error))
        }
    }
}

fn install(verbose: bool, logger: Box<dyn Log>) {
    log::set_max_level(if verbose {
        LevelFilter::Debug
    } else {
        LevelFilter::Info
    });
    // A second installation, as in tests, keeps the first logger, which is as good.
    let _ = log::set_boxed_logger(logger);
}

/// What to say where what must not wait cannot have a thread of its own.
pub(super) fn no_thread(error: std::io::Error) -> Error {
    Error::internal("the system gives us no thread")
        .caused_by(error)
        .advice("check memory and process limits")
}
