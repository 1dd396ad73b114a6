//! Why a picture was left out.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a picture was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The line of the list makes no sense.
    BadLine,
    /// The class makes no good name of a folder.
    BadClass,
    /// The address is neither http nor https, or carries a password.
    BadAddress,
    /// The address belongs to a private network.
    Private,
    /// The site's robots.txt does not want it fetched.
    Forbidden,
    /// The site says that it is not there, or does not give it.
    NotGiven,
    /// One redirect led to another without end.
    Redirects,
    /// The site is busy and asks to come back later.
    Busy,
    /// The site does not answer, or has a fault.
    Unreachable,
    /// The answer took too long.
    Slow,
    /// The answer ended too early.
    CutOff,
    /// The file cannot be read.
    Unreadable,
    /// It is no picture.
    NotAPicture,
    /// It is a picture of a format that is not read here.
    OtherFormat,
    /// The picture is damaged.
    Damaged,
    /// More bytes than allowed.
    TooManyBytes,
    /// More pixels than allowed.
    TooManyPixels,
    /// Fewer pixels than allowed.
    TooSmall,
    /// The class has the same picture already.
    Duplicate,
    /// Another class has the same picture already.
    Contradiction,
}

impl Reason {
    /// Whether trying again later may help.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(
            self,
            Self::Busy | Self::Unreachable | Self::Slow | Self::CutOff | Self::Unreadable
        )
    }

    /// It in a few words, as they stand behind a number.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::BadLine => "lines that make no sense",
            Self::BadClass => "classes whose name makes no folder",
            Self::BadAddress => "addresses that are not fetched",
            Self::Private => "addresses in private networks (--allow-local lets them in)",
            Self::Forbidden => "forbidden by the site's robots.txt",
            Self::NotGiven => "not there any more, or not given",
            Self::Redirects => "redirected without end",
            Self::Busy => "the site is busy",
            Self::Unreachable => "the site does not answer",
            Self::Slow => "too slow",
            Self::CutOff => "cut off on the way",
            Self::Unreadable => "files that cannot be read",
            Self::NotAPicture => "no pictures",
            Self::OtherFormat => "neither JPEG nor PNG; save them as one of these",
            Self::Damaged => "damaged pictures",
            Self::TooManyBytes => "too many bytes (--max-megabytes)",
            Self::TooManyPixels => "too many pixels (--max-megapixels)",
            Self::TooSmall => "too small (--min-side)",
            Self::Duplicate => "there already",
            Self::Contradiction => "there already in another class; decide which is right",
        }
    }
}

/// A picture that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason, by which refusals are counted.
    pub reason: Reason,
    /// The case at hand, in words.
    pub detail: String,
}

impl Refusal {
    /// A refusal for `reason`.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}
