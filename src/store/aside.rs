//! A file that is torn gets out of the way; the newest such file is kept, for whoever wants to know what was in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A longer one is not kept beside a new file.
const LONGEST_KEPT: u64 = 50_000_000;

/// Sets the file aside with what SQLite wrote beside it; where it is now, or nowhere where it is too long to be kept.
///
/// # Errors
/// The folder cannot be written.
pub(super) fn set_aside(file: &Path) -> io::Result<Option<PathBuf>> {
    let aside = beside(file, ".corrupt");
    for ending in ["", "-wal"] {
        remove(&beside(&aside, ending))?;
    }
    // What was not moved into the file yet goes first: beside a new file it would be taken for that one's.
    remove(&beside(file, "-shm"))?;
    let log = beside(file, "-wal");
    if length(file) + length(&log) > LONGEST_KEPT {
        remove(&log)?;
        remove(file)?;
        return Ok(None);
    }
    rename(&log, &beside(&aside, "-wal"))?;
    rename(file, &aside)?;
    Ok(Some(aside))
}

/// How many bytes are set aside.
pub(super) fn bytes(file: &Path) -> u64 {
    let aside = beside(file, ".corrupt");
    length(&aside) + length(&beside(&aside, "-wal"))
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn length(file: &Path) -> u64 {
    fs::symlink_metadata(file).map_or(0, |found| found.len())
}

fn remove(file: &Path) -> io::Result<()> {
    unless_missing(fs::remove_file(file))
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    unless_missing(fs::rename(from, to))
}

fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_torn_file_is_kept_whole_and_no_log_is_left_for_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("state.db");
        let names = || {
            let entries = fs::read_dir(folder.path()).expect("read");
            let names = entries.map(|entry| entry.expect("read").file_name());
            let mut names: Vec<_> = names.filter_map(|name| name.into_string().ok()).collect();
            names.sort();
            names
        };
        for text in ["first", "second"] {
            for ending in ["", "-wal", "-shm"] {
                fs::write(beside(&file, ending), text).expect("written");
            }
            let aside = set_aside(&file).expect("set aside").expect("it is short");
            assert_eq!(fs::read_to_string(aside).expect("there"), text);
            assert_eq!(names(), ["state.db.corrupt", "state.db.corrupt-wal"]);
        }
        assert_eq!(bytes(&file), 12);
        fs::write(&file, "without a log").expect("written");
        set_aside(&file).expect("set aside");
        assert_eq!(names(), ["state.db.corrupt"]);
        let long = fs::File::create(&file).expect("made");
        long.set_len(LONGEST_KEPT + 1).expect("grown");
        assert_eq!(set_aside(&file).expect("removed"), None);
        assert_eq!(names(), [""; 0]);
    }
}
