//! The messages, as both ends write and read them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::configs::{
    CommittedConfig, ConfigInForce, Findings, Kept, KeptIn, Problem, Source, Trial,
};
pub use super::replies::{
    Background, Health, Log, Look, Measured, ModelInfo, Privacy, Proved, Rectangle, Status, Tested,
    TurnTimes,
};

pub use super::memory::{Query, Stats};

/// The version of the protocol. It rises when a message changes its meaning; new requests and new keys do not raise it.
pub const API: u32 = 1;

/// The longest line that the daemon takes, in bytes.
pub const LONGEST_LINE: usize = 64 * 1024;

/// The longest line that a client takes: a reply with a picture is the longest.
pub const LONGEST_REPLY: usize = 4 << 20;

/// So many digits has the code that lets a browser in.
pub const CODE_DIGITS: usize = 6;

/// Whether this can be such a code.
#[must_use]
pub fn is_code(said: &str) -> bool {
    said.len() == CODE_DIGITS && said.bytes().all(|byte| byte.is_ascii_digit())
}

/// The longest pause, in seconds.
pub const LONGEST_PAUSE_S: u64 = 15 * 60;

/// The first line of the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// What it says.
    pub hello: Hello,
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol's version.
    pub api: u32,
    /// The program's version.
    pub sortd: String,
    /// A random number that was drawn at the start of the daemon, in hexadecimal: events are numbered from there.
    pub start: String,
    /// What this socket lets one do.
    pub access: Access,
}

/// What a socket lets one do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Everything.
    Control,
    /// To ask how it is, and for events.
    Watch,
}

/// What may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// How the bin is.
    Status {},
    /// The events after one, and all that follow.
    Events {
        /// After which one; those from now on where it is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Since>,
    },
    /// What the camera sees.
    Look {},
    /// Bring everything to rest, for fifteen minutes or until `resume`.
    Park {},
    /// The same for a shorter time.
    Pause {
        /// For how many seconds, 1 to 900.
        seconds: u64,
    },
    /// Go on sorting.
    Resume {},
    /// Read the configuration again.
    Reload {},
    /// Show that a bin works: its light and its lid, for the time that a signal is held.
    #[serde(rename = "bins.test")]
    BinsTest {
        /// The bin's name.
        bin: String,
    },
    /// What the model in force says of itself.
    #[serde(rename = "model.info")]
    ModelInfo {},
    /// The latest log records.
    Log {},
    /// What was counted over months.
    Stats(Query),
    /// The configuration in force, and those that were committed.
    #[serde(rename = "config.get")]
    ConfigGet {},
    /// What is wrong with a configuration.
    #[serde(rename = "config.check")]
    ConfigCheck {
        /// The text.
        text: String,
    },
    /// Put a configuration in force for two minutes.
    #[serde(rename = "config.try")]
    ConfigTry {
        /// The text.
        text: String,
    },
    /// Keep the configuration that is tried in force.
    #[serde(rename = "config.commit")]
    ConfigCommit {
        /// The number of its trial.
        trial: u32,
    },
    /// End a trial, or go back to a configuration of before; one step where nothing is named.
    #[serde(rename = "config.back")]
    ConfigBack {
        /// To this one, 0 for the file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u32>,
        /// From the trial of this number, and from no other.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trial: Option<u32>,
    },
    /// Prove the model in force on its golden cases.
    #[serde(rename = "model.test")]
    ModelTest {},
    /// Whether this is the code that lets a browser in.
    Pair {
        /// Six digits.
        code: String,
    },
    /// What is processed, stored and sent.
    Privacy {},
}

impl Request {
    /// Whether it changes nothing and shows no picture.
    #[must_use]
    pub const fn only_watches(&self) -> bool {
        matches!(self, Self::Status {} | Self::Events { .. } | Self::Stats(_))
    }
}

/// A place in the stream of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The start of the daemon that numbered the event.
    pub start: String,
    /// The event's number.
    pub seq: u64,
}

/// What follows `events` at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamBegins {
    /// The start of the daemon that numbers the events.
    pub start: String,
    /// The number after which events follow.
    pub after: u64,
    /// How many of those that were asked for are forgotten.
    pub missed: u64,
}

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For programs.
    pub code: Code,
    /// What is wrong.
    pub text: String,
    /// What to do.
    pub advice: String,
    /// What is wrong with a configuration, by place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

