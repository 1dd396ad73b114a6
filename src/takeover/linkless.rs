//! Reading the card without following a link.
//!
//! A FAT file system has no links. Where the card is a folder of another user's, a link could lead the
//! takeover, which runs as root, to files that this user may not read. So each part of a path is opened by
//! itself, in the folder that was opened before it, and what is copied here follows nothing that is put there
//! meanwhile. (The child that proves a model opens it by its path once more, and copies nothing.)
//! Paths are those of which [`place::way`](super::place::way) has resolved the beginning.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;

use crate::files;

/// What is said of a link on the card.
pub(super) const IS_LINK: &str = "is a link; copy what it leads to in its place";

/// Reads a file of at most `most` bytes; `None` when it holds more. A link is [`Errno::LOOP`].
pub(super) fn read_at_most(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let path = path.to_owned();
    files::read_opened(most, move || open(&path))
}

/// The names in a folder with what they are, the first `most` of them and in any order.
pub(super) fn list(folder: &Path, most: usize) -> io::Result<Vec<(OsString, FileType)>> {
    let path = folder.to_owned();
    files::within(files::PATIENCE, move || {
        let folder = way_to(&path)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | UNFOLLOWED;
        let mut found = Vec::new();
        for entry in Dir::new(openat(&folder, ".", flags, Mode::empty())?)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if found.len() == most {
                break;
            }
            if name != "." && name != ".." {
                let kind = match entry.file_type() {
                    // Some file systems do not say it beside the name.
                    FileType::Unknown => kind_of(&folder, name)?,
                    kind => kind,
                };
                found.push((name.to_owned(), kind));
            }
        }
        Ok(found)
    })
}

/// What is said of a file or a folder that cannot be read.
pub(super) fn unreadable(error: &io::Error) -> String {
    if is_link(error) {
        IS_LINK.into()
    } else {
        format!("cannot be read: {error}; copy it anew")
    }
}

/// Whether something could not be read because it is a link.
fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::LOOP.raw_os_error())
}

fn kind_of(folder: &OwnedFd, name: &OsStr) -> io::Result<FileType> {
    let found = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(found.st_mode))
}

fn open(path: &Path) -> io::Result<File> {
    let folder = way_to(path.parent().unwrap_or(Path::new("/")))?;
    let name = path.file_name().ok_or(Errno::ISDIR)?;
    // Opening a device may set something going already.
    match kind_of(&folder, name)? {
        FileType::Symlink => return Err(Errno::LOOP.into()),
        FileType::RegularFile => {}
        _ => {
            let seen = openat(&folder, name, OFlags::PATH | UNFOLLOWED, Mode::empty())?;
            files::refuse_special(File::from(seen).metadata()?.file_type())?;
        }
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | UNFOLLOWED;
    Ok(openat(&folder, name, flags, Mode::empty())?.into())
}

const UNFOLLOWED: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC);

/// Goes to a folder from the root, part by part.
fn way_to(folder: &Path) -> io::Result<OwnedFd> {
    let mut here = openat(CWD, "/", OFlags::PATH | UNFOLLOWED, Mode::empty())?;
    for part in folder.components() {
        match part {
            Component::RootDir => {}
            Component::Normal(name) => here = step(&here, name)?,
            _ => return Err(Errno::INVAL.into()),
        }
    }
    Ok(here)
}

/// Goes into a folder. That it is to be one is said at once, since that alone mounts what is mounted when it is used.
fn step(here: &OwnedFd, name: &OsStr) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | UNFOLLOWED;
    openat(here, name, flags, Mode::empty()).map_err(|error| match kind_of(here, name) {
        Ok(FileType::Symlink) => Errno::LOOP.into(),
        _ => error.into(),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::*;

    fn card() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let card = folder.path().canonicalize().expect("there");
        fs::create_dir(card.join("own")).expect("made");
        fs::write(card.join("own/file"), "text").expect("written");
        symlink("own", card.join("linked")).expect("linked");
        symlink("own/file", card.join("file")).expect("linked");
        (folder, card)
    }

    #[test]
    fn what_lies_there_is_read_and_no_link_is_followed() {
        let (_folder, card) = card();
        let read = read_at_most(&card.join("own/file"), 4).expect("read");
        assert_eq!(read.as_deref(), Some(&b"text"[..]));
        assert_eq!(read_at_most(&card.join("own/file"), 3).expect("read"), None);
        for link in ["file", "linked/file"] {
            let error = read_at_most(&card.join(link), 4).expect_err(link);
            assert!(is_link(&error), "{link}: {error}");
        }
        assert!(is_link(&list(&card.join("linked"), 9).expect_err("a link")));
    }

    #[test]
    fn a_folder_is_listed_with_what_is_in_it() {
        let (_folder, card) = card();
        let mut found = list(&card, 9).expect("listed");
        found.sort_by(|one, other| one.0.cmp(&other.0));
        let found: Vec<_> = found
            .iter()
            .filter_map(|(name, kind)| Some((name.to_str()?, *kind)))
            .collect();
        assert_eq!(
            found,
            [
                ("file", FileType::Symlink),
                ("linked", FileType::Symlink),
                ("own", FileType::Directory)
            ]
        );
        assert_eq!(list(&card, 2).expect("listed").len(), 2);
    }

    #[test]
    fn what_is_missing_or_no_file_says_so() {
        let (_folder, card) = card();
        let kind = |path: &str| read_at_most(&card.join(path), 9).expect_err(path).kind();
        assert_eq!(kind("missing"), io::ErrorKind::NotFound);
        assert_eq!(kind("own"), io::ErrorKind::IsADirectory);
        assert_eq!(kind("own/file/below"), io::ErrorKind::NotADirectory);
    }
}
