//! The file in which sessions are kept: hashes, never tokens. A power cut leaves the old one or the new one.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::sessions::Session;
use crate::error::{Error, Result};
use crate::files;

/// Its name in the folder of the state.
const NAME: &str = "sessions.json";

/// A file of as many sessions as there may be is far shorter.
const LONGEST: u64 = 256 * 1024;

/// A file of sessions.
#[derive(Debug)]
pub(super) struct SessionFile {
    path: PathBuf,
}

/// What stands in it.
#[derive(Serialize, Deserialize)]
struct Kept<S> {
    sessions: S,
}

impl SessionFile {
    /// The one in a folder, which is made where there is none, and the sessions in it. One that cannot be understood is as good
    /// as none: whoever was paired is paired anew.
    ///
    /// # Errors
    /// The folder cannot be had, or the file may not be read.
    pub fn open(folder: &Path) -> Result<(Self, Vec<Session>)> {
        let refused = |error: std::io::Error| {
            Error::unavailable(format!("{} cannot be used", folder.display()))
                .caused_by(error)
                .advice("name a folder of this user with --state")
        };
        if !files::is_folder(folder) {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.and_then(|()| files::sync_folder(folder.parent().unwrap_or(Path::new(""))))
                .map_err(refused)?;
        }
        let path = folder.join(NAME);
        let sessions = match files::read_at_most(&path, LONGEST) {
            Ok(bytes) => read(&path, &bytes.unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(refused(error)),
        };
        Ok((Self { path }, sessions))
    }

    /// Writes the sessions, so that they are on the disk afterwards.
    ///
    /// # Errors
    /// The disk is full, or fails.
    pub fn write(&self, sessions: &[Session]) -> Result<()> {
        let bytes = serde_json::to_vec(&Kept { sessions })
            .map_err(|error| Error::internal("sessions cannot be written").caused_by(error))?;
        files::write_durably(&self.path, &bytes, 0o600).map_err(|error| {
            Error::unavailable(format!("{} cannot be written", self.path.display()))
                .caused_by(error)
                .advice("make room on its disk; devices that are paired until then must be paired again after a restart")
        })
    }
}

fn read(path: &Path, bytes: &[u8]) -> Vec<Session> {
    match serde_json::from_slice::<Kept<Vec<Session>>>(bytes) {
        Ok(kept) => kept.sessions,
        Err(error) => {
            let path = path.display();
            log::warn!("{path} cannot be read, so all devices must be paired anew: {error}");
            Vec::new()
        }
    }
}
