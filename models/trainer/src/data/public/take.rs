//! Takes a set's photographs from a folder or an archive that somebody has downloaded.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use sortd::error::{Error, Result};

use super::PublicSet;
use super::given::Given;
use crate::data::tree::SPLITS;
use crate::files;

/// How many times as many pictures as the set has may be given, so that a wrong archive does not fill the disk.
const MOST_TIMES: usize = 8;

/// What a JPEG and a PNG begin with.
const BEGINNINGS: [&[u8]; 2] = [&[0xff, 0xd8, 0xff], b"\x89PNG"];

/// What came of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Photographs that are new in the data folder.
    pub copied: usize,
    /// Photographs that lay there already.
    pub there_before: usize,
}

/// Copies every picture of `from`, a folder or a zip archive, that lies in a folder of a class's name into the set's
/// folder below `data`, with the set's manifest, and writes the lists of a set that is split by runs.
///
/// # Errors
/// `from` is neither or cannot be read, holds no picture of any class or far too many, or one that is none, or the
/// manifest is missing; or another file of the same name lies in the data folder, where no photograph, manifest or list is
/// ever replaced by another one.
pub fn take(set: &PublicSet, from: &Path, data: &Path) -> Result<Taken> {
    let root = data.join(&set.folder);
    let mut given = Given::open(from)?;
    let names: Vec<Option<String>> = given.paths().map(|path| name_of(set, path)).collect();
    let pictures = names
        .iter()
        .flatten()
        .filter(|name| name.contains('/'))
        .count();
    if pictures == 0 {
        return Err(nothing_in(set, from));
    }
    if pictures > MOST_TIMES * set.photographs {
        let what = format!(
            "{} has {pictures} pictures; the set has {}",
            from.display(),
            set.photographs
        );
        return Err(Error::data(what).advice("give the set alone"));
    }
    require_manifest(set, &names, &root, from)?;
    let mut taken = Taken::default();
    for (place, name) in names.iter().enumerate() {
        let Some(name) = name else { continue };
        let bytes = given.read(place)?;
        let is_picture = name.contains('/');
        if is_picture
            && !BEGINNINGS
                .iter()
                .any(|beginning| bytes.starts_with(beginning))
        {
            let what = format!("{name} in {} is neither a JPEG nor a PNG", from.display());
            return Err(Error::data(what).advice("take it out, and try again"));
        }
        let is_new = put(&root.join(name), &bytes)?;
        taken.copied += usize::from(is_picture && is_new);
        taken.there_before += usize::from(is_picture && !is_new);
    }
    write_lists(set, data)?;
    Ok(taken)
}

/// What a file is called in the set: `class/name`, or that of the manifest; none where it is neither.
fn name_of(set: &PublicSet, path: &Path) -> Option<String> {
    let names: Vec<&str> = path
        .components()
        .filter_map(|component| match component {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    let name = *names.last()?;
    // A Macintosh puts a twin beside each file, in a folder of its own.
    let hidden = name.starts_with('.') || names.contains(&"__MACOSX");
    if hidden || name.chars().any(char::is_control) {
        return None;
    }
    if set.manifest.as_deref() == Some(name) {
        return Some(name.to_owned());
    }
    let folder = names
        .len()
        .checked_sub(2)
        .map(|place| names[place].to_lowercase())?;
    let class = set.classes.iter().find(|class| **class == folder)?;
    let ending = Path::new(name).extension()?.to_str()?.to_lowercase();
    ["jpg", "jpeg", "png"]
        .contains(&ending.as_str())
        .then(|| format!("{class}/{name}"))
}

/// Makes sure that it is known, or will be, which pictures were cut from one photograph.
fn require_manifest(
    set: &PublicSet,
    names: &[Option<String>],
    root: &Path,
    from: &Path,
) -> Result<()> {
    let Some(manifest) = &set.manifest else {
        return Ok(());
    };
    if names.iter().flatten().any(|name| name == manifest) || root.join(manifest).is_file() {
        return Ok(());
    }
    Err(Error::data(format!(
        "{} has no {manifest}: nobody can say which pictures were cut from one photograph, which must never be on two sides of a split",
        from.display()
    ))
    .advice("write it beside the class folders, with the columns `file` and `source_image` (in a .tsv `file` and `source`)"))
}

fn nothing_in(set: &PublicSet, from: &Path) -> Error {
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
    Error::data(what).advice(advice)
}

/// Writes a file where none lies, and says whether it is new.
fn put(file: &Path, bytes: &[u8]) -> Result<bool> {
    if file.exists() {
        if files::read(file)? != bytes {
            return Err(
                Error::data(format!("another file lies at {}", file.display()))
                    .advice("move it away, or take the set into another folder with --data"),
            );
        }
        return Ok(false);
    }
    if let Some(folder) = file.parent() {
        files::make_folder(folder)?;
    }
    files::write_whole(file, bytes).map(|()| true)
}

/// Writes `splits/blocked-{train,val,test}.txt`, where the set is split by runs. A list that lies there may only grow.
fn write_lists(set: &PublicSet, data: &Path) -> Result<()> {
    let Some(blocks) = &set.blocks else {
        return Ok(());
    };
    let root = data.join(&set.folder);
    let photographs = set.photographs_in(data)?;
    let name =
        |file: &std::path::PathBuf| Some(file.strip_prefix(&root).ok()?.to_str()?.to_owned());
    let names: Vec<String> = photographs.iter().filter_map(name).collect();
    for (part, list) in ["train", "val", "test"]
        .into_iter()
        .zip(blocks.lists(&names))
    {
        let file = root.join(SPLITS).join(format!("blocked-{part}.txt"));
        let new: BTreeSet<&str> = list.iter().map(String::as_str).collect();
        if file.exists() {
            let old = files::read_text(&file)?;
            if let Some(line) = old.lines().find(|line| !new.contains(line)) {
                return Err(Error::data(format!(
                    "{} has the line `{line}` of its own",
                    file.display()
                ))
                .advice("move the list away"));
            }
        }
        files::make_folder(&root.join(SPLITS))?;
        let lines: Vec<String> = list.iter().map(|name| name.to_owned() + "\n").collect();
        files::write_whole(&file, lines.concat().as_bytes())?;
    }
    Ok(())
}
