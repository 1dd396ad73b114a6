//! The outcome of a check, in words for a reader and in JSON for a program.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::finding::{Finding, Severity};
use super::survey::Seen;

/// Places of one finding that are written out; the sheet and the JSON hold all.
const SHOWN: usize = 10;

/// What a check found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The folders that were checked.
    pub folders: Vec<PathBuf>,
    /// Files that were looked at.
    pub files: usize,
    /// Readable pictures of each class, over all folders.
    pub classes: BTreeMap<String, usize>,
    /// Number of findings that must be mended.
    pub errors: usize,
    /// Number of findings that should be looked at.
    pub warnings: usize,
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(
        folders: &[PathBuf],
        seen: &[Seen],
        classes: BTreeMap<String, usize>,
        findings: Vec<Finding>,
    ) -> Self {
        let of = |severity| {
            findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .count()
        };
        Self {
            folders: folders.to_vec(),
            files: seen.len(),
            classes,
            errors: of(Severity::Error),
            warnings: of(Severity::Warning),
            findings,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes: Vec<String> = self
            .classes
            .iter()
            .map(|(class, count)| format!("{class} {count}"))
            .collect();
        writeln!(f, "{} files: {}", self.files, classes.join(", "))?;
        for finding in &self.findings {
            let word = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            writeln!(f, "\n{word}: {}", finding.what)?;
            for group in finding.places.iter().take(SHOWN) {
                let paths: Vec<String> = group
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect();
                writeln!(f, "    {}", paths.join(finding.kind.between()))?;
            }
            if finding.places.len() > SHOWN {
                let more = finding.places.len() - SHOWN;
                writeln!(f, "    and {more} more (--json names all)")?;
            }
            writeln!(f, "  -> {}", finding.advice)?;
        }
        match (self.errors, self.warnings) {
            (0, 0) => writeln!(f, "\nnothing to complain about"),
            (errors, warnings) => writeln!(f, "\nerrors: {errors}, warnings: {warnings}"),
        }
    }
}
