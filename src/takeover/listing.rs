//! The names in a folder of the card, as many as anybody needs.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use crate::files;

/// Nobody leaves more files in one folder than this; what lies behind them is not looked at.
const MOST_ENTRIES: usize = 20_000;

/// What lies in a folder, by name.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Files, and what else is no folder.
    pub files: Vec<OsString>,
    /// Folders, and links to some.
    pub folders: Vec<OsString>,
    /// Whether that is all.
    pub whole: bool,
}

impl Listing {
    /// Reads a folder; one that is not there is empty.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let folder = folder.to_owned();
        files::within(files::PATIENCE, move || Self::read(&folder))
    }

    fn read(folder: &Path) -> io::Result<Self> {
        let mut listing = Self {
            whole: true,
            ..Self::default()
        };
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
            entries => entries?,
        };
        for (index, entry) in entries.enumerate() {
            if index == MOST_ENTRIES {
                listing.whole = false;
                break;
            }
            let entry = entry?;
            let kind = entry.file_type()?;
            let names = if kind.is_dir() || kind.is_symlink() && entry.path().is_dir() {
                &mut listing.folders
            } else {
                &mut listing.files
            };
            names.push(entry.file_name());
        }
        listing.files.sort();
        listing.folders.sort();
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
