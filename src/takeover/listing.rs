//! The names in a folder of the card, as many as anybody needs.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use rustix::fs::FileType;

use super::linkless;

/// Nobody leaves more files in one folder than this; what lies behind them is not looked at.
const MOST_ENTRIES: usize = 20_000;

/// What lies in a folder, by name.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Files, and what else is no folder.
    pub files: Vec<OsString>,
    /// Those of the files that are links, wherever they lead.
    pub links: Vec<OsString>,
    /// Folders.
    pub folders: Vec<OsString>,
    /// Whether that is all.
    pub whole: bool,
}

impl Listing {
    /// Reads a folder; one that is not there is empty.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let mut entries = match linkless::list(folder, MOST_ENTRIES + 1) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            entries => entries?,
        };
        let mut listing = Self {
            whole: entries.len() <= MOST_ENTRIES,
            ..Self::default()
        };
        entries.truncate(MOST_ENTRIES);
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (name, kind) in entries {
            match kind {
                FileType::Directory => listing.folders.push(name),
                FileType::Symlink => {
                    listing.links.push(name.clone());
                    listing.files.push(name);
                }
                _ => listing.files.push(name),
            }
        }
        Ok(listing)
    }

    /// Whether a folder has exactly this name; a FAT file system would answer for other cases too.
    pub fn has_folder(&self, name: &str) -> bool {
        self.folders.iter().any(|folder| folder == name)
    }

    /// The same for a file.
    pub fn has_file(&self, name: &str) -> bool {
        self.files.iter().any(|file| file == name)
    }
}
