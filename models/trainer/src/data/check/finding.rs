//! What a check may find, how grave it is, and what to do about it.
//!
//! An *error* is a fact that training refuses, or that makes training or measurements wrong. A
//! *warning* is what training copes with, or what only a human eye can decide: two pictures that look
//! the same may be of two things.

use std::path::PathBuf;

use serde::{Serialize, Serializer};

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It must be mended; the command ends with exit status 65.
    Error,
    /// It should be looked at.
    Warning,
}

/// What was found, from the gravest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The same picture in two classes.
    Contradiction,
    /// The same picture on two sides of a split.
    Leak,
    /// A line of a list that names nothing that is there.
    Missing,
    /// A class with too few pictures.
    Few,
    /// Pictures that look the same, in two classes.
    LikelyContradiction,
    /// Pictures that look the same, on two sides of a split.
    LikelyLeak,
    /// A file that is no picture.
    Unreadable,
    /// A picture with hardly any pixels.
    Tiny,
    /// The same picture several times in a class.
    Duplicate,
    /// Pictures of a class that look the same.
    NearDuplicate,
    /// Classes of very different sizes.
    Uneven,
    /// A file or folder that training does not look at.
    Ignored,
    /// A photograph that a list names twice.
    Repeated,
    /// Lists that were not looked at.
    Unlisted,
}

impl Kind {
    /// How grave it is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Contradiction | Self::Leak | Self::Missing | Self::Few => Severity::Error,
            _ => Severity::Warning,
        }
    }

    /// It in two or three words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Contradiction => "one picture, two classes",
            Self::Leak => "on two sides of a split",
            Self::Missing => "missing file",
            Self::Few => "too few pictures",
            Self::LikelyContradiction => "alike, two classes",
            Self::LikelyLeak => "alike, on two sides",
            Self::Unreadable => "unreadable",
            Self::Tiny => "tiny",
            Self::Duplicate => "there twice",
            Self::NearDuplicate => "alike",
            Self::Uneven => "uneven classes",
            Self::Ignored => "not looked at",
            Self::Repeated => "named twice",
            Self::Unlisted => "lists not looked at",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Contradiction => "delete the copy that lies in the wrong class",
            Self::LikelyContradiction => {
                "look at the pairs on the sheet (--sheet FILE.png); where both show one thing, delete \
                 the one in the wrong class"
            }
            Self::Leak => {
                "keep all copies of a picture on one side, or accuracy will look too good"
            }
            Self::LikelyLeak => {
                "photographs that were taken in a row belong on one side; what is measured on this \
                 split looks better than it is"
            }
            Self::Missing => "take the lines out of the list, or put the files where they say",
            Self::Few => "add photographs of it (50 are a start), or remove its folder",
            Self::Unreadable => "delete the files, or save them anew as JPEG or PNG",
            Self::Tiny => "delete what the eye cannot recognise either",
            Self::Duplicate => "keep one of each; the others only weigh it more",
            Self::NearDuplicate => {
                "nothing, if they are several views of a thing; but let them stand on one side of a \
                 split"
            }
            Self::Uneven => {
                "add photographs of the small classes; training weighs them more, within limits"
            }
            Self::Ignored => "save pictures as JPEG or PNG, directly in their class's folder",
            Self::Repeated => "take the second line out",
            Self::Unlisted => "give --split-lists to have them checked as well",
        }
    }

    /// What stands between the files of a group: that they are the same, that they look so.
    #[must_use]
    pub const fn between(self) -> &'static str {
        match self {
            Self::LikelyContradiction | Self::LikelyLeak | Self::NearDuplicate => " ~ ",
            _ => " = ",
        }
    }
}

/// One thing that was found, at one or many places.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// How grave it is.
    pub severity: Severity,
    /// It in words, with figures.
    pub what: String,
    /// Where: groups of files that belong together.
    #[serde(serialize_with = "as_shown")]
    pub places: Vec<Vec<PathBuf>>,
    /// What to do about it.
    pub advice: &'static str,
}

impl Finding {
    /// A finding of `kind`.
    #[must_use]
    pub fn new(kind: Kind, what: String, places: Vec<Vec<PathBuf>>) -> Self {
        Self {
            kind,
            severity: kind.severity(),
            what,
            places,
            advice: kind.advice(),
        }
    }
}

/// Paths as they are printed: of a name that is no UTF-8, what can be read.
fn as_shown<S: Serializer>(places: &[Vec<PathBuf>], serializer: S) -> Result<S::Ok, S::Error> {
    let shown = |path: &PathBuf| path.display().to_string();
    serializer.collect_seq(
        places
            .iter()
            .map(|group| group.iter().map(shown).collect::<Vec<_>>()),
    )
}

/// Two pictures that a human should look at side by side, as places in the survey.
#[derive(Debug, Clone)]
pub struct Suspect {
    /// Why.
    pub kind: Kind,
    /// The one.
    pub first: usize,
    /// The other.
    pub second: usize,
    /// How much alike they are, or which split they spoil.
    pub note: String,
}
