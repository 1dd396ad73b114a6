//! Remembers the configuration in force, so that `sortd park` brings those pins to rest that were
//! driven, whatever the file on disk says by then.
//!
//! systemd gives the unit a runtime directory that outlives a crash; elsewhere nothing is remembered.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Config;

/// The remembered configuration, if there is one.
#[must_use]
pub fn file() -> Option<PathBuf> {
    path().filter(|file| file.is_file())
}

/// Remembers `config`; a failure costs only the memory, and is told.
pub(super) fn remember(config: &Config) {
    let Some(file) = path() else { return };
    if let Err(error) = write(&file, &config.text) {
        log::warn!(target: "sortd", "{} cannot be written: {error}; \
            after a crash the configuration on disk says what to park", file.display());
    }
}

/// Writes the text, or leaves no file at all: the pins of an older configuration would be parked in place
/// of those that are driven.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let draft = file.with_extension("new");
    let written = fs::write(&draft, text).and_then(|()| fs::rename(&draft, file));
    if written.is_err() {
        // Removing works on a full disk too. Where it does not, the warning is all that can be done.
        let _ = fs::remove_file(&draft);
        let _ = fs::remove_file(file);
    }
    written
}

fn path() -> Option<PathBuf> {
    let folder = std::env::var_os("RUNTIME_DIRECTORY")?;
    Some(PathBuf::from(folder).join("in-force.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_remembered_leaves_nothing_older_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("in-force.toml");
        write(&file, "old").expect("written");
        // A folder in the place of the draft, as a full disk would, keeps it from being written.
        fs::create_dir(file.with_extension("new")).expect("made");
        write(&file, "new").expect_err("a folder is in the way");
        assert!(!file.exists());
    }
}
