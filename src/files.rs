//! Reading files that somebody else names, and writing files that a power cut must not halve.
//!
//! What a person or another program names may be anything: a pipe that nobody writes into, a device, a file of
//! the kernel that gives something when something happens, a file on a server that went away. So files are
//! opened without waiting and refused unless they are *regular*; no more is read than the length that a file
//! has; and it is a thread that opens and reads, which is waited for [`PATIENCE`] and no longer.

use std::fs::{self, DirEntry, File, FileType, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::io::Errno;

/// How long a disk or a server may take to answer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes a second that any disk delivers; a long file may take longer than [`PATIENCE`] by as much.
const SLOWEST_DISK: u64 = 4 << 20;

/// More threads than these are not left behind in disks that do not answer.
const MOST_HELD: isize = 16;

/// How many threads are held longer than they were waited for.
static HELD: AtomicIsize = AtomicIsize::new(0);

/// Reads a file of at most `most` bytes; `None` when it holds more.
///
/// # Errors
/// It is not there, may not be read, is no regular file, or its disk does not answer in time.
pub fn read_at_most(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let (file, length) = open_with_length(path)?;
    if length > most {
        return Ok(None);
    }
    read(file, length).map(Some)
}

/// As [`read_at_most`], of a file that `open` opens without waiting for anything.
///
/// # Errors
/// Those of `open`, and as for [`read_at_most`].
pub fn read_opened(
    most: u64,
    open: impl FnOnce() -> io::Result<File> + Send + 'static,
) -> io::Result<Option<Vec<u8>>> {
    let (file, length) = within(PATIENCE, move || with_length(open()?))?;
    if length > most {
        return Ok(None);
    }
    read(file, length).map(Some)
}

/// Reads the first `most` bytes of a file, or all where it has fewer.
///
/// # Errors
/// As for [`read_at_most`].
pub fn read_start(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (file, length) = open_with_length(path)?;
    read(file, length.min(most))
}

/// Opens a regular file for reading as a stream.
///
/// # Errors
/// As for [`read_at_most`].
pub fn open(path: &Path) -> io::Result<File> {
    Ok(open_with_length(path)?.0)
}

/// Whether there is a folder, or a link to one.
#[must_use]
pub fn is_folder(path: &Path) -> bool {
    let path = path.to_owned();
    within(PATIENCE, move || fs::metadata(path)).is_ok_and(|found| found.is_dir())
}

/// What a folder holds, by name.
///
/// # Errors
/// It is not there, is no folder, may not be read, or its disk does not answer in time.
pub fn entries(folder: &Path) -> io::Result<Vec<DirEntry>> {
    let folder = folder.to_owned();
    within(PATIENCE, move || {
        let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(DirEntry::path);
        Ok(entries)
    })
}

fn open_with_length(path: &Path) -> io::Result<(File, u64)> {
    let path = path.to_owned();
    within(PATIENCE, move || {
        // Opening a device may set something going already, so it is looked at first. What was put in its
        // place meanwhile is not waited for, and is looked at as well.
        refuse_special(fs::metadata(&path)?.file_type())?;
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(
                (OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC)
                    .bits()
                    .cast_signed(),
            )
            .open(&path)?;
        with_length(file)
    })
}

fn with_length(file: File) -> io::Result<(File, u64)> {
    let found = file.metadata()?;
    refuse_special(found.file_type())?;
    Ok((file, found.len()))
}

/// Refuses what is no regular file.
///
/// # Errors
/// It is a folder, a pipe, a socket or a device.
pub fn refuse_special(kind: FileType) -> io::Result<()> {
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        return Err(Errno::ISDIR.into());
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    let error = format!("it is {what} and no regular file");
    Err(io::Error::new(io::ErrorKind::InvalidInput, error))
}

/// Reads as many bytes as the file said that it has. Files of the kernel say that they have none, and
/// reading one, such as `/proc/kmsg`, may wait and may take away what others want to read.
fn read(file: File, length: u64) -> io::Result<Vec<u8>> {
    if length == 0 {
        return Ok(Vec::new());
    }
    within(
        PATIENCE + Duration::from_secs(length / SLOWEST_DISK),
        move || {
            let mut bytes = Vec::with_capacity(length as usize);
            file.take(length).read_to_end(&mut bytes)?;
            Ok(bytes)
        },
    )
}

/// Has `work` done by a thread of its own and waits for it no longer than `limit`. A thread that a disk
/// holds for longer is left to itself.
///
/// # Errors
/// Those of `work`; it takes too long; too many threads are held already.
pub fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    if HELD.load(Ordering::Relaxed) >= MOST_HELD {
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("{MOST_HELD} files are waited for already, whose disks do not answer"),
        ));
    }
    // Whoever is second here, the one who waits or the thread, knows that the other has been.
    let over = Arc::new(AtomicBool::new(false));
    let ours = Arc::clone(&over);
    let (done, outcome) = sync_channel(1);
    thread::Builder::new().name("files".into()).spawn(move || {
        let outcome = work();
        if over.swap(true, Ordering::AcqRel) {
            HELD.fetch_sub(1, Ordering::Relaxed);
        }
        // Nobody may be waiting any more.
        let _ = done.send(outcome);
    })?;
    outcome.recv_timeout(limit).unwrap_or_else(|_| {
        if !ours.swap(true, Ordering::AcqRel) {
            HELD.fetch_add(1, Ordering::Relaxed);
        }
        let error = format!(
            "its disk or server does not answer within {} s",
            limit.as_secs()
        );
        Err(io::Error::new(io::ErrorKind::TimedOut, error))
    })
}

/// Writes a whole file with these permissions: under another name first, onto the disk, and then in the
/// place of the old one, so that after a power cut there is either the old or the new.
///
/// # Errors
/// The folder cannot be written, or the disk is full; the old file is untouched then. Or the disk fails to note the names in the
/// folder; then the new file stands there, and a power cut may bring the old one back.
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

/// Writes a new file and waits until it is on the disk. What stands there under its name, be it a pipe or a
/// link, is removed and not written through.
///
/// # Errors
/// The folder cannot be written, or the disk is full.
pub fn write_through(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
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
#[path = "files_tests.rs"]
mod tests;
