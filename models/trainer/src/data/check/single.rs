//! Judges what needs no comparison of pictures: files, classes, lines of lists.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::finding::{Finding, Kind};
use super::lists::{self, List};
use super::survey::Seen;
use crate::data::sources::gather::FEWEST;

/// A picture whose shorter side has fewer pixels is tiny. The networks look at 96 to 224 pixels; a
/// third of that can still be told, by eye and by network.
const TINY: u32 = 32;

/// Classes are uneven when the largest has more than this many times the pictures of the smallest.
const UNEVEN: f64 = 4.0;

/// Readable pictures of each class, over all folders.
#[must_use]
pub fn counts(seen: &[Seen], classes: &[Vec<String>]) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = classes
        .iter()
        .flatten()
        .map(|class| (class.clone(), 0))
        .collect();
    for file in seen.iter().filter(|file| file.look.is_ok()) {
        *counts.entry(file.class.clone()).or_default() += 1;
    }
    counts
}

/// Judges files and classes.
pub fn judge(
    seen: &[Seen],
    counts: &BTreeMap<String, usize>,
    ignored: Vec<PathBuf>,
    findings: &mut Vec<Finding>,
) {
    let mut add = |kind, what: &str, places: Vec<PathBuf>| {
        if !places.is_empty() {
            let what = format!("{what}: {}", places.len());
            let places = places.into_iter().map(|path| vec![path]).collect();
            findings.push(Finding::new(kind, what, places));
        }
    };
    let unreadable = |file: &&Seen| file.look.is_err();
    let tiny = |file: &&Seen| {
        file.look
            .as_ref()
            .is_ok_and(|look| look.width.min(look.height) < TINY)
    };
    let paths = |wanted: &dyn Fn(&&Seen) -> bool| -> Vec<PathBuf> {
        let chosen = seen.iter().filter(|file| wanted(file));
        chosen.map(|file| file.path.clone()).collect()
    };
    add(
        Kind::Unreadable,
        "files that cannot be read as pictures, which training skips",
        paths(&unreadable),
    );
    let narrow = format!("pictures of fewer than {TINY} pixels across or down");
    add(Kind::Tiny, &narrow, paths(&tiny));
    add(
        Kind::Ignored,
        "what is neither .jpg nor .png, which training does not see",
        ignored,
    );
    judge_classes(counts, findings);
}

fn judge_classes(counts: &BTreeMap<String, usize>, findings: &mut Vec<Finding>) {
    for (class, count) in counts.iter().filter(|(_, count)| **count < FEWEST) {
        let what = format!("the class {class} has {count} pictures, needs at least {FEWEST}");
        findings.push(Finding::new(Kind::Few, what, Vec::new()));
    }
    let extremes = (
        counts.iter().max_by_key(|(_, count)| **count),
        counts.iter().min_by_key(|(_, count)| **count),
    );
    if let (Some((large, &most)), Some((small, &fewest))) = extremes
        && fewest > 0
        && most as f64 / fewest as f64 > UNEVEN
    {
        let times = most as f64 / fewest as f64;
        let what = format!(
            "the classes are uneven: {large} has {most} pictures, {small} {fewest}, {times:.1} times fewer"
        );
        findings.push(Finding::new(Kind::Uneven, what, Vec::new()));
    }
}

/// Judges the lines of lists.
pub fn judge_lists(all: &[List], findings: &mut Vec<Finding>) {
    for list in all {
        let file = list.file.display();
        for (line, problem) in &list.missing {
            let what = format!("{file} line {line}: {problem}");
            findings.push(Finding::new(Kind::Missing, what, Vec::new()));
        }
        for (path, lines) in lists::repeated(list) {
            let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
            let what = format!(
                "{file} names {} in the lines {}",
                path.display(),
                lines.join(", ")
            );
            findings.push(Finding::new(Kind::Repeated, what, Vec::new()));
        }
    }
}