impl Refusal {
    /// A refusal, with what is wrong and what to do.
    pub fn new(code: Code, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            advice: advice.into(),
            problems: Vec::new(),
        }
    }
}

/// Why a request is not answered, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The line is no JSON object with a number, or too long.
    BadLine,
    /// There is no such request, or its arguments make no sense.
    BadRequest,
    /// This socket does not allow it.
    NotAllowed,
    /// Not now.
    Busy,
    /// What was asked for cannot be had.
    Unavailable,
    /// There are too many clients.
    TooMany,
    /// The configuration is wrong, or cannot be in force.
    BadConfig,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.text, self.advice)
    }
}

/// Writes a request's line, without its end.
///
/// # Errors
/// It cannot be expressed, which is a defect.
pub fn line(id: u64, request: &Request) -> serde_json::Result<String> {
    let mut value = serde_json::to_value(request)?;
    value["id"] = id.into();
    serde_json::to_string(&value)
}

/// Reads a request's line: its number, and the request or why it is none.
///
/// # Errors
/// The line has no number to answer to.
pub fn parse(line: &str) -> Result<(u64, Result<Request, Refusal>), Refusal> {
    let bad = |text: String| {
        let advice = "write one object a line, such as {\"id\":1,\"request\":\"status\"}";
        Refusal::new(Code::BadLine, text, advice)
    };
    let mut value: Value =
        serde_json::from_str(line).map_err(|error| bad(format!("this is no JSON: {error}")))?;
    let object = value
        .as_object_mut()
        .ok_or_else(|| bad("this is no object".into()))?;
    let id = object.remove("id").and_then(|id| id.as_u64());
    let id = id.ok_or_else(|| bad("\"id\" is missing or no whole number from 0".into()))?;
    let request = serde_json::from_value(value).map_err(|error| {
        let advice = "docs/protocol.md lists the requests and their arguments";
        Refusal::new(Code::BadRequest, error.to_string(), advice)
    });
    Ok((id, request))
}

#[cfg(test)]
mod tests {
    use super::super::memory::Grouping;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_request_is_read_as_it_is_written() {
        let since = Some(Since {
            start: "1f".into(),
            seq: 7,
        });
        for (request, text) in [
            (Request::Status {}, r#"{"request":"status"}"#),
            (
                Request::Events { since },
                r#"{"request":"events","since":{"start":"1f","seq":7}}"#,
            ),
            (
                Request::Pause { seconds: 9 },
                r#"{"request":"pause","seconds":9}"#,
            ),
            (
                Request::Stats(Query {
                    from: Some(5),
                    to: None,
                    by: Grouping::Day,
                }),
                r#"{"request":"stats","from":5,"by":"day"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&request).expect("written"), text);
            let by_hand = text.replacen('{', "{\"id\":3,", 1);
            let written = line(3, &request).expect("written");
            for line in [by_hand, written] {
                assert_eq!(parse(&line), Ok((3, Ok(request.clone()))));
            }
        }
    }

    #[test]
    fn what_is_wrong_with_a_request_is_said_to_its_number() {
        let refused = |line: &str| parse(line).expect("a number").1.expect_err("refused");
        let unknown = refused(r#"{"id":1,"request":"open-the-lid"}"#);
        assert!(unknown.text.contains("open-the-lid") && unknown.text.contains("status"));
        let missing = refused(r#"{"id":1,"request":"pause"}"#);
        assert!(missing.text.contains("seconds"), "{missing}");
        let extra = refused(r#"{"id":1,"request":"status","verbose":true}"#);
        assert!(extra.text.contains("verbose"), "{extra}");
        let extra = refused(r#"{"id":1,"request":"stats","per":"day"}"#);
        assert!(extra.text.contains("per"), "{extra}");
        let other = refused(r#"{"id":1,"request":"stats","by":"week"}"#);
        assert!(other.text.contains("day"), "{other}");
        let bare = parse(r#"{"id":1,"request":"stats"}"#);
        assert_eq!(bare, Ok((1, Ok(Request::Stats(Query::default())))));
        for line in ["", "[]", "{}", "status", r#"{"id":-1,"request":"status"}"#] {
            assert_eq!(parse(line).expect_err(line).code, Code::BadLine);
        }
    }

    proptest! {
        #[test]
        fn no_line_is_taken_badly(line in ".{0,200}") {
            let _ = parse(&line);
        }
    }
}
