//! Looks data sets over before anything is trained on them: pictures that are there twice, that carry
//! two labels, that stand on both sides of a split, that nobody can read; classes that are too small.
//!
//! [`folders`] lists the files, [`survey`] looks at each by itself, [`alike`] compares them by their
//! [`fingerprint`], [`lists`] reads the split lists, `single` and `pairs` judge; the outcome is a
//! [`Report`] in words, which [`plots`](crate::plots) can draw.

pub mod alike;
pub mod finding;
pub mod fingerprint;
pub mod folders;
pub mod lists;
mod pairs;
mod report;
mod single;
pub mod survey;

use std::collections::HashSet;
use std::path::PathBuf;

use sortd::error::Result;

use finding::{Finding, Kind, Suspect};
use lists::List;
pub use report::Report;
use survey::Seen;

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// It in words and figures.
    pub report: Report,
    /// Every file that was looked at.
    pub seen: Vec<Seen>,
    /// Pairs to look at, the gravest first.
    pub suspects: Vec<Suspect>,
}

/// Checks the data sets in `folders`, taken together: what lies in two of them is found as well.
///
/// # Errors
/// A folder is no data set or cannot be read.
pub fn check(folders: &[PathBuf], split_lists: bool) -> Result<Checked> {
    let contents = folders::contents(folders)?;
    let seen = survey::survey(contents.listed);
    let mut lists = Vec::new();
    for folder in folders {
        lists.extend(lists::read(folder)?);
    }
    let mut findings = Vec::new();
    let mut suspects = Vec::new();
    pairs::judge(&seen, &mut findings, &mut suspects);
    if split_lists {
        pairs::judge_lists(&seen, &lists, &mut findings, &mut suspects);
        single::judge_lists(&lists, &mut findings);
    } else if !lists.is_empty() {
        findings.push(unlisted(&lists));
    }
    let counts = single::counts(&seen, &contents.classes);
    single::judge(&seen, &counts, contents.ignored, &mut findings);
    findings.sort_by_key(|finding| finding.kind);
    suspects.sort_by_key(|suspect| suspect.kind);
    // A pair that is there for a graver reason need not be looked at twice.
    let mut shown = HashSet::new();
    suspects.retain(|suspect| shown.insert((suspect.first, suspect.second)));
    let report = Report::new(folders, &seen, counts, findings);
    Ok(Checked {
        report,
        seen,
        suspects,
    })
}

fn unlisted(lists: &[List]) -> Finding {
    let files = lists.iter().map(|list| vec![list.file.clone()]).collect();
    Finding::new(
        Kind::Unlisted,
        format!("{} split lists were not looked at", lists.len()),
        files,
    )
}

#[cfg(test)]
mod tests;
