//! Configurations that somebody committed to the daemon, numbered generations in a folder of its own.
//!
//! ```text
//! STATE/config/3.toml          the text of generation 3
//! STATE/config/in-force.toml   which one is in force, in place of which file, and that file's hash
//! ```
//! A committed generation is in force until the file in whose place it is changes. Both files are on the disk before they
//! are believed, and the second is written last, so a power cut leaves the one or the other in force.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Config, LARGEST_FILE, text_of};
use crate::error::{Error, Result};
use crate::files;

/// So many generations are kept, the newest.
pub const KEPT: usize = 10;

/// What a generation leaves free of its disk.
const FREE: u64 = 1 << 20;

/// The pointer has three short lines, and a path.
pub const LARGEST_POINTER: u64 = 16 << 10;

const FOLDER: &str = "config";
const POINTER: &str = "in-force.toml";

/// Where the configuration in force comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// The file that was named.
    #[default]
    File,
    /// A generation that was committed in its place.
    Committed(u32),
    /// A text that somebody tries, and which trial of this daemon that is.
    Tried(u32),
}

impl Origin {
    /// How it is called, for people; `file` is the one that was named.
    #[must_use]
    pub fn in_place_of(self, file: &Path) -> String {
        let file = file.display();
        match self {
            Self::File => file.to_string(),
            Self::Committed(number) => format!("generation {number} in place of {file}"),
            Self::Tried(_) => format!("a configuration that is tried in place of {file}"),
        }
    }
}

/// A generation that was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Its number, from 1.
    pub number: u32,
    /// When it was committed, by the clock of then.
    pub at: SystemTime,
}

/// The folder of committed configurations.
#[derive(Debug, Clone)]
pub struct Committed {
    folder: PathBuf,
}

/// Which generation is in force, and in place of what.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pointer {
    generation: u32,
    file: PathBuf,
    sha256: String,
}

impl Pointer {
    /// The generation, where `file` is still what it was.
    fn holds(&self, file: &Path, text: &str) -> Option<u32> {
        (self.file == file && self.sha256 == hash(text)).then_some(self.generation)
    }
}

/// The folder of the service's state, where nobody names another.
const STATE_OF_THE_SERVICE: &str = "/var/lib/sortd/daemon";

/// The folder in which a daemon of this machine keeps its state, as far as a command can know it that is not the daemon.
#[must_use]
pub fn state_of_the_service() -> PathBuf {
    state_folder(None).unwrap_or_else(|| STATE_OF_THE_SERVICE.into())
}

/// The folder in which the daemon keeps its state: the given one, or the first that a service manager gives.
#[must_use]
pub fn state_folder(given: Option<&Path>) -> Option<PathBuf> {
    let of_the_service = || {
        let folders = env::var_os("STATE_DIRECTORY")?;
        env::split_paths(&folders).next()
    };
    given.map(Path::to_owned).or_else(of_the_service)
}

/// The generation that a pointer's bytes name, where it was committed in place of a file that holds `text`.
///
/// # Errors
/// The bytes are no pointer's.
pub fn named_by(pointer: &[u8], text: &str) -> Result<Option<u32>> {
    let pointer: Pointer = toml::from_slice(pointer).map_err(|error| {
        Error::data("what says which generation is in force cannot be understood")
            .caused_by(error)
            .advice("the configuration of the card is in force; commit again on the bin's own page")
    })?;
    Ok((pointer.sha256 == hash(text)).then_some(pointer.generation))
}

/// The folder of committed configurations below that of the daemon's state.
#[must_use]
pub fn folder(state: &Path) -> PathBuf {
    state.join(FOLDER)
}

/// The pointer's file below the folder of the daemon's state.
#[must_use]
pub fn pointer(state: &Path) -> PathBuf {
    folder(state).join(POINTER)
}

/// The file of a generation in the folder of committed configurations.
#[must_use]
pub fn file_of(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number}.toml"))
}

impl Committed {
    /// Those in the folder of the daemon's state.
    #[must_use]
    pub fn of(state: &Path) -> Self {
        Self {
            folder: folder(state),
        }
    }

