//! One checksum for a set of photographs: whether two people have the same ones.

use std::path::Path;

use sortd::error::Result;

use crate::data::tree::Tree;
use crate::files;

/// SHA-256, in hexadecimal, of the lines `class/name sha256-of-the-file` of all photographs of a folder with one folder a
/// class, in the order of their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest(pub String);

impl Digest {
    /// That of the photographs in `root`.
    ///
    /// # Errors
    /// The folder or a photograph cannot be read.
    pub fn of(root: &Path) -> Result<Self> {
        let mut lines = Vec::new();
        for item in Tree::open(root)?.everything()? {
            let name = item.path.strip_prefix(root).unwrap_or(&item.path).display();
            lines.push(format!(
                "{name} {}\n",
                files::sha256(&files::read(&item.path)?)
            ));
        }
        lines.sort();
        Ok(Self(files::sha256(lines.concat().as_bytes())))
    }
}
