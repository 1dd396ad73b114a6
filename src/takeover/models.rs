//! The models on the boot partition: which are new, and which are whole.

use std::collections::BTreeMap;
use std::fs::DirEntry;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{MODELS, Verdict};
use crate::files;
use crate::pipeline::proof::{self, Limits};

/// A bundle has a few files of a few megabytes; more is something else that was copied there.
const MOST_FILES: usize = 64;
pub(super) const LARGEST_BUNDLE: u64 = 64 << 20;

/// All models together are looked at for no longer. Proving the new generation and the one in force may
/// take as long as one model each, and systemd ends a takeover after two minutes.
const LONGEST_EXAMINATION: Duration = Duration::from_secs(40);

/// What was found.
#[derive(Debug)]
pub(super) struct Models {
    /// Name and folder of each that is new and whole.
    pub found: Vec<(String, PathBuf)>,
    /// What is to be said of each.
    pub verdicts: Vec<(String, Verdict)>,
}

/// Looks at each folder in `offered`; those that are the same in `current` are not looked at closer.
pub(super) fn examine(offered: &Path, current: &Path) -> Models {
    let mut models = Models {
        found: Vec::new(),
        verdicts: Vec::new(),
    };
    let entries = match files::entries(offered) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return models,
        Err(error) => {
            models
                .verdicts
                .push((MODELS.into(), Verdict::Refused(unreadable(&error))));
            return models;
        }
    };
    let mut folders: Vec<PathBuf> = entries
        .iter()
        .map(DirEntry::path)
        .filter(|path| files::is_folder(path) && !is_hidden(path))
        .collect();
    folders.sort();
    let until = Instant::now() + LONGEST_EXAMINATION;
    for folder in folders {
        let Some(name) = folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
        else {
            continue;
        };
        let verdict = judge(&folder, &current.join(&name), until);
        if verdict == Verdict::Taken {
            models.found.push((name.clone(), folder));
        }
        models.verdicts.push((format!("{MODELS}/{name}"), verdict));
    }
    models
}

fn unreadable(error: &io::Error) -> String {
    format!("cannot be read: {error}; copy it anew")
}

/// Laptops leave folders such as `.Trashes` on what they write.
fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
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
