//! What clients are told of configurations: refusals with their problems, and generations.

use std::time::SystemTime;

use crate::config::committed::{Generation, Origin};
use crate::control::protocol::{Code, CommittedConfig, Findings, Refusal};
use crate::error::{Error, Kind};
use crate::pipeline::Unfit;

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
