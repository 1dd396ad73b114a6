//! A picture for who has no network: a file `picture` on the boot partition asks for it, and it lies there as `sortd-view.jpg`
//! after the next start.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use super::listing::Listing;
use super::names::{Likeness, Wanted};
use super::{linkless, place, unwritten};
use crate::error::{Error, Result};
use crate::files;

/// The file that asks for it. What is in it does not matter.
const ASKED: &str = "picture";

/// What it becomes.
pub const VIEW: &str = "sortd-view.jpg";

/// Who asks leaves an empty file, or a line; what is longer is somebody's own, and stays.
const LONGEST_WISH: u64 = 1024;

/// Somebody asks for a picture.
#[derive(Debug)]
pub struct Wish {
    boot: PathBuf,
    name: OsString,
}

impl Wish {
    /// Looks for the file that asks, also under what a laptop makes of its name.
    ///
    /// # Errors
    /// A link of another user leads to the boot partition, or it cannot be read; or the file that might ask is somebody's own.
    pub fn on(boot: &Path) -> Result<Option<Self>> {
        let boot = place::way(boot)?;
        let listing = Listing::of(&boot).map_err(|error| {
            Error::unavailable(format!("{}: cannot be read", boot.display())).caused_by(error)
        })?;
        let mut too_long = None;
        for name in listing.files.iter().filter(|name| is_meant(name)) {
            match linkless::read_at_most(&boot.join(name), LONGEST_WISH) {
                Ok(Some(_)) => {
                    let name = name.clone();
                    return Ok(Some(Self { boot, name }));
                }
                Ok(None) => too_long = Some(name),
                // A link, or a folder.
                Err(_) => {}
            }
        }
        too_long.map_or(Ok(None), |name| Err(somebodys_own(name)))
    }

    /// Lays the picture there, a JPEG, and takes away the file that asked.
    ///
    /// # Errors
    /// The boot partition cannot be written.
    pub fn grant(self, jpeg: &[u8]) -> Result<()> {
        let view = self.boot.join(VIEW);
        files::write_durably(&view, jpeg, 0o644).map_err(|error| unwritten(&view, error))?;
        let asked = self.boot.join(self.name);
        fs::remove_file(&asked)
            .and_then(|()| files::sync_folder(&self.boot))
            .map_err(|error| unwritten(&asked, error))
    }
}

fn is_meant(name: &OsStr) -> bool {
    let meant =
        |name| name == ASKED || Wanted::fixed(ASKED).likeness(name) == Some(Likeness::Meant);
    name.to_str().is_some_and(meant)
}

fn somebodys_own(name: &OsStr) -> Error {
    Error::data(format!(
        "{} has more than {LONGEST_WISH} bytes, so it is a file of yours and asks for no picture",
        name.display()
    ))
    .advice(format!(
        "rename it; an empty file {ASKED} asks for a picture"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(files: &[(&str, usize)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, length) in files {
            fs::write(folder.path().join(name), vec![b'x'; *length]).expect("written");
        }
        folder
    }

    #[test]
    fn who_asks_gets_it_once() {
        for name in ["picture", "picture.txt", "Picture", "picture (1).txt"] {
            let card = card(&[(name, 0), ("sortd.toml", 10)]);
            let wish = Wish::on(card.path()).expect("read").expect(name);
            wish.grant(b"a picture").expect("written");
            assert_eq!(
                fs::read(card.path().join(VIEW)).expect("there"),
                b"a picture"
            );
            assert!(!card.path().join(name).exists(), "{name}");
            assert!(Wish::on(card.path()).expect("read").is_none(), "{name}");
            assert!(card.path().join("sortd.toml").exists());
        }
    }

    #[test]
    fn what_is_somebodys_own_stays() {
        for (name, length) in [("picture.jpg", 0), ("pictures of us", 0), (VIEW, 0)] {
            let card = card(&[(name, length)]);
            assert!(Wish::on(card.path()).expect("read").is_none(), "{name}");
        }
        let own = card(&[("picture", 5000)]);
        let told = Wish::on(own.path()).expect_err("too long").to_string();
        assert!(told.contains("picture has more than 1024 bytes"), "{told}");
        let both = card(&[("picture", 5000), ("picture.txt", 0)]);
        assert!(Wish::on(both.path()).expect("read").is_some());
        let card = card(&[("elsewhere", 0)]);
        std::os::unix::fs::symlink("elsewhere", card.path().join(ASKED)).expect("linked");
        assert!(Wish::on(card.path()).expect("read").is_none(), "a link");
        fs::create_dir(card.path().join("Picture")).expect("made");
        assert!(Wish::on(card.path()).expect("read").is_none(), "a folder");
    }
}
