//! What somebody downloaded: a folder, or a zip archive, as a list of files that can be read.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use sortd::error::{Error, Result};
use zip::ZipArchive;

use crate::files;

/// No photograph of the public sets is larger; what an archive unpacks to beyond that is no photograph.
const MOST_BYTES: u64 = 64 << 20;

/// Folders in folders that are looked into.
const DEEPEST: usize = 6;

/// The files of a folder or of an archive.
pub struct Given {
    from: PathBuf,
    archive: Option<ZipArchive<BufReader<File>>>,
    /// The path of each file, in the archive or on the disk, and its place in the archive.
    files: Vec<(PathBuf, usize)>,
}

impl Given {
    /// Lists what is in `from`; links, pipes and whatever else is no file are left out.
    ///
    /// # Errors
    /// It is neither a folder nor a zip archive, or it cannot be read.
    pub fn open(from: &Path) -> Result<Self> {
        let mut given = Self {
            from: from.to_owned(),
            archive: None,
            files: Vec::new(),
        };
        if from.is_dir() {
            given.list(from, DEEPEST)?;
            return Ok(given);
        }
        // Opening a pipe would wait for ever.
        if !from.is_file() {
            return Err(given.unreadable(&"it is neither a folder nor a file"));
        }
        let opened = File::open(from).map_err(|error| given.unreadable(&error))?;
        let archive = ZipArchive::new(BufReader::new(opened));
        let mut archive = archive.map_err(|error| given.unreadable(&error))?;
        for place in 0..archive.len() {
            let entry = archive
                .by_index_raw(place)
                .map_err(|error| given.unreadable(&error))?;
            if entry.is_file()
                && let Some(path) = entry.enclosed_name()
            {
                given.files.push((path, place));
            }
        }
        given.archive = Some(archive);
        Ok(given)
    }

    /// The path of each file.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, _)| path.as_path())
    }

    /// The bytes of the file at this place of [`Self::paths`].
    ///
    /// # Errors
    /// It cannot be read, or is larger than any photograph.
    pub fn read(&mut self, place: usize) -> Result<Vec<u8>> {
        let (path, inside) = self.files[place].clone();
        let mut bytes = Vec::new();
        let read = match &mut self.archive {
            None => {
                File::open(&path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
            }
            Some(archive) => archive
                .by_index(inside)
                .map_err(std::io::Error::from)
                .and_then(|entry| entry.take(MOST_BYTES + 1).read_to_end(&mut bytes)),
        };
        read.map_err(|error| self.unreadable(&format!("{}: {error}", path.display())))?;
        if bytes.len() as u64 > MOST_BYTES {
            let what = format!("{} is larger than {} MB", path.display(), MOST_BYTES >> 20);
            return Err(self.unreadable(&what));
        }
        Ok(bytes)
    }

    fn list(&mut self, folder: &Path, deeper: usize) -> Result<()> {
        for path in files::in_folder(folder)? {
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() && deeper > 0 {
                self.list(&path, deeper - 1)?;
            } else if path.is_file() {
                self.files.push((path, 0));
            }
        }
        Ok(())
    }

    fn unreadable(&self, error: &dyn std::fmt::Display) -> Error {
        Error::data(format!("{} cannot be taken: {error}", self.from.display()))
            .advice("give a folder, or a zip archive that is whole")
    }
}
