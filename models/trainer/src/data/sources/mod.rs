//! What a run is shown, described by a TOML file: the sets of photographs with their licences, and
//! which of their photographs are for training, for validation, for backgrounds and for
//! the named tests.
//!
//! Terms: a *source* is a folder with one folder a class; a *use* takes some of a source's
//! photographs, by a list, by a part or whole; sources of one *family* were cropped from the same
//! original photographs, which then lie on one side of every split into parts ([`origin`]).
//! `check` says what makes no sense, with the line; [`gather`] finds the files.

mod check;
pub mod gather;
mod leave_out;
pub mod origin;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sortd::error::{Error, Result};

use crate::files;
use origin::Part;

/// The photographs of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sources {
    /// Labels, in the order of the model's outputs.
    pub labels: Vec<String>,
    /// The label of pictures without an item, if the model shall know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<String>,
    /// Photographs drawn in an epoch; by default the sum of all weights, rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draws: Option<usize>,
    /// The sets of photographs.
    pub sources: Vec<Origin>,
    /// Training.
    pub train: Vec<Use>,
    /// Validation, which chooses the best epoch.
    pub validation: Vec<Use>,
    /// Pictures without items to lay items onto.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backgrounds: Vec<Use>,
    /// Tests, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tests: BTreeMap<String, Vec<Use>>,
}

/// A set of photographs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Origin {
    /// Name by which uses call it.
    pub name: String,
    /// Its folder, relative to the data folder.
    pub folder: String,
    /// Sources of one family were cropped from the same original photographs; by default a source is
    /// alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// SPDX name of the licence, which goes into the bundle's manifest.
    pub licence: String,
    /// Whom the licence asks to be named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
    /// Labels of folders that are named otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Class folders to leave out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<String>,
}

impl Origin {
    /// The name under which its original photographs are known.
    #[must_use]
    pub fn family(&self) -> &str {
        self.family.as_deref().unwrap_or(&self.name)
    }
}

/// Some of a source's photographs: a list, a part, or all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Use {
    /// The source's name.
    pub source: String,
    /// A list of photographs in the source's folder, such as `splits/blocked-train.txt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// A part of the source's original photographs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// Class folders to take; by default all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Sources of the same family whose original photographs are left out here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apart_from: Vec<String>,
    /// Take the empty board beside the items instead, as pictures without an item.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub board: bool,
    /// How often each photograph is drawn, relative to others; it matters in training only.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight: f64,
}

fn one() -> f64 {
    1.0
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
fn is_one(weight: &f64) -> bool {
    weight.to_bits() == 1.0_f64.to_bits()
}

impl fmt::Display for Use {
    /// As it stands in the description, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = toml::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&keys.trim_end().replace('\n', ", "))
    }
}

impl Use {
    /// All photographs of a source.
    #[must_use]
    pub fn whole(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            list: None,
            part: None,
            only: Vec::new(),
            apart_from: Vec::new(),
            board: false,
            weight: 1.0,
        }
    }

    /// The photographs that a list of a source names.
    #[must_use]
    pub fn listed(source: &str, list: &str) -> Self {
        Self {
            list: Some(list.to_owned()),
            ..Self::whole(source)
        }
    }
}

impl Sources {
    /// Reads and checks the description in `file`.
    ///
    /// # Errors
    /// The file cannot be read or makes no sense; the error names the file, the lines and the keys.
    pub fn read(file: &Path) -> Result<Self> {
        Self::parse(&files::read_text(file)?, &file.display().to_string())
    }

