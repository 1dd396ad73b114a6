//! Where log records go: to journald where it holds our standard error, else to standard error.

use std::io::Write;

use log::{LevelFilter, Log, Metadata, Record};
use systemd_journal_logger::{JournalLog, connected_to_journal};

/// Records of this target stand on standard error without their level: findings of the form
/// `FILE:LINE:COLUMN: what`, whose beginning people and editors look at.
pub const FINDING: &str = "sortd::finding";

/// Writes records as plain lines.
struct StderrLog;

impl Log for StderrLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Of libraries only warnings matter here; tract tells a great deal at `info`.
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
            let level = match record.target() {
                FINDING => String::new(),
                _ => format!("{}: ", record.level().as_str().to_lowercase()),
            };
            // Nobody may read standard error; that is no reason to stop.
            let _ = writeln!(std::io::stderr().lock(), "{level}{}", record.args());
        }
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
    if connected_to_journal()
        && let Ok(journal) = JournalLog::new()
        && journal
            .with_syslog_identifier("sortd".into())
            .install()
            .is_ok()
    {
        return;
    }
    // A second installation, as in tests, keeps the first logger, which is as good.
    let _ = log::set_logger(&StderrLog);
}
