//! One checksum for a set of photographs: whether two people have the same ones.

use std::path::Path;

use sortd::error::Result;

use super::PublicSet;
use crate::files;

/// SHA-256, in hexadecimal, of the lines `class/name sha256-of-the-file` of all photographs of a set, and of its
/// manifest, in the order of their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest(pub String);

impl Digest {
    /// That of the photographs of `set` in the data folder.
    ///
    /// # Errors
    /// The folder or a photograph cannot be read.
    pub fn of(set: &PublicSet, data: &Path) -> Result<Self> {
        let root = data.join(&set.folder);
        let manifest = set.manifest.iter().map(|name| root.join(name));
        let mut lines = Vec::new();
        for file in set.photographs_in(data)?.into_iter().chain(manifest) {
            if file.is_file() {
                let name = file.strip_prefix(&root).unwrap_or(&file).display();
                lines.push(format!("{name} {}\n", files::sha256(&files::read(&file)?)));
            }
        }
        lines.sort();
        Ok(Self(files::sha256(lines.concat().as_bytes())))
    }
}
