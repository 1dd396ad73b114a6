//! Folders of models on the state partition: copied once, then shared.
//!
//! A file that was written here is never changed, so generations share it by hard links, and it leaves with
//! the last of them. No list says who shares what, so no power cut can make one wrong.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::FileType;

use super::linkless;
use super::models::LARGEST_BUNDLE;
use crate::files;

/// Copies a folder of the card that was examined before: files, and folders of files. No link is followed.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    each(from, to, &|file, place| {
        write(linkless::read_at_most(file, LARGEST_BUNDLE)?, place)
    })
}

/// Copies a folder of the state, in which only the one who takes over could have laid a link to a file.
pub(super) fn copy_own(from: &Path, to: &Path) -> io::Result<()> {
    each(from, to, &|file, place| {
        write(files::read_at_most(file, LARGEST_BUNDLE)?, place)
    })
}

fn write(bytes: Option<Vec<u8>>, place: &Path) -> io::Result<()> {
    let bytes = bytes.ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
    files::write_through(place, &bytes, 0o644)
}

/// Makes a folder with the same files. They take no room again.
pub(super) fn share(from: &Path, to: &Path) -> io::Result<()> {
    each(from, to, &|file, place| fs::hard_link(file, place))
}

/// Makes the folder `to` with the folders of `from`, and puts each file into its place there.
fn each(from: &Path, to: &Path, put: &dyn Fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    fs::create_dir(to)?;
    for (name, kind) in linkless::list(from, usize::MAX)? {
        let (there, place) = (from.join(&name), to.join(&name));
        if kind == FileType::Directory {
            each(&there, &place, put)?;
        } else {
            put(&there, &place)?;
        }
    }
    files::sync_folder(to)
}

/// Removes a folder by way of `draft`, so that a power cut leaves no half of it under its name.
pub(super) fn remove(folder: &Path, draft: &Path) -> io::Result<()> {
    if draft.symlink_metadata().is_ok() {
        fs::remove_dir_all(draft)?;
    }
    fs::rename(folder, draft)?;
    fs::remove_dir_all(draft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn what_is_shared_takes_no_room_and_outlives_where_it_came_from() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().canonicalize().expect("there");
        let at = |name: &str| path.join(name);
        fs::create_dir_all(at("boot/golden")).expect("made");
        fs::write(at("boot/model.onnx"), "a network").expect("written");
        fs::write(at("boot/golden/glass.png"), "a picture").expect("written");
        copy(&at("boot"), &at("first")).expect("copied");
        share(&at("first"), &at("second")).expect("shared");
        for file in ["model.onnx", "golden/glass.png"] {
            let inode = |folder: &str| fs::metadata(at(folder).join(file)).expect("there").ino();
            assert_ne!(inode("boot"), inode("first"));
            assert_eq!(inode("first"), inode("second"));
        }
        fs::create_dir(at("draft")).expect("what a power cut left");
        remove(&at("first"), &at("draft")).expect("removed");
        assert!(!at("first").exists() && !at("draft").exists());
        let kept = fs::read(at("second/golden/glass.png")).expect("it stays");
        assert_eq!(kept, b"a picture");
    }
}
