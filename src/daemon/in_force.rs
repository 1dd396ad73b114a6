//! Remembers the configuration in force, so that `sortd park` brings those pins to rest that were
//! driven, whatever the file on disk says by then.
//!
//! systemd gives the unit a runtime directory that outlives a crash; elsewhere nothing is remembered.

use std::path::PathBuf;

use crate::config::Config;

/// The remembered configuration, if there is one.
#[must_use]
pub fn file() -> Option<PathBuf> {
    path().filter(|file| file.is_file())
}

/// Remembers `config`; a failure costs only the memory, and is told.
pub(super) fn remember(config: &Config) {
    let Some(file) = path() else { return };
    let draft = file.with_extension("new");
    let written =
        std::fs::write(&draft, &config.text).and_then(|()| std::fs::rename(&draft, &file));
    if let Err(error) = written {
        log::warn!(target: "sortd", "{} cannot be written: {error}", file.display());
    }
}

fn path() -> Option<PathBuf> {
    let folder = std::env::var_os("RUNTIME_DIRECTORY")?;
    Some(PathBuf::from(folder).join("in-force.toml"))
}