    /// The generation that is in force in place of `file`, which holds `text`.
    ///
    /// # Errors
    /// What was committed cannot be read.
    pub fn in_force(&self, file: &Path, text: &str) -> Result<Option<u32>> {
        let path = self.folder.join(POINTER);
        let bytes = match files::read_at_most(&path, LARGEST_POINTER) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unread(&path).caused_by(error)),
        };
        let pointer: Pointer =
            toml::from_slice(&bytes).map_err(|error| unread(&path).caused_by(error))?;
        Ok(pointer.holds(file, text))
    }

    /// The generation that a daemon puts in force in place of `file`; `None` where there is none, or none that can be read and is
    /// right, and the file is in force.
    #[must_use]
    pub fn config_in_place_of(&self, file: &Path) -> Option<(u32, Config)> {
        let of_file = text_of(file).ok()?;
        let number = self.in_force(file, &of_file).ok().flatten()?;
        let config = Config::parse(&self.text(number).ok()?, file).ok()?;
        Some((number, config))
    }

    /// The text of a generation.
    ///
    /// # Errors
    /// It is not kept, or cannot be read.
    pub fn text(&self, number: u32) -> Result<String> {
        let path = self.file_of(number);
        let bytes = files::read_at_most(&path, LARGEST_FILE)
            .map_err(|error| unread(&path).caused_by(error))?
            .ok_or_else(|| unread(&path))?;
        String::from_utf8(bytes).map_err(|error| unread(&path).caused_by(error))
    }

    /// Those that are kept, from the oldest to the newest.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self) -> Result<Vec<Generation>> {
        let entries = match files::entries(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(unread(&self.folder).caused_by(error)),
        };
        let generation = |entry: &fs::DirEntry| {
            let name = entry.file_name();
            let number = name.to_str()?.strip_suffix(".toml")?.parse().ok()?;
            let at = entry.metadata().and_then(|found| found.modified());
            let at = at.unwrap_or(SystemTime::UNIX_EPOCH);
            (number > 0).then_some(Generation { number, at })
        };
        let mut found: Vec<Generation> = entries.iter().filter_map(generation).collect();
        found.sort_by_key(|generation| generation.number);
        Ok(found)
    }

    /// Puts `text` in force in place of `file`, which holds `of_file`, as the next generation.
    ///
    /// # Errors
    /// It cannot be written. What was in force stays, unless the disk failed at the very last step.
    pub fn commit(&self, text: &str, file: &Path, of_file: &str) -> Result<u32> {
        let known = self.list()?;
        let newest = known.last().map_or(0, |generation| generation.number);
        let number = newest.checked_add(1).ok_or_else(|| {
            Error::internal("there are no more numbers for configurations")
                .advice(format!("empty {}", self.folder.display()))
        })?;
        self.make_room(text)?;
        let path = self.file_of(number);
        files::write_durably(&path, text.as_bytes(), 0o600)
            .map_err(|error| unwritten(&path).caused_by(error))?;
        if let Err(error) = self.point_to(number, file, of_file) {
            // A name may have been changed before the disk failed, so it is asked which one is in force.
            if self.in_force(file, of_file).ok().flatten() != Some(number) {
                let _ = fs::remove_file(&path);
            }
            return Err(error);
        }
        for old in known.iter().rev().skip(KEPT - 1) {
            // One that cannot be removed is tried again with the next.
            let _ = fs::remove_file(self.file_of(old.number));
        }
        Ok(number)
    }

    /// Puts a generation that is kept in force again.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn point_to(&self, number: u32, file: &Path, of_file: &str) -> Result<()> {
        let path = self.folder.join(POINTER);
        let pointer = Pointer {
            generation: number,
            file: file.into(),
            sha256: hash(of_file),
        };
        let text = toml::to_string(&pointer).map_err(|error| unwritten(&path).caused_by(error))?;
        files::write_durably(&path, text.as_bytes(), 0o600)
            .map_err(|error| unwritten(&path).caused_by(error))
    }

    /// Puts the file in force again; generations are kept.
    ///
    /// # Errors
    /// What says otherwise cannot be removed.
    pub fn point_to_file(&self) -> Result<()> {
        let path = self.folder.join(POINTER);
        match fs::remove_file(&path).and_then(|()| files::sync_folder(&self.folder)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(unwritten(&path).caused_by(error))
            }
            _ => Ok(()),
        }
    }

    fn file_of(&self, number: u32) -> PathBuf {
        file_of(&self.folder, number)
    }

    fn make_room(&self, text: &str) -> Result<()> {
        let made = fs::create_dir_all(&self.folder);
        let state = self.folder.parent().unwrap_or(Path::new(""));
        made.and_then(|()| files::sync_folder(state))
            .map_err(|error| unwritten(&self.folder).caused_by(error))?;
        let disk = rustix::fs::statvfs(&self.folder)
            .map_err(|error| unwritten(&self.folder).caused_by(error))?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if disk.f_blocks > 0 && free < FREE + text.len() as u64 {
            return Err(Error::unavailable(format!(
                "{}: {} kB of its disk are free, and {} kB must stay so",
                self.folder.display(),
                free >> 10,
                FREE >> 10
            ))
            .advice("remove what is not needed from that disk"));
        }
        Ok(())
    }
}

