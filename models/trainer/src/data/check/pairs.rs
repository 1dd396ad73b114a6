//! Judges pictures that are the same or look it: within a class, across classes, across a split.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::alike::{self, Near};
use super::finding::{Finding, Kind, Suspect};
use super::lists::{self, List};
use super::survey::Seen;

/// Judges equal and similar pictures of one and of different classes.
pub fn judge(seen: &[Seen], findings: &mut Vec<Finding>, suspects: &mut Vec<Suspect>) {
    let mut found = Found::default();
    for group in alike::same(seen) {
        let kind = if one_class(seen, &group) {
            Kind::Duplicate
        } else {
            Kind::Contradiction
        };
        let note = same_files(seen, &group);
        found.add(seen, kind, &group, note.to_owned());
    }
    // The most alike come first, on the sheet too.
    let mut near = alike::near(seen);
    near.sort_by(|a, b| a.distance.levels.total_cmp(&b.distance.levels));
    let (within, across): (Vec<Near>, Vec<Near>) = near
        .into_iter()
        .partition(|pair| seen[pair.first].class == seen[pair.second].class);
    for pair in &across {
        let group = [pair.first, pair.second];
        found.add(seen, Kind::LikelyContradiction, &group, note(pair));
    }
    for group in alike::groups(within.iter().map(|pair| (pair.first, pair.second))) {
        found.place(seen, Kind::NearDuplicate, &group);
    }
    suspects.extend(within.iter().map(|pair| Suspect {
        kind: Kind::NearDuplicate,
        first: pair.first,
        second: pair.second,
        note: note(pair),
    }));
    found.finish(findings, suspects, &|kind, places| {
        let (groups, files) = (places.len(), places.iter().map(Vec::len).sum::<usize>());
        match kind {
            Kind::Contradiction => {
                format!("{groups} pictures stand in more than one class ({files} files)")
            }
            Kind::Duplicate => {
                format!("{groups} pictures are there more than once ({files} files)")
            }
            Kind::LikelyContradiction => {
                format!("{groups} pairs of pictures look the same and stand in different classes")
            }
            _ => format!("{files} pictures look like another of their class, in {groups} groups"),
        }
    });
}

/// Judges equal and similar pictures on different sides of a split, and pictures on both.
pub fn judge_lists(
    seen: &[Seen],
    all: &[List],
    findings: &mut Vec<Finding>,
    suspects: &mut Vec<Suspect>,
) {
    let same = alike::same(seen);
    let near = alike::near(seen);
    for (split, photographs) in lists::sides(all) {
        let side = |place: usize| photographs.get(seen[place].path.as_path());
        let mut found = Found::default();
        both(&photographs, &mut found);
        for group in &same {
            for (number, &first) in group.iter().enumerate() {
                for &second in &group[number + 1..] {
                    if apart(side(first), side(second)) {
                        let note = format!("the same; split {split}");
                        found.add(seen, Kind::Leak, &[first, second], note);
                    }
                }
            }
        }
        let mut spoilt: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for pair in &near {
            let (one, other) = (side(pair.first), side(pair.second));
            if apart(one, other) {
                let text = format!("{}; split {split}", note(pair));
                found.add(seen, Kind::LikelyLeak, &[pair.first, pair.second], text);
                for (place, sides) in [(pair.first, one), (pair.second, other)] {
                    for name in sides.into_iter().flatten() {
                        spoilt.entry(name).or_default().insert(place);
                    }
                }
            }
        }
        found.finish(findings, suspects, &|kind, places| match kind {
            Kind::Leak => format!(
                "split {split}: {} pictures stand on more than one side",
                places.len()
            ),
            _ => format!(
                "split {split}: {} look like one on another side",
                of_each_side(&spoilt, &photographs)
            ),
        });
    }
}

/// `12 of the 430 pictures of test`, for each side.
fn of_each_side(
    spoilt: &BTreeMap<&str, BTreeSet<usize>>,
    photographs: &HashMap<&Path, Vec<&str>>,
) -> String {
    let parts: Vec<String> = spoilt
        .iter()
        .map(|(side, places)| {
            let all = photographs.values().filter(|sides| sides.contains(side));
            format!("{} of {} pictures of {side}", places.len(), all.count())
        })
        .collect();
    parts.join(", ")
}

/// Photographs that are themselves named on two sides.
fn both(photographs: &HashMap<&Path, Vec<&str>>, found: &mut Found) {
    let mut paths: Vec<PathBuf> = photographs
        .iter()
        .filter(|(_, sides)| sides.len() > 1)
        .map(|(path, _)| (*path).to_owned())
        .collect();
    paths.sort();
    for path in paths {
        found.places.entry(Kind::Leak).or_default().push(vec![path]);
    }
}

/// Whether two photographs stand on different sides; one that no list names stands on none.
fn apart(one: Option<&Vec<&str>>, other: Option<&Vec<&str>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one
            .iter()
            .any(|side| other.iter().any(|their| their != side)),
        _ => false,
    }
}

/// What is found on the way, by kind.
#[derive(Default)]
struct Found {
    places: BTreeMap<Kind, Vec<Vec<PathBuf>>>,
    suspects: Vec<Suspect>,
}

impl Found {
    /// Notes a group and, to be looked at, its first member beside the first of another class, or
    /// beside the second.
    fn add(&mut self, seen: &[Seen], kind: Kind, group: &[usize], note: String) {
        self.place(seen, kind, group);
        let first = group[0];
        let other = group
            .iter()
            .copied()
            .find(|&place| seen[place].class != seen[first].class);
        self.suspects.push(Suspect {
            kind,
            first,
            second: other.unwrap_or(group[1]),
            note,
        });
    }

    fn place(&mut self, seen: &[Seen], kind: Kind, group: &[usize]) {
        let paths = group.iter().map(|&place| seen[place].path.clone());
        self.places.entry(kind).or_default().push(paths.collect());
    }

    fn finish(
        self,
        findings: &mut Vec<Finding>,
        suspects: &mut Vec<Suspect>,
        say: &dyn Fn(Kind, &[Vec<PathBuf>]) -> String,
    ) {
        for (kind, places) in self.places {
            findings.push(Finding::new(kind, say(kind, &places), places));
        }
        suspects.extend(self.suspects);
    }
}

fn one_class(seen: &[Seen], group: &[usize]) -> bool {
    group
        .iter()
        .all(|&place| seen[place].class == seen[group[0]].class)
}

fn same_files(seen: &[Seen], group: &[usize]) -> &'static str {
    let mut checksums: Vec<&str> = group
        .iter()
        .filter_map(|&place| Some(seen[place].look.as_ref().ok()?.file_sha256.as_str()))
        .collect();
    checksums.dedup();
    if checksums.len() > 1 {
        "the same pixels"
    } else {
        "the same file"
    }
}

fn note(pair: &Near) -> String {
    let Near { distance, .. } = pair;
    format!(
        "{} bits, {:.1} levels apart",
        distance.bits, distance.levels
    )
}
