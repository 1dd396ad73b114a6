//! The one error type: what happened, where, and what to do next.
//!
//! An error carries a [`Kind`], which says what the caller may do (retry or give up) and which exit
//! status the process ends with. It is logged or printed once, at the top, with its whole chain.

use std::error::Error as StdError;
use std::fmt;

use crate::visible::{visible, visible_lines};

/// Result with [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, in terms of what can be done about it.
///
/// The exit statuses follow `sysexits.h`, so that systemd and scripts can tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command line makes no sense (exit status 2).
    Usage,
    /// A file or model handed to us cannot be used (exit status 65).
    Data,
    /// A camera, GPIO line or other device is not available now; trying again may help (exit status 69).
    Unavailable,
    /// A defect or a resource failure of our own (exit status 70).
    Internal,
    /// The configuration is wrong; restarting does not help (exit status 78).
    Config,
}

impl Kind {
    /// Exit status of a process that ends with this kind of error.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Data => 65,
            Self::Unavailable => 69,
            Self::Internal => 70,
            Self::Config => 78,
        }
    }

    /// The kind of error that a process of ours ended with; `None` for an exit status of no kind.
    #[must_use]
    pub const fn of_exit_code(code: i32) -> Option<Self> {
        match code {
            2 => Some(Self::Usage),
            65 => Some(Self::Data),
            69 => Some(Self::Unavailable),
            70 => Some(Self::Internal),
            78 => Some(Self::Config),
            _ => None,
        }
    }
}

/// An error that says what happened, why, and what to do next.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    what: String,
    advice: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `what` names the thing that failed (file, device, pin, key) in one line.
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        let what = what.into();
        Self::of_lines(kind, &visible(&what))
    }

    /// An error of several things that are wrong, one line each.
    pub(crate) fn of_lines(kind: Kind, what: &str) -> Self {
        Self {
            kind,
            what: visible_lines(what).into_owned(),
            advice: None,
            source: None,
        }
    }

    /// A wrong command line.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Kind::Usage, what)
    }

    /// Input data that cannot be used.
    pub fn data(what: impl Into<String>) -> Self {
        Self::new(Kind::Data, what)
    }

    /// A device that is not available now.
    pub fn unavailable(what: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, what)
    }

    /// A defect of our own.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::new(Kind::Internal, what)
    }

    /// A wrong configuration.
    pub fn config(what: impl Into<String>) -> Self {
        Self::new(Kind::Config, what)
    }

    /// Adds what the reader should do next.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(visible(&advice.into()).into_owned());
        self
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind, which decides the exit status.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }
}

impl fmt::Display for Error {
    /// Prints `what: cause: deeper cause; advice` in one line, without characters that are hidden or command a
    /// terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        let mut said = self.what.clone();
        let mut cause = self
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static));
        while let Some(error) = cause {
            let text = one_line(&error.to_string());
            let text = visible(&text);
            // Many libraries repeat their cause in their own text; saying it twice helps nobody.
            if !said.contains(&*text) {
                write!(f, ": {text}")?;
                said.push_str(&text);
            }
            cause = error.source();
        }
        if let Some(advice) = &self.advice {
            write!(f, "; {advice}")?;
        }
        Ok(())
    }
}

impl StdError for Error {}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_reads_as_what_then_cause_then_advice() {
        let error = Error::unavailable("camera /dev/video0 does not open")
            .caused_by(std::io::Error::other("permission\ndenied"))
            .advice("add the user to the group `video`");
        assert_eq!(
            error.to_string(),
            "camera /dev/video0 does not open: permission denied; add the user to the group `video`"
        );
        assert_eq!(error.kind().exit_code(), 69);
    }

    #[test]
    fn what_others_named_is_told_in_one_line() {
        let error = Error::data("a\n\u{1b}[2J.jpg")
            .caused_by("b\u{202e}\nc")
            .advice("see \u{9b}2J");
        assert_eq!(
            error.to_string(),
            "a\\n\\u{1b}[2J.jpg: b\\u{202e} c; see \\u{9b}2J"
        );
    }

    #[test]
    fn an_exit_status_is_that_of_its_kind() {
        let kinds = (0..256).filter_map(|code| Some((code, Kind::of_exit_code(code)?)));
        let kinds: Vec<_> = kinds.collect();
        assert_eq!(kinds.len(), 5);
        for (code, kind) in kinds {
            assert_eq!(i32::from(kind.exit_code()), code);
        }
    }

    #[test]
    fn a_cause_that_is_already_in_the_text_is_not_repeated() {
        let error = Error::data("a.jpg: not a photograph").caused_by("not a photograph");
        assert_eq!(error.to_string(), "a.jpg: not a photograph");
    }
}