fn hash(text: &str) -> String {
    format!("{:x}", Sha256::digest(text.as_bytes()))
}

fn unread(path: &Path) -> Error {
    Error::unavailable(format!("{} cannot be read", path.display()))
        .advice("check the disk; without it the file that is named on the command line is in force")
}

fn unwritten(path: &Path) -> Error {
    Error::unavailable(format!("{} cannot be written", path.display()))
        .advice("check that the disk is neither full nor read-only, and ask again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kept() -> (tempfile::TempDir, Committed) {
        let folder = tempfile::tempdir().expect("a folder");
        let committed = Committed::of(folder.path());
        (folder, committed)
    }

    #[test]
    fn a_generation_is_in_force_until_its_file_changes() {
        let (_folder, committed) = kept();
        let file = Path::new("/etc/sortd/sortd.toml");
        assert_eq!(committed.in_force(file, "a").expect("read"), None);
        assert_eq!(committed.commit("b", file, "a").expect("written"), 1);
        assert_eq!(committed.in_force(file, "a").expect("read"), Some(1));
        assert_eq!(committed.text(1).expect("read"), "b");
        assert_eq!(committed.in_force(file, "changed").expect("read"), None);
        let other = Path::new("/tmp/other.toml");
        assert_eq!(committed.in_force(other, "a").expect("read"), None);
    }

    #[test]
    fn one_may_go_back_to_a_generation_and_to_the_file() {
        let (_folder, committed) = kept();
        let file = Path::new("f");
        committed.commit("b", file, "a").expect("written");
        committed.commit("c", file, "a").expect("written");
        committed.point_to(1, file, "a").expect("written");
        assert_eq!(committed.in_force(file, "a").expect("read"), Some(1));
        committed.point_to_file().expect("removed");
        committed.point_to_file().expect("it is no error twice");
        assert_eq!(committed.in_force(file, "a").expect("read"), None);
        assert_eq!(committed.commit("d", file, "a").expect("written"), 3);
    }

    #[test]
    fn the_newest_are_kept() {
        let (_folder, committed) = kept();
        for _ in 0..KEPT + 5 {
            committed.commit("b", Path::new("f"), "a").expect("written");
        }
        let kept: Vec<u32> = committed
            .list()
            .expect("read")
            .iter()
            .map(|generation| generation.number)
            .collect();
        let newest = KEPT as u32 + 5;
        assert_eq!(
            kept,
            (newest - KEPT as u32 + 1..=newest).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_pointer_that_is_torn_is_told_of() {
        let (folder, committed) = kept();
        committed.commit("b", Path::new("f"), "a").expect("written");
        fs::write(pointer(folder.path()), "generation = 1\nfile").expect("torn");
        let error = committed.in_force(Path::new("f"), "a").expect_err("torn");
        assert!(error.to_string().contains("in-force.toml"), "{error}");
    }

    #[test]
    fn what_cannot_be_put_in_force_is_not_kept() {
        let (folder, committed) = kept();
        // A folder where the pointer is to be.
        fs::create_dir_all(pointer(folder.path()).join("in the way")).expect("made");
        let error = committed.commit("b", Path::new("f"), "a");
        let error = error.expect_err("in the way").to_string();
        assert!(error.contains("in-force.toml"), "{error}");
        assert_eq!(committed.list().expect("read"), []);
    }

    proptest! {
        #[test]
        fn no_pointer_is_taken_badly(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = named_by(&bytes, "a");
        }
    }
}
