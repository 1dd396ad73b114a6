//! The models on the boot partition: which are new, which are whole, and for which there is room.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::FileType;

use super::generation::Kept;
use super::linkless::{self, IS_LINK, unreadable};
use super::listing::Listing;
use super::names::{is_litter, shown};
use super::near::{self, Misses};
use super::room::{self, Space};
use super::{MODELS, Verdict};
use crate::files;
use crate::pipeline::proof::{self, Limits};

/// A bundle has a few files of a few megabytes; more is something else that was copied there.
const MOST_FILES: usize = 64;
/// More folders than files in a bundle are not looked at either.
const MOST_LISTED: usize = 4 * MOST_FILES;
pub(super) const LARGEST_BUNDLE: u64 = 64 << 20;

/// All models together are looked at for no longer. Proving the new generation and the one in force may
/// take as long as one model each, and systemd ends a takeover after two minutes.
const LONGEST_EXAMINATION: Duration = Duration::from_secs(40);
/// A bin needs one model; each more is proven at each start until it is taken.
const MOST_MODELS: usize = 16;

/// So many models are enough to say which may leave.
const MOST_NAMED: usize = 3;

/// What is said of a model for which the time was over.
const NO_TIME: &str = "there was no time to prove it, because the models before it took all of it; leave only those on the card that are needed";

/// What was found.
#[derive(Debug)]
pub(super) struct Models {
    /// Name and folder of each that is new and whole; those that the configuration names come first.
    pub found: Vec<(String, PathBuf)>,
    /// What is to be said of each.
    pub verdicts: Vec<(String, Verdict)>,
    /// The names of all folders; `None` where they could not all be seen.
    pub on_card: Option<BTreeSet<String>>,
}

/// Looks at each folder in `offered`, first at those that are `named`, in this order; those that are the same in
/// `current` are not looked at closer.
pub(super) fn examine(offered: &Path, current: &Path, named: &[String], misses: &Misses) -> Models {
    let mut models = Models {
        found: Vec::new(),
        verdicts: Vec::new(),
        on_card: None,
    };
    let listing = match Listing::of(offered) {
        Ok(listing) => listing,
        Err(error) => {
            models.refuse(MODELS, unreadable(&error));
            return models;
        }
    };
    let mut folders = Vec::new();
    for name in &listing.folders {
        match name.to_str() {
            Some(name) if is_litter(name) => {}
            Some(name) => folders.push(name),
            None => models.refuse(
                &format!("{MODELS}/{}", shown(name)),
                "this name cannot be read; rename it, with plain letters".into(),
            ),
        }
    }
    let links: Vec<&str> = listing
        .links
        .iter()
        .filter_map(|name| name.to_str())
        .filter(|name| !is_litter(name))
        .collect();
    for name in &links {
        models.refuse(&label(name), IS_LINK.into());
    }
    models.on_card = listing.whole.then(|| {
        let all = folders.iter().chain(&links);
        all.map(|name| (*name).to_owned()).collect()
    });
    folders.retain(|name| !misses.misnamed.contains(std::ffi::OsStr::new(name)));
    folders.sort_by_key(|name| {
        named
            .iter()
            .position(|other| other == name)
            .unwrap_or(usize::MAX)
    });
    if folders.len() > MOST_MODELS {
        let why = format!("more than {MOST_MODELS} folders; leave only the models that are needed");
        models.refuse(MODELS, why);
        folders.truncate(MOST_MODELS);
    }
    let until = Instant::now() + LONGEST_EXAMINATION;
    for name in folders {
        let folder = offered.join(name);
        let verdict = judge(&folder, &current.join(name), until);
        models.take_in(name, folder, verdict);
    }
    models
}

impl Models {
    fn refuse(&mut self, name: &str, why: String) {
        self.verdicts.push((name.into(), Verdict::Refused(why)));
    }

