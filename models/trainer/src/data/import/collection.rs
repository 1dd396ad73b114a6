//! The data set that an import builds: one folder a class, a manifest, and the journal.
//!
//! A file is named for its class and for the checksum of what it holds, so that it never takes
//! another's place, and a second try after a crash writes the same file again.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use sortd::error::Result;

use super::accept::{Accepted, accept};
use super::journal::{Journal, Kept, Record};
use super::manifest::{MANIFEST, manifest};
use super::{Limits, Reason, Refusal};
use crate::files;

/// Where a picture comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What it is known by, so that it is not fetched twice.
    pub key: String,
    /// Its class.
    pub class: String,
    /// Its address or path.
    pub source_image: String,
    /// Its licence.
    pub licence: Option<String>,
    /// Who is to be named.
    pub source: Option<String>,
    /// The day it comes.
    pub fetched: String,
}

/// The collection in a folder.
#[derive(Debug)]
pub struct Collection {
    root: PathBuf,
    journal: Journal,
    kept: Vec<Kept>,
    /// Places in `kept` by the checksum of the pixels.
    by_pixels: HashMap<String, usize>,
    /// What was decided about each key: whether it was kept.
    known: HashMap<String, bool>,
}

impl Collection {
    /// Opens the collection in `root`, or begins one.
    ///
    /// # Errors
    /// The folder cannot be made, or its journal cannot be read.
    pub fn open(root: &Path) -> Result<Self> {
        files::make_folder(root)?;
        let (journal, records) = Journal::open(root)?;
        remove_unfinished(root);
        let mut collection = Self {
            root: root.to_owned(),
            journal,
            kept: Vec::new(),
            by_pixels: HashMap::new(),
            known: HashMap::new(),
        };
        for record in records {
            collection.learn(record);
        }
        Ok(collection)
    }

    /// Whether the picture of that key was kept; none where nothing was decided about it.
    #[must_use]
    pub fn known(&self, key: &str) -> Option<bool> {
        self.known.get(key).copied()
    }

    /// Takes in a picture, or refuses it, and remembers which.
    ///
    /// # Errors
    /// A file cannot be written: the disk is full, or the folder is not writable.
    pub fn take(
        &mut self,
        origin: Origin,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<std::result::Result<String, Refusal>> {
        let judged = accept(bytes, limits).and_then(|picture| {
            self.require_new(&origin, &picture)?;
            Ok(picture)
        });
        match judged {
            Ok(picture) => self.keep(origin, picture).map(Ok),
            Err(refusal) => {
                self.leave_out(origin.key, &refusal)?;
                Ok(Err(refusal))
            }
        }
    }

    /// Remembers that a picture is not wanted. A reason that may pass is not remembered, so that the
    /// next import tries again.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn leave_out(&mut self, key: String, refusal: &Refusal) -> Result<()> {
        if refusal.reason.passes() {
            return Ok(());
        }
        let record = Record::LeftOut {
            key,
            reason: refusal.reason,
            detail: refusal.detail.clone(),
        };
        self.journal.add(&record)?;
        self.learn(record);
        Ok(())
    }

    /// Pictures of each class that are there.
    #[must_use]
    pub fn classes(&self) -> BTreeMap<&str, usize> {
        let mut classes = BTreeMap::new();
        for picture in self.present() {
            *classes.entry(picture.class.as_str()).or_default() += 1;
        }
        classes
    }

    /// The pictures that are there. One that was deleted by hand stays away.
    pub fn present(&self) -> impl Iterator<Item = &Kept> {
        self.kept
            .iter()
            .filter(|picture| self.root.join(&picture.file).is_file())
    }

    /// Writes the manifest.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_manifest(&self) -> Result<()> {
        let text = manifest(self.present());
        files::write_whole(&self.root.join(MANIFEST), text.as_bytes())
    }

    fn keep(&mut self, origin: Origin, picture: Accepted) -> Result<String> {
        let sha256 = files::sha256(&picture.bytes);
        let Origin { class, .. } = &origin;
        let file = format!("{class}/{class}-{}.{}", &sha256[..12], picture.ending);
        files::make_folder(&self.root.join(class))?;
        files::write_whole(&self.root.join(&file), &picture.bytes)?;
        let record = Record::Kept(Kept {
            key: origin.key,
            file: file.clone(),
            class: origin.class,
            source_image: origin.source_image,
            licence: origin.licence,
            source: origin.source,
            fetched: origin.fetched,
            sha256,
            original_sha256: picture.original_sha256,
            pixels_sha256: picture.pixels_sha256,
            width: picture.width,
            height: picture.height,
        });
        self.journal.add(&record)?;
        self.learn(record);
        Ok(file)
    }

    fn learn(&mut self, record: Record) {
        match record {
            Record::Kept(kept) => {
                self.known.insert(kept.key.clone(), true);
                let place = self.kept.len();
                self.by_pixels.insert(kept.pixels_sha256.clone(), place);
                self.kept.push(kept);
            }
            Record::LeftOut { key, .. } => {
                self.known.insert(key, false);
            }
        }
    }

    fn require_new(&self, origin: &Origin, picture: &Accepted) -> std::result::Result<(), Refusal> {
        let Some(&place) = self.by_pixels.get(&picture.pixels_sha256) else {
            return Ok(());
        };
        let other = &self.kept[place];
        // Whoever deleted the picture from the other class has decided which class is right.
        if other.class != origin.class && !self.root.join(&other.file).is_file() {
            return Ok(());
        }
        let reason = if other.class == origin.class {
            Reason::Duplicate
        } else {
            Reason::Contradiction
        };
        let detail = format!("the same picture as {}", other.file);
        Err(Refusal::new(reason, detail))
    }
}

/// Removes what a crash left half-written: `class/class-*.tmp`. What cannot be removed disturbs nobody,
/// since training does not read it.
fn remove_unfinished(root: &Path) {
    let inside = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.filter_map(std::result::Result::ok)
    };
    for class in inside(root).filter(|entry| entry.path().is_dir()) {
        let prefix = format!("{}-", class.file_name().to_string_lossy());
        for file in inside(&class.path()) {
            let path = file.path();
            let ours = file.file_name().to_string_lossy().starts_with(&prefix);
            if ours && path.extension().is_some_and(|ending| ending == "tmp") {
                let _ = fs::remove_file(path);
            }
        }
    }
}
