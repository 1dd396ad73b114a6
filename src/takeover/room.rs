//! The room on the state partition: who may have how much of it.
//!
//! | what | of the 64 MiB of a fresh image | once the partition has grown to the card's end |
//! |---|---|---|
//! | the file system itself, its journal of 16 MiB among it | 23 MiB | some more |
//! | models of the generation in force and of the one that comes | 35 MiB, so 17 MiB each | what is left |
//! | configurations of both, 1 MiB each at most | 2 MiB | 2 MiB |
//! | a database of 64 MB, taught samples of 50 MB | no room | kept free for them |
//! | nothing of sortd's: the system's random seed, the file system's own work | 4 MiB | 4 MiB |
//!
//! So models are refused while a configuration can still be changed, and a partition that something else
//! filled takes a configuration down to the last mebibyte. Bytes are counted before anything is written.

use std::fs;
use std::io;
use std::path::Path;

use crate::config::LARGEST_FILE;

const MIB: u64 = 1 << 20;

/// What sortd itself never fills.
const FREE: u64 = 4 * MIB;
/// Of the configuration that comes and of the one before.
const CONFIGURATIONS: u64 = 2 * LARGEST_FILE;
/// What a bin is to learn and to count.
const DATABASE: u64 = 64_000_000;
const SAMPLES: u64 = 50_000_000;
/// A partition of at least this has grown, and has room for them beside two of the largest bundles.
const GROWN: u64 = 512 * MIB;
/// Where others filled the partition, a configuration still leaves this.
const LAST: u64 = MIB;

/// Files and folders take whole blocks.
const BLOCK: u64 = 4096;

/// The size of a file system and what is free of it, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Space {
    /// All of it.
    pub total: u64,
    /// What may still be written.
    pub free: u64,
}

impl Space {
    /// That of the file system on which `folder` lies, or will lie. One that tells no size is taken to have
    /// room: what cannot be written says so itself.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        let there = folder.ancestors().find(|folder| folder.exists());
        let told = there.and_then(|folder| rustix::fs::statvfs(folder).ok());
        told.filter(|told| told.f_blocks > 0).map_or(
            Self {
                total: u64::MAX,
                free: u64::MAX,
            },
            |told| Self {
                total: told.f_blocks.saturating_mul(told.f_frsize),
                free: told.f_bavail.saturating_mul(told.f_frsize),
            },
        )
    }

    /// What models leave free.
    const fn left_by_models(self) -> u64 {
        let later = if self.total >= GROWN {
            DATABASE + SAMPLES
        } else {
            0
        };
        FREE + CONFIGURATIONS + later
    }

    /// Whether a model of so many bytes has room.
    ///
    /// # Errors
    /// It has not, with the figures.
    pub fn hold_model(self, bytes: u64) -> Result<Self, String> {
        self.hold(bytes, self.left_by_models())
    }

    /// Whether a configuration or the access to a network has room.
    ///
    /// # Errors
    /// It has not, with the figures.
    pub fn hold_settings(self, bytes: u64) -> Result<Self, String> {
        self.hold(bytes, LAST)
    }

    fn hold(self, bytes: u64, left: u64) -> Result<Self, String> {
        let after = self.free.checked_sub(bytes).filter(|after| *after >= left);
        let Some(free) = after else {
            return Err(format!(
                "{} are needed; {} are free on the state partition, of which {} must stay free",
                amount_up(bytes),
                amount(self.free),
                amount_up(left)
            ));
        };
        Ok(Self { free, ..self })
    }
}

/// The room that a text takes.
pub(super) const fn of_text(text: &str) -> u64 {
    blocks(text.len() as u64)
}

/// The room that a folder takes with all that is in it.
pub(super) fn of_folder(folder: &Path) -> io::Result<u64> {
    let mut bytes = BLOCK;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() {
            of_folder(&entry.path())?
        } else {
            blocks(entry.metadata()?.len())
        };
    }
    Ok(bytes)
}

const fn blocks(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK).saturating_mul(BLOCK)
}

/// No room, as the disk itself would say it, with the figures.
pub(super) fn full(figures: &str) -> io::Error {
    let disk = io::Error::from(rustix::io::Errno::NOSPC);
    io::Error::new(disk.kind(), format!("{disk}: {figures}"))
}

/// So many bytes for people, not more than there are.
pub(super) fn amount(bytes: u64) -> String {
    if bytes < 1_000_000 {
        format!("{} kB", bytes / 1000)
    } else {
        format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
    }
}

/// So many bytes for people, not fewer than there are.
fn amount_up(bytes: u64) -> String {
    let step = if bytes < 1_000_000 { 1000 } else { 100_000 };
    amount(bytes.div_ceil(step).saturating_mul(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn space(total: u64, free: u64) -> Space {
        Space { total, free }
    }

    #[test]
    fn a_model_leaves_what_configurations_and_the_system_need() {
        let fresh = space(44 * MIB, 20 * MIB);
        assert_eq!(
            fresh.hold_model(14 * MIB).map(|left| left.free),
            Ok(6 * MIB)
        );
        assert_eq!(
            fresh.hold_model(14 * MIB + 1),
            Err("14.7 MB are needed; 20.9 MB are free on the state partition, of which 6.3 MB must stay free".into())
        );
        // After the largest models, the largest two configurations leave what sortd never fills.
        let full = space(44 * MIB, 6 * MIB);
        let after = full
            .hold_settings(LARGEST_FILE)
            .and_then(|left| left.hold_settings(LARGEST_FILE));
        assert_eq!(after.map(|left| left.free), Ok(FREE));
    }

    #[test]
    fn a_configuration_has_room_where_no_model_has() {
        let filled = space(44 * MIB, 3 * MIB);
        assert!(filled.hold_model(BLOCK).is_err());
        assert!(filled.hold_settings(BLOCK).is_ok());
        assert_eq!(
            space(44 * MIB, MIB).hold_settings(BLOCK),
            Err("5 kB are needed; 1.0 MB are free on the state partition, of which 1.1 MB must stay free".into())
        );
    }

    #[test]
    fn a_grown_partition_keeps_room_for_what_is_learnt_and_counted() {
        let grown = space(1 << 30, 200_000_000);
        assert!(grown.hold_model(70_000_000).is_ok());
        assert!(grown.hold_model(90_000_000).is_err());
    }

    #[test]
    fn a_folder_takes_whole_blocks() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("one"), b"1").expect("written");
        fs::create_dir(folder.path().join("golden")).expect("made");
        fs::write(folder.path().join("golden/two"), vec![0; 4097]).expect("written");
        assert_eq!(of_folder(folder.path()).expect("read"), 5 * BLOCK);
    }

    #[test]
    fn the_room_of_a_folder_that_is_not_made_yet_is_that_of_its_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let here = Space::of(&folder.path().join("not/made/yet"));
        assert_eq!(here.total, Space::of(folder.path()).total);
        assert!(here.free <= here.total);
    }
}