    /// Those on the card stay.
    pub fn kept(&self) -> Kept {
        self.on_card.clone().map_or(Kept::All, Kept::Named)
    }

    /// Keeps what was found of one model. Where a name is the reason for a refusal, that is said instead of
    /// what the missing file led to.
    fn take_in(&mut self, name: &str, folder: PathBuf, verdict: Verdict) {
        let label = shown(name.as_ref());
        let mut near = near::in_bundle(&folder, &label);
        if verdict == Verdict::Taken {
            self.found.push((name.into(), folder));
        }
        let place = format!("{MODELS}/{label}");
        if let Verdict::Refused(why) = &verdict {
            let reasons: Vec<String> = near
                .drain(..)
                .filter_map(|(name, verdict)| match verdict {
                    Verdict::Refused(why) => Some(format!("{name}: {why}")),
                    _ => None,
                })
                .collect();
            if reasons.is_empty() {
                self.refuse(&place, why.clone());
            } else {
                self.refuse(&place, reasons.join("\n"));
            }
            return;
        }
        self.verdicts.push((place, verdict));
        let notes = near
            .into_iter()
            .filter(|(_, verdict)| matches!(verdict, Verdict::Note(_)));
        self.verdicts.extend(notes);
    }

    /// The refusal of a configuration, where models that it names were refused before: these lie on the card, and
    /// who reads that they do not exist would look for a mistake in the name.
    pub fn explained(&self, why: &str, named: &BTreeSet<String>) -> String {
        let explained = why
            .lines()
            .map(|line| self.reason(line, named).unwrap_or_else(|| line.to_owned()));
        explained.collect::<Vec<_>>().join("\n")
    }

    fn reason(&self, line: &str, named: &BTreeSet<String>) -> Option<String> {
        let (place, _) = line.split_once(": does not exist")?;
        let name = named.iter().find(|name| {
            let label = label(name);
            place.ends_with(&format!(": {label}")) || place.contains(&format!(": {label}/"))
        })?;
        let label = label(name);
        let refused = self
            .verdicts
            .iter()
            .find_map(|(told, verdict)| match verdict {
                Verdict::Refused(why) if *told == label => Some(why),
                _ => None,
            })?;
        Some(if refused == NO_TIME {
            format!(
                "{place}: there was no time to prove it; {}",
                self.fewer(named)
            )
        } else {
            format!("{place}: is on the card, but was refused; mend what is said of {label}")
        })
    }

    /// What to take off the card, so that there is time for what is named.
    fn fewer(&self, named: &BTreeSet<String>) -> String {
        let on_card = self.on_card.iter().flatten();
        let others: Vec<String> = on_card
            .filter(|name| !named.contains(*name))
            .take(MOST_NAMED)
            .map(|name| label(name))
            .collect();
        if others.is_empty() {
            "use a smaller model".into()
        } else {
            format!("take {} off the card", others.join(", "))
        }
    }

    /// Refuses those for which there is no room; those that the configuration names are the first to have it.
    pub fn fit(&mut self, offered: &Path, named: &BTreeSet<String>, mut space: Space) {
        let on_card = self.on_card.clone().unwrap_or_default();
        let Self {
            found, verdicts, ..
        } = self;
        found.retain(|(name, folder)| {
            let held = room::of_folder(folder)
                .map_err(|error| unreadable(&error))
                .and_then(|bytes| {
                    space.hold_model(bytes).map_err(|figures| {
                        let others = on_card.difference(named);
                        let others = others.filter(|other| *other != name);
                        let others = others.filter(|other| !is_refused(verdicts, other));
                        format!("{figures}; {}", remedy(offered, others))
                    })
                });
            match held {
                Ok(left) => {
                    space = left;
                    true
                }
                Err(why) => {
                    let label = label(name);
                    verdicts
                        .iter_mut()
                        .filter(|(told, _)| *told == label)
                        .for_each(|(_, verdict)| *verdict = Verdict::Refused(why.clone()));
                    false
                }
            }
        });
    }
}

