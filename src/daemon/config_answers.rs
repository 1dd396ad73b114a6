//! What clients are told of configurations: refusals with their problems, and generations.

use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::config::committed::{Generation, Origin};
use crate::control::protocol::{Code, CommittedConfig, Findings, Refusal};
use crate::error::{Error, Kind, Result};
use crate::pipeline::Unfit;

/// What clients are told.
pub(super) type Told<T> = std::result::Result<T, Refusal>;

/// A disk and a model that work are read and proven within this.
const LONGEST: Duration = Duration::from_secs(45);

/// What a thread beside comes to, if it does in time.
pub(super) async fn done<T>(working: Result<oneshot::Receiver<T>>) -> Told<T> {
    let working = working.map_err(|error| failed(&error))?;
    let late = || {
        let text = format!(
            "the disk or the model takes longer than {} s",
            LONGEST.as_secs()
        );
        Refusal::new(
            Code::Unavailable,
            text,
            "look at the disk, and take a smaller model",
        )
    };
    let done = timeout(LONGEST, working).await.map_err(|_| late())?;
    done.map_err(|_| {
        let text = "reading the configuration stumbled over a defect";
        Refusal::new(Code::Unavailable, text, "report the log's last lines")
    })
}

/// Why a text is not put in force.
pub(super) fn unfit(unfit: Unfit) -> Refusal {
    match unfit {
        Unfit::Wrong(report) => {
            let text = match report.problems.len() + report.more {
                1 => "the configuration has a problem".to_owned(),
                problems => format!("the configuration has {problems} problems"),
            };
            let mut refusal = Refusal::new(Code::BadConfig, text, "what was in force goes on");
            refusal.problems = Findings::from(report).problems;
            refusal
        }
        Unfit::Failed(error) => failed(&error),
    }
}

/// What was asked for failed, by the fault of the configuration or of the machine.
pub(super) fn failed(error: &Error) -> Refusal {
    let code = match error.kind() {
        Kind::Config | Kind::Data => Code::BadConfig,
        Kind::Usage | Kind::Unavailable | Kind::Internal => Code::Unavailable,
    };
    Refusal::new(code, error.to_string(), "what was in force goes on")
}

/// A generation as clients are told of it.
pub(super) fn told(generation: &Generation, in_force: Origin) -> CommittedConfig {
    let Generation { number, at } = *generation;
    let since = at.duration_since(SystemTime::UNIX_EPOCH);
    CommittedConfig {
        number,
        time_ms: since.map_or(0, |since| since.as_millis() as u64),
        in_force: in_force == Origin::Committed(number),
    }
}
