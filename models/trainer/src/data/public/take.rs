//! Takes a set's photographs from a folder or an archive that somebody has downloaded.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Component, Path, PathBuf};

use sortd::error::{Error, Result};
use zip::ZipArchive;

use super::PublicSet;
use crate::data::tree::SPLITS;
use crate::files;

/// No photograph of these sets is larger; what an archive unpacks to beyond that is no photograph.
const MOST_BYTES: u64 = 64 << 20;

/// Folders in folders that are looked into.
const DEEPEST: usize = 6;

/// What came of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Photographs that are new in the data folder.
    pub copied: usize,
    /// Photographs that lay there already.
    pub there_before: usize,
}

/// Copies every picture of `from`, a folder or a zip archive, that lies in a folder of a class's name into the set's
/// folder below `data`, and writes the lists of a set that is split by runs.
///
/// # Errors
/// `from` is neither or cannot be read, holds no picture of any class, or two different pictures of one name; or a file cannot
/// be written. Nothing that lies in the data folder is changed.
pub fn take(set: &PublicSet, from: &Path, data: &Path) -> Result<Taken> {
    let root = data.join(&set.folder);
    let mut intake = Intake {
        set,
        root: &root,
        taken: Taken::default(),
    };
    if from.is_dir() {
        intake.folder(from, DEEPEST)?;
    } else {
        intake.archive(from)?;
    }
    let taken = intake.taken;
    if taken == Taken::default() {
        let what = format!(
            "{} has no pictures in folders called {}",
            from.display(),
            set.classes.join(", ")
        );
        let advice = set.pictures.as_ref().map_or_else(
            || {
                format!(
                    "give what is downloaded from {}: {}",
                    set.page, set.download
                )
            },
            |pictures| format!("put into a folder of each class: {pictures}"),
        );
        return Err(Error::data(what).advice(advice));
    }
    write_lists(set, &root)?;
    Ok(taken)
}

struct Intake<'a> {
    set: &'a PublicSet,
    root: &'a Path,
    taken: Taken,
}

impl Intake<'_> {
    fn folder(&mut self, folder: &Path, deeper: usize) -> Result<()> {
        for path in files::in_folder(folder)? {
            if path.is_dir() && deeper > 0 {
                self.folder(&path, deeper - 1)?;
            } else if let Some(name) = self.name_of(&path).filter(|_| path.is_file()) {
                self.place(&name, &files::read(&path)?)?;
            }
        }
        Ok(())
    }

    fn archive(&mut self, file: &Path) -> Result<()> {
        let unreadable = |error: &dyn std::fmt::Display| {
            Error::data(format!("{} cannot be taken: {error}", file.display()))
                .advice("give a folder, or a zip archive that is whole")
        };
        // Opening a pipe would wait for ever.
        if !file.is_file() {
            return Err(unreadable(&"it is neither a folder nor a file"));
        }
        let opened = File::open(file).map_err(|error| unreadable(&error))?;
        let mut archive =
            ZipArchive::new(BufReader::new(opened)).map_err(|error| unreadable(&error))?;
        for place in 0..archive.len() {
            let entry = archive
                .by_index(place)
                .map_err(|error| unreadable(&error))?;
            let Some(name) = entry.enclosed_name().and_then(|path| self.name_of(&path)) else {
                continue;
            };
            let mut bytes = Vec::new();
            let read = entry.take(MOST_BYTES + 1).read_to_end(&mut bytes);
            read.map_err(|error| unreadable(&format!("{name}: {error}")))?;
            if bytes.len() as u64 > MOST_BYTES {
                let what = format!("{name} is larger than {} MB", MOST_BYTES >> 20);
                return Err(unreadable(&what));
            }
            self.place(&name, &bytes)?;
        }
        Ok(())
    }

    /// What a file is called in the set, as `class/name`; none where it is no picture in a folder of a class's name.
    fn name_of(&self, path: &Path) -> Option<String> {
        let names: Vec<&str> = path
            .components()
            .filter_map(|component| match component {
                Component::Normal(name) => name.to_str(),
                _ => None,
            })
            .collect();
        let [.., folder, name] = names[..] else {
            return None;
        };
        // A Macintosh puts a twin beside each file, in a folder of its own.
        let hidden = name.starts_with('.') || names.contains(&"__MACOSX");
        let ending = Path::new(name).extension()?.to_str()?.to_lowercase();
        let class = self
            .set
            .classes
            .iter()
            .find(|class| **class == folder.to_lowercase())?;
        let is_picture = ["jpg", "jpeg", "png"].contains(&ending.as_str());
        (is_picture && !hidden).then(|| format!("{class}/{name}"))
    }

    fn place(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let file = self.root.join(name);
        if file.exists() {
            if files::read(&file)? != bytes {
                return Err(
                    Error::data(format!("another picture lies at {}", file.display()))
                        .advice("move it away, or take the set into another folder with --data"),
                );
            }
            self.taken.there_before += 1;
            return Ok(());
        }
        if let Some(folder) = file.parent() {
            files::make_folder(folder)?;
        }
        files::write_whole(&file, bytes)?;
        self.taken.copied += 1;
        Ok(())
    }
}

/// Writes `splits/blocked-{train,val,test}.txt`, where the set is split by runs.
fn write_lists(set: &PublicSet, root: &Path) -> Result<()> {
    let Some(blocks) = &set.blocks else {
        return Ok(());
    };
    let mut names = Vec::new();
    for class in &set.classes {
        let folder = root.join(class);
        let inside = if folder.is_dir() {
            files::in_folder(&folder)?
        } else {
            Vec::new()
        };
        let name = |path: &PathBuf| Some(format!("{class}/{}", path.file_name()?.to_str()?));
        names.extend(inside.iter().filter_map(name));
    }
    let lists = ["train", "val", "test"]
        .into_iter()
        .zip(blocks.lists(&names));
    files::make_folder(&root.join(SPLITS))?;
    for (part, list) in lists.collect::<BTreeMap<_, _>>() {
        let file = root.join(SPLITS).join(format!("blocked-{part}.txt"));
        let text = list.join("\n") + "\n";
        files::write_whole(&file, text.as_bytes())?;
    }
    Ok(())
}
