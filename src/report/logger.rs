//! Where log records go: to journald where it holds our standard error, else to standard error.

use std::io::Write;

use log::{LevelFilter, Log, Metadata, Record};
use systemd_journal_logger::{JournalLog, connected_to_journal};

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
        if self.enabled(record.metadata()) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

/// Writes records as plain lines.
struct StderrLog;

impl Log for StderrLog {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let level = match record.target() {
            FINDING => String::new(),
            _ => format!("{}: ", record.level().as_str().to_lowercase()),
        };
        // Nobody may read standard error; that is no reason to stop.
        let _ = writeln!(std::io::stderr().lock(), "{level}{}", record.args());
    }

    fn flush(&self) {}
}

/// Installs the logger once for the whole process; `verbose` also shows what happens to each item.
pub fn install_logger(verbose: bool) {
    log::set_max_level(if verbose {
        LevelFilter::Debug
    } else {
        LevelFilter::Info
    });
    // A second installation, as in tests, keeps the first logger, which is as good.
    let journal = connected_to_journal().then(JournalLog::new);
    let _ = match journal {
        Some(Ok(journal)) => {
            let journal = journal.with_syslog_identifier("sortd".into());
            log::set_boxed_logger(Box::new(OursFirst(journal)))
        }
        _ => log::set_boxed_logger(Box::new(OursFirst(StderrLog))),
    };
}
