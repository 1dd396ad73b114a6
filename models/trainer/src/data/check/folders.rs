//! Which files the given folders hold, and which of them training would not see.

use std::fs;
use std::path::{Path, PathBuf};

use sortd::error::{Error, Result};

use crate::data::tree::{self, Tree};

/// A file that training would read.
#[derive(Debug)]
pub struct Listed {
    /// Where it lies.
    pub path: PathBuf,
    /// Which of the given folders it belongs to.
    pub folder: usize,
    /// Its class.
    pub class: String,
}

/// What the given folders hold.
#[derive(Debug, Default)]
pub struct Contents {
    /// Every JPEG and PNG file of every class.
    pub listed: Vec<Listed>,
    /// Classes of each folder, empty ones too.
    pub classes: Vec<Vec<String>>,
    /// What lies in class folders and is not read: other formats, folders.
    pub ignored: Vec<PathBuf>,
}

/// Lists the files of `folders`, each with one folder a class.
///
/// # Errors
/// A folder is missing, holds no class folder, or cannot be read.
pub fn contents(folders: &[PathBuf]) -> Result<Contents> {
    let mut contents = Contents::default();
    for (number, root) in folders.iter().enumerate() {
        let tree = Tree::open(root)?;
        for class in tree.labels() {
            let folder = root.join(class);
            let pictures = tree::pictures(&folder)?;
            contents.ignored.extend(others(&folder, &pictures)?);
            contents
                .listed
                .extend(pictures.into_iter().map(|path| Listed {
                    path,
                    folder: number,
                    class: class.clone(),
                }));
        }
        contents.classes.push(tree.labels().to_vec());
    }
    Ok(contents)
}

/// What lies in `folder` beside `pictures`, hidden files left out.
fn others(folder: &Path, pictures: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|error| {
        Error::data(format!("cannot read {}", folder.display())).caused_by(error)
    })?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(std::result::Result::ok)
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| entry.path())
        .filter(|path| pictures.binary_search(path).is_err())
        .collect();
    found.sort();
    Ok(found)
}
