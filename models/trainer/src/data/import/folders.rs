//! Takes photographs from folders on disk: one folder a class.

use std::fs;
use std::path::{Path, PathBuf};

use sortd::error::{Error, Result};

use super::accept::too_many_bytes;
use super::collection::{Collection, Origin};
use super::crawl::Terms;
use super::{Limits, Reason, Refusal, Summary, list};
use crate::data::tree::Tree;
use crate::files;

/// Takes every photograph of `folders` into `collection`; `tell` hears of each that is left out. The
/// photographs themselves are not changed.
///
/// # Errors
/// A folder holds no class folder or cannot be read, or a file cannot be written.
pub fn gather(
    folders: &[PathBuf],
    limits: &Limits,
    today: &str,
    collection: &mut Collection,
    terms: &Terms,
    tell: &mut dyn FnMut(String),
) -> Result<Summary> {
    let mut intake = Intake {
        limits,
        today,
        collection,
        terms,
        tell,
        summary: Summary::default(),
    };
    for root in folders {
        for class in Tree::open(root)?.labels() {
            let folder = root.join(class);
            match list::class_name(class) {
                Ok(_) => intake.class(root, class, &folder)?,
                Err(refusal) => intake.leave_out(&folder, &refusal),
            }
        }
    }
    Ok(intake.summary)
}

/// What takes files in, and how far it is.
struct Intake<'a> {
    limits: &'a Limits,
    today: &'a str,
    collection: &'a mut Collection,
    terms: &'a Terms,
    tell: &'a mut dyn FnMut(String),
    summary: Summary,
}

impl Intake<'_> {
    fn class(&mut self, root: &Path, class: &str, folder: &Path) -> Result<()> {
        for path in files_of(folder)? {
            let bytes = match read(&path, self.limits) {
                Ok(bytes) => bytes,
                Err(refusal) => {
                    self.leave_out(&path, &refusal);
                    continue;
                }
            };
            let origin = self.origin(root, class, &path, &bytes);
            match self.collection.known(&origin.key) {
                Some(true) => self.summary.there_before += 1,
                Some(false) if !self.terms.retry => self.summary.left_out_before += 1,
                _ => match self.collection.take(origin, &bytes, self.limits)? {
                    Ok(_) => self.summary.kept += 1,
                    Err(refusal) => self.leave_out(&path, &refusal),
                },
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, path: &Path, refusal: &Refusal) {
        (self.tell)(format!("{}: {refusal}", path.display()));
        self.summary.leave_out(refusal.reason);
    }

    /// Where a file comes from: its path from the given folder's name on, so that the manifest does
    /// not tell how the owner's folders are called.
    fn origin(&self, root: &Path, class: &str, path: &Path, bytes: &[u8]) -> Origin {
        let name = |path: &Path| {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        let source_image = format!("{}/{class}/{}", name(root), name(path));
        Origin {
            key: format!("{class}\t{source_image}\t{}", files::sha256(bytes)),
            class: class.to_owned(),
            source_image,
            licence: self.terms.licence.clone(),
            source: None,
            fetched: self.today.to_owned(),
        }
    }
}

/// What lies in a class folder, hidden files left out, in alphabetical order.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|error| {
        Error::data(format!("cannot read {}", folder.display())).caused_by(error)
    })?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(std::result::Result::ok)
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    Ok(found)
}

fn read(path: &Path, limits: &Limits) -> std::result::Result<Vec<u8>, Refusal> {
    let unreadable = |error: std::io::Error| Refusal::new(Reason::Unreadable, error.to_string());
    let metadata = fs::metadata(path).map_err(unreadable)?;
    // Opening a pipe would wait for ever.
    if !metadata.is_file() {
        let detail = "it is no file; photographs lie directly in their class's folder";
        return Err(Refusal::new(Reason::NotAPicture, detail));
    }
    if metadata.len() > limits.most_bytes {
        return Err(too_many_bytes(limits));
    }
    fs::read(path).map_err(unreadable)
}
