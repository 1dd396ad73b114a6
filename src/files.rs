//! Reading whole files that somebody else names, and writing files that a power cut must not halve.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Reads a file of at most `most` bytes; `None` when it holds more.
///
/// # Errors
/// It is not there, may not be read, or is a folder.
pub fn read_at_most(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    if fs::metadata(path)?.len() > most {
        return Ok(None);
    }
    // A pipe or a device such as /dev/zero tells no length, so what is read is limited too.
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// Writes a whole file with these permissions: under another name first, onto the disk, and then in the
/// place of the old one, so that after a power cut there is either the old or the new.
///
/// # Errors
/// The folder cannot be written, or the disk is full; the old file is untouched then.
pub fn write_durably(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let draft = with_ending(path, ".new");
    let written = write_through(&draft, bytes, mode).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // What is left of the draft is of no use; that it cannot be removed either is no further news.
        let _ = fs::remove_file(&draft);
    }
    written?;
    sync_folder(path.parent().unwrap_or(Path::new("")))
}

/// Writes a new file and waits until it is on the disk.
///
/// # Errors
/// The folder cannot be written, or the disk is full.
pub fn write_through(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Waits until the names in a folder are on the disk.
///
/// # Errors
/// It is no folder, or the disk fails.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    File::open(folder)?.sync_all()
}

/// The path with something behind its name.
#[must_use]
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_end_is_not_read_to_its_end() {
        assert_eq!(
            read_at_most(Path::new("/dev/zero"), 1000).expect("every Linux has it"),
            None
        );
        assert_eq!(
            read_at_most(Path::new("/dev/null"), 1000).expect("every Linux has it"),
            Some(Vec::new())
        );
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("four");
        fs::write(&file, b"abcd").expect("written");
        assert_eq!(
            read_at_most(&file, 4).expect("read"),
            Some(b"abcd".to_vec())
        );
        assert_eq!(read_at_most(&file, 3).expect("read"), None);
    }
    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kept");
        write_durably(&file, b"old", 0o600).expect("written");
        write_durably(&file, b"new", 0o600).expect("written");
        assert_eq!(fs::read(&file).expect("read"), b"new");
        // A draft that cannot be made leaves the file alone.
        fs::create_dir(with_ending(&file, ".new")).expect("made");
        write_durably(&file, b"newer", 0o600).expect_err("a folder is in the way");
        assert_eq!(fs::read(&file).expect("read"), b"new");
    }
}