/// The name of a model on the card, for people.
fn label(name: &str) -> String {
    format!("{MODELS}/{}", shown(name.as_ref()))
}

fn is_refused(verdicts: &[(String, Verdict)], name: &str) -> bool {
    let label = label(name);
    verdicts
        .iter()
        .any(|(told, verdict)| *told == label && matches!(verdict, Verdict::Refused(_)))
}

/// What to do where a model has no room; `others` have some, and no configuration names them.
fn remedy<'a>(offered: &Path, others: impl Iterator<Item = &'a String>) -> String {
    let mut others: Vec<(u64, &String)> = others
        .filter_map(|name| Some((room::of_folder(&offered.join(name)).ok()?, name)))
        .collect();
    others.sort_unstable();
    let largest: Vec<String> = others
        .iter()
        .rev()
        .take(MOST_NAMED)
        .map(|(bytes, name)| format!("{} ({})", label(name), room::amount(*bytes)))
        .collect();
    if largest.is_empty() {
        "use a smaller model or a larger card".into()
    } else {
        format!(
            "take what the configuration does not name off the card: {}",
            largest.join(", ")
        )
    }
}

fn judge(folder: &Path, current: &Path, until: Instant) -> Verdict {
    if Instant::now() >= until {
        return Verdict::Refused(NO_TIME.into());
    }
    let mut content = BTreeMap::new();
    let mut left = LARGEST_BUNDLE;
    match read(folder, Path::new(""), &mut content, &mut left) {
        Ok(()) => {}
        Err(why) => return Verdict::Refused(why),
    }
    let same = content.iter().all(|(file, bytes)| {
        let before = files::read_at_most(&current.join(file), bytes.len() as u64);
        before.is_ok_and(|before| before.as_ref() == Some(bytes))
    });
    if same && !content.is_empty() {
        return Verdict::AsBefore;
    }
    drop(content);
    let left = until.saturating_duration_since(Instant::now());
    match proof::prove(Some(folder), None, &Limits::of_the_daemon().within(left)) {
        Ok(()) => Verdict::Taken,
        // It had less time than a model may take, so that it took all of it says nothing of the model.
        Err(_) if left < proof::LONGEST && Instant::now() >= until => {
            Verdict::Refused(NO_TIME.into())
        }
        Err(error) => {
            let shown = folder
                .parent()
                .map(|parent| format!("{}/", parent.display()))
                .unwrap_or_default();
            Verdict::Refused(error.to_string().replace(&shown, &format!("{MODELS}/")))
        }
    }
}

/// Reads all files of a bundle, by their path in it.
fn read(
    folder: &Path,
    below: &Path,
    content: &mut BTreeMap<PathBuf, Vec<u8>>,
    left: &mut u64,
) -> Result<(), String> {
    let mut entries =
        linkless::list(&folder.join(below), MOST_LISTED).map_err(|error| unreadable(&error))?;
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (name, kind) in entries {
        let file = below.join(name);
        let shown = || shown(file.as_os_str());
        if kind == FileType::Directory && below.as_os_str().is_empty() {
            read(folder, &file, content, left)?;
        } else if kind == FileType::RegularFile {
            let bytes = linkless::read_at_most(&folder.join(&file), *left)
                .map_err(|error| format!("{}: {}", shown(), unreadable(&error)))?;
            let bytes = bytes.filter(|_| content.len() < MOST_FILES).ok_or_else(|| {
                format!("more than {MOST_FILES} files or {LARGEST_BUNDLE} bytes are no bundle; copy the bundle's folder alone")
            })?;
            *left -= bytes.len() as u64;
            content.insert(file, bytes);
        } else if kind == FileType::Symlink {
            return Err(format!("{}: {IS_LINK}", shown()));
        } else {
            return Err(format!(
                "{}: has no place in a bundle; copy the bundle's folder alone",
                shown()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "models_tests.rs"]
mod tests;