    /// Reads and checks a description; `file` is the name for errors.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let sources: Self = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            Error::data(format!("{file} line {line}: {}", error.message()))
                .advice("models/trainer/data/waste-blocked.toml shows what may stand here")
        })?;
        let problems = check::problems(&sources, text);
        if problems.is_empty() {
            return Ok(sources);
        }
        Err(Error::data(format!("{file} {}", problems.join("; "))))
    }

    /// The label of pictures without an item, as a place in the labels.
    #[must_use]
    pub fn empty_label(&self) -> Option<usize> {
        self.empty.as_ref().and_then(|empty| self.label(empty))
    }

    /// The place of `name` in the labels.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<usize> {
        self.labels.iter().position(|label| label == name)
    }

    /// The source of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn source(&self, name: &str) -> Result<&Origin> {
        self.sources
            .iter()
            .find(|source| source.name == name)
            .ok_or_else(|| Error::data(format!("there is no source named {name}")))
    }

    /// The uses of the test of that name.
    ///
    /// # Errors
    /// There is none; the error names those that there are.
    pub fn test(&self, name: &str) -> Result<&[Use]> {
        self.tests.get(name).map(Vec::as_slice).ok_or_else(|| {
            let known: Vec<&str> = self.tests.keys().map(String::as_str).collect();
            Error::data(format!("the run's data has no test named {name}"))
                .advice(format!("its tests are {}", known.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
labels = ["glass", "paper", "empty"]
empty = "empty"

[[sources]]
name = "own"
folder = "own"
licence = "MIT"
labels = { film = "paper" }

[[train]]
source = "own"
list = "splits/train.txt"
weight = 0.5

[[validation]]
source = "own"
part = "validation"

[[tests."own/test"]]
source = "own"
part = "test"
"#;

    fn error(text: &str) -> String {
        Sources::parse(text, "some.toml").unwrap_err().to_string()
    }

    #[test]
    fn labels_that_no_file_can_have_for_a_name_are_refused() {
        for label in ["a/b", "../b", "", ".b", "a\\nb", "a\\\\b"] {
            let labels = format!(r#"["{label}", "paper", "empty"]"#);
            let text = GOOD.replace(r#"["glass", "paper", "empty"]"#, &labels);
            let told = error(&text);
            assert!(told.contains("line 2: labels: `"), "{label}: {told}");
        }
    }

    #[test]
    fn draws_and_weights_beyond_reason_are_refused() {
        let draws = "draws = 9223372036854775807\n";
        assert!(error(&format!("{draws}{GOOD}")).contains("line 1: draws"));
        for weight in ["1e30", "nan", "0.0", "-1.0"] {
            let told = error(&GOOD.replace("0.5", weight));
            assert!(told.contains("weight: must be above 0"), "{told}");
        }
    }

    #[test]
    fn a_description_survives_being_written() {
        let read = Sources::parse(GOOD, "some.toml").unwrap();
        let again = Sources::parse(&toml::to_string(&read).unwrap(), "again").unwrap();
        assert_eq!(read, again);
        assert!(read.test("own/test").is_ok());
        let unknown = read.test("other").unwrap_err().to_string();
        assert!(unknown.contains("own/test"), "{unknown}");
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let text = error(&GOOD.replace("weight", "wieght"));
        assert!(
            text.contains("some.toml line 14") && text.contains("wieght"),
            "{text}"
        );
    }

    #[test]
    fn what_makes_no_sense_is_said_all_at_once_with_lines_and_keys() {
        let text = error(
            &GOOD
                .replace("film = \"paper\"", "film = \"papier\"")
                .replace("weight = 0.5", "weight = -1.0")
                .replace("source = \"own\"\npart = \"test\"", "source = \"other\""),
        );
        for part in [
            "line 9: labels: `papier` is none of glass, paper, empty",
            "line 14: weight",
            "line 21: source: `other`",
        ] {
            assert!(text.contains(part), "no `{part}` in: {text}");
        }
    }

    #[test]
    fn a_board_needs_a_label_for_what_is_empty() {
        let text = error(
            &GOOD
                .replace("empty = \"empty\"\n", "")
                .replace("weight = 0.5", "board = true"),
        );
        assert!(text.contains("line 13: board"), "{text}");
    }
}
