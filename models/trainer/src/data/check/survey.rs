//! What can be said about each file by itself: is it a picture, how large, what are its checksums.

use std::path::PathBuf;

use rayon::prelude::*;
use sortd::error::{Error, Result};
use sortd::panics;

use super::fingerprint::Fingerprint;
use super::folders::Listed;
use crate::data::photo;
use crate::files;

/// A file of a class folder.
#[derive(Debug)]
pub struct Seen {
    /// Where it lies.
    pub path: PathBuf,
    /// Which of the given folders it belongs to.
    pub folder: usize,
    /// Its class.
    pub class: String,
    /// What is on it, or why nobody can see it.
    pub look: std::result::Result<Look, String>,
}

/// A picture that could be read.
#[derive(Debug)]
pub struct Look {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// SHA-256 of the file.
    pub file_sha256: String,
    /// SHA-256 of its size and of the pixels that it decodes to.
    pub pixels_sha256: String,
    /// By which pictures that look alike are told.
    pub fingerprint: Fingerprint,
}

/// Looks at every file, on all processors.
#[must_use]
pub fn survey(listed: Vec<Listed>) -> Vec<Seen> {
    listed
        .into_par_iter()
        .map(|file| Seen {
            look: look(&file.path).map_err(|error| error.to_string()),
            path: file.path,
            folder: file.folder,
            class: file.class,
        })
        .collect()
}

fn look(path: &std::path::Path) -> Result<Look> {
    let file_sha256 = files::sha256(&files::read(path)?);
    // The decoders are foreign code and the files may be anything.
    let picture = panics::contained(|| photo::decode(path)).map_err(|panic| {
        Error::data(format!("{} cannot be decoded", path.display())).caused_by(panic)
    })??;
    let (width, height) = picture.dimensions();
    let mut sized = [width.to_le_bytes(), height.to_le_bytes()].concat();
    sized.extend_from_slice(picture.as_raw());
    Ok(Look {
        width,
        height,
        file_sha256,
        pixels_sha256: files::sha256(&sized),
        fingerprint: Fingerprint::of(&picture)?,
    })
}
