//! What is asked and told of configurations, as both ends write and read it.

use serde::{Deserialize, Serialize};

use super::protocol::{Code, Refusal};
use crate::config;
use crate::config::committed::Origin;

/// What is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Where it comes from.
    pub source: KeptIn,
    /// Which one, where it was committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u32>,
}

/// Where the configuration in force is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeptIn {
    /// In the file that was named at the start.
    File,
    /// It was committed in place of that file.
    Committed,
    /// Nowhere: it is tried.
    Tried,
}

impl From<Origin> for Source {
    fn from(origin: Origin) -> Self {
        let (source, generation) = match origin {
            Origin::File => (KeptIn::File, None),
            Origin::Committed(number) => (KeptIn::Committed, Some(number)),
            Origin::Tried(_) => (KeptIn::Tried, None),
        };
        Self { source, generation }
    }
}

/// The configuration in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigInForce {
    /// Its text.
    pub text: String,
    /// The file that was named at the start.
    pub file: String,
    /// Where it comes from.
    #[serde(flatten)]
    pub source: Source,
    /// The trial, where it is tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trying: Option<Trial>,
    /// Those that were committed and are kept, from the oldest to the newest.
    pub generations: Vec<CommittedConfig>,
}

/// A configuration that was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommittedConfig {
    /// Its number.
    pub number: u32,
    /// When, in milliseconds since 1970.
    pub time_ms: u64,
    /// Whether it is in force.
    pub in_force: bool,
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// By place; none where it is right.
    pub problems: Vec<Problem>,
    /// So many more are not told.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: usize,
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The key; empty where the file as a whole is meant.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do; empty where `what` says it already.
    pub todo: String,
}

impl From<config::Problem> for Problem {
    fn from(problem: config::Problem) -> Self {
        Self {
            line: problem.position.line,
            column: problem.position.column,
            key: problem.key,
            what: problem.what,
            todo: problem.todo,
        }
    }
}

impl From<config::Report> for Findings {
    fn from(report: config::Report) -> Self {
        Self {
            more: report.more,
            problems: report.problems.into_iter().map(Problem::from).collect(),
        }
    }
}

/// A configuration is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Its number, by which it is committed: who commits keeps what that number stands for, and nothing else.
    pub trial: u32,
    /// It is over in so long, unless it is committed.
    pub seconds: u64,
}

/// What one goes back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoBack {
    /// What was in force before the trial of this number, if it is under way.
    FromTrial(u32),
    /// This generation; 0 is the file.
    ToGeneration(u32),
    /// What was in force before a trial; where nothing is tried, the generation before.
    OneStep,
}

impl GoBack {
    /// What is meant by the numbers of a request.
    ///
    /// # Errors
    /// Both are given.
    pub fn of(generation: Option<u32>, trial: Option<u32>) -> Result<Self, Refusal> {
        match (generation, trial) {
            (None, None) => Ok(Self::OneStep),
            (Some(number), None) => Ok(Self::ToGeneration(number)),
            (None, Some(number)) => Ok(Self::FromTrial(number)),
            (Some(_), Some(_)) => Err(Refusal::new(
                Code::BadRequest,
                "either `generation` or `trial`, not both",
                "name the trial that is to end, or the generation to go to",
            )),
        }
    }
}

/// What is in force from now on, and stays so over a restart.
pub type Kept = Source;

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}
