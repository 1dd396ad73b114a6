//! Reading and writing files so that an error names the file and nothing is left half-written.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use sortd::error::{Error, Result};

/// Reads a whole file, and nothing that is none: reading from a pipe can wait for ever.
///
/// # Errors
/// The file is missing, is no file, or cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| {
        Error::data(format!("cannot read {}", path.display())).caused_by(error)
    };
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Error::data(format!("{} is not a file", path.display())));
    }
    fs::read(path).map_err(failed)
}

/// Reads a whole file of text.
///
/// # Errors
/// The file is missing, cannot be read, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path)
        .map_err(|error| Error::data(format!("cannot read {}", path.display())).caused_by(error))
}

/// Reads a JSON file.
///
/// # Errors
/// The file cannot be read or does not hold a `T`.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&read_text(path)?).map_err(|error| {
        Error::data(format!("{} is not what was expected", path.display())).caused_by(error)
    })
}

/// The list in a JSON file; an empty one where there is no such file.
///
/// # Errors
/// The file cannot be read or does not hold a list of `T`.
pub fn read_list<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    if path.is_file() {
        read_json(path)
    } else {
        Ok(Vec::new())
    }
}

/// Reads a TOML file.
///
/// # Errors
/// The file cannot be read or does not hold a `T`; the error says at which line.
pub fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<T> {
    toml::from_str(&read_text(path)?).map_err(|error| {
        Error::data(format!("{} is not what was expected", path.display())).caused_by(error)
    })
}

/// Writes `value` as indented JSON.
///
/// # Errors
/// As [`write_whole`].
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| {
        Error::internal(format!("cannot express {}", path.display())).caused_by(error)
    })?;
    text.push('\n');
    write_whole(path, text.as_bytes())
}

/// Writes a file wholly or not at all: to a temporary name first, then renamed into place.
///
/// # Errors
/// The disk is full or the folder is not writable. The old file, if any, is then untouched.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = temporary_name(path);
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        // The temporary file is of no use to anybody; that it cannot be removed changes nothing.
        let _ = fs::remove_file(&temporary);
        Error::internal(format!("cannot write {}", path.display()))
            .caused_by(error)
            .advice("free some disk space or choose another folder, then run the command again")
    })
}

/// The entries of a folder, in alphabetical order.
///
/// # Errors
/// The folder cannot be read.
pub fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error: std::io::Error| {
        Error::data(format!("cannot read {}", folder.display())).caused_by(error)
    };
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()
        .map_err(failed)?;
    found.sort();
    Ok(found)
}

/// Makes a folder and its parents.
///
/// # Errors
/// The folder cannot be made.
pub fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| {
        Error::internal(format!("cannot make the folder {}", path.display())).caused_by(error)
    })
}

/// SHA-256 of `bytes` in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Where a file lies until it is complete.
fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_keeps_the_old_file_and_leaves_no_other() {
        let folder = tempfile::tempdir().unwrap();
        // A folder of that name cannot be replaced by a file, whoever runs the test.
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        let error = write_whole(&path, b"new").unwrap_err();
        assert!(error.to_string().contains("taken"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(path.is_dir());
    }

    #[test]
    fn numbers_are_read_back_to_the_last_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shares.json");
        let shares: Vec<f64> = (1..510).map(|right| f64::from(right) / 509.0).collect();
        write_json(&path, &shares).unwrap();
        let again: Vec<f64> = read_json(&path).unwrap();
        let bits = |numbers: &[f64]| -> Vec<u64> { numbers.iter().map(|n| n.to_bits()).collect() };
        assert_eq!(bits(&again), bits(&shares));
    }

    #[test]
    fn sha256_is_the_published_one() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), expected);
    }
}
