//! What an import did, one line of JSON for each picture, in `import.jsonl` of the collection.
//!
//! The file of a picture is complete before its line is written, and a line that was cut off by a
//! crash is dropped when the journal is opened again; so a line that is there is true.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sortd::error::{Error, Result};

use super::Reason;

/// Name of the journal in the collection's folder.
pub const JOURNAL: &str = "import.jsonl";

/// What became of one picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Record {
    /// It is in the collection.
    Kept(Kept),
    /// It was left out for good.
    LeftOut {
        /// What it was known by.
        key: String,
        /// Why.
        reason: Reason,
        /// Why, in words.
        detail: String,
    },
}

/// A picture of the collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What it was known by when it came: class and address, or class, file and checksum.
    pub key: String,
    /// Its file in the collection, `class/name`.
    pub file: String,
    /// Its class.
    pub class: String,
    /// Where it came from: an address, or a path as it was given.
    pub source_image: String,
    /// SPDX name of its licence, where it is known.
    pub licence: Option<String>,
    /// Who is to be named, or the page that the picture stood on.
    pub source: Option<String>,
    /// The day it came.
    pub fetched: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// SHA-256 of what came.
    pub original_sha256: String,
    /// SHA-256 of its size and pixels.
    pub pixels_sha256: String,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// The journal, open to be written to. No other import can open it meanwhile.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens the journal in `folder`, or begins one, and tells what it holds.
    ///
    /// # Errors
    /// It cannot be opened, another import has it open, or a line is none of a journal's.
    pub fn open(folder: &Path) -> Result<(Self, Vec<Record>)> {
        let path = folder.join(JOURNAL);
        let failed = |error: std::io::Error| {
            Error::internal(format!("cannot open {}", path.display())).caused_by(error)
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let what = format!("another import is at work in {}", folder.display());
                return Err(Error::unavailable(what).advice("wait until it has ended"));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        bytes.truncate(whole);
        file.set_len(whole as u64).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        let records = parse(&bytes, &path)?;
        Ok((Self { path, file }, records))
    }

    /// Adds a line.
    ///
    /// # Errors
    /// The disk is full or the file is not writable.
    pub fn add(&mut self, record: &Record) -> Result<()> {
        let mut line = serde_json::to_string(record)
            .map_err(|error| Error::internal("cannot express a record").caused_by(error))?;
        line.push('\n');
        self.file.write_all(line.as_bytes()).map_err(|error| {
            Error::internal(format!("cannot write {}", self.path.display()))
                .caused_by(error)
                .advice("free some disk space, then run the command again; it goes on where it was")
        })
    }
}

fn parse(bytes: &[u8], path: &Path) -> Result<Vec<Record>> {
    let lines = bytes.split(|byte| *byte == b'\n');
    (1..)
        .zip(lines)
        .filter(|(_, line): &(usize, &[u8])| !line.is_empty())
        .map(|(number, line)| {
            serde_json::from_slice(line).map_err(|error| {
                Error::data(format!("{} line {number}", path.display()))
                    .caused_by(error)
                    .advice("delete the line; its picture may then be fetched once more")
            })
        })
        .collect()
}
