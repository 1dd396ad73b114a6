//! The models on the boot partition: which are new, and which are whole.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::listing::Listing;
use super::names::{is_litter, shown};
use super::near::{self, Misses};
use super::{MODELS, Verdict};
use crate::files;
use crate::pipeline::proof::{self, Limits};

/// A bundle has a few files of a few megabytes; more is something else that was copied there.
const MOST_FILES: usize = 64;
pub(super) const LARGEST_BUNDLE: u64 = 64 << 20;

/// All models together are looked at for no longer. Proving the new generation and the one in force may
/// take as long as one model each, and systemd ends a takeover after two minutes.
const LONGEST_EXAMINATION: Duration = Duration::from_secs(40);
/// A bin needs one model; each more is proven at each start until it is taken.
const MOST_MODELS: usize = 16;

/// What was found.
#[derive(Debug)]
pub(super) struct Models {
    /// Name and folder of each that is new and whole.
    pub found: Vec<(String, PathBuf)>,
    /// What is to be said of each.
    pub verdicts: Vec<(String, Verdict)>,
}

/// Looks at each folder in `offered`; those that are the same in `current` are not looked at closer.
pub(super) fn examine(
    offered: &Path,
    current: &Path,
    named: &BTreeSet<String>,
    misses: &Misses,
) -> Models {
    let mut models = Models {
        found: Vec::new(),
        verdicts: Vec::new(),
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
    folders.retain(|name| !misses.misnamed.contains(std::ffi::OsStr::new(name)));
    folders.sort_by_key(|name| !named.contains(*name));
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
}

fn unreadable(error: &io::Error) -> String {
    format!("cannot be read: {error}; copy it anew")
}

fn judge(folder: &Path, current: &Path, until: Instant) -> Verdict {
    if Instant::now() >= until {
        return Verdict::Refused(
            "not looked at, because the models before it took all the time; leave only those on the card that are needed".into(),
        );
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
    let unreadable = |error: io::Error| unreadable(&error);
    for entry in files::entries(&folder.join(below)).map_err(unreadable)? {
        let file = below.join(entry.file_name());
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() && below.as_os_str().is_empty() {
            read(folder, &file, content, left)?;
        } else if kind.is_file() {
            let bytes = files::read_at_most(&entry.path(), *left).map_err(unreadable)?;
            let bytes = bytes.filter(|_| content.len() < MOST_FILES).ok_or_else(|| {
                format!("more than {MOST_FILES} files or {LARGEST_BUNDLE} bytes are no bundle; copy the bundle's folder alone")
            })?;
            *left -= bytes.len() as u64;
            content.insert(file, bytes);
        } else {
            return Err(format!(
                "{}: has no place in a bundle; copy the bundle's folder alone",
                file.display()
            ));
        }
    }
    Ok(())
}
