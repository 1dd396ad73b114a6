//! The split lists of a data set, read so that one bad line hides no other.
//!
//! A *split* is a set of lists whose names differ in the last part only: `blocked-train`,
//! `blocked-val` and `blocked-test`. Each list is one *side* of it. Lists that are called by their sides
//! alone, `train`, `val` and `test`, are one split too.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use sortd::error::{Error, Result};

use crate::data::tree::SPLITS;
use crate::files;

/// A list of photographs.
#[derive(Debug)]
pub struct List {
    /// The file.
    pub file: PathBuf,
    /// Name of the split, `blocked`: `splits` where the list is called by its side alone, the whole
    /// name where it has none.
    pub split: String,
    /// `train`, `val`, `test`, or empty.
    pub side: String,
    /// The photographs that are there, with the number of the line.
    pub named: Vec<(usize, PathBuf)>,
    /// Lines that name nothing that is there, with what is wrong.
    pub missing: Vec<(usize, String)>,
}

/// The sides of a split that training and measuring know.
const SIDES: [&str; 3] = ["train", "val", "test"];

/// Reads every list in the folder `splits` of the data set in `root`; none where it has no such folder.
///
/// # Errors
/// The folder or a list cannot be read.
pub fn read(root: &Path) -> Result<Vec<List>> {
    let folder = root.join(SPLITS);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&folder).map_err(|error| {
        Error::data(format!("cannot read {}", folder.display())).caused_by(error)
    })?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(std::result::Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .collect();
    found.sort();
    found.into_iter().map(|file| list(root, file)).collect()
}

fn list(root: &Path, file: PathBuf) -> Result<List> {
    let text = files::read_text(&file)?;
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let (split, side) = match name.rsplit_once('-') {
        Some((split, side)) if SIDES.contains(&side) => (split.to_owned(), side.to_owned()),
        None if SIDES.contains(&&*name) => (SPLITS.to_owned(), name.into_owned()),
        _ => (name.into_owned(), String::new()),
    };
    let (mut named, mut missing) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        let path = root.join(line);
        if line.is_empty() {
            continue;
        }
        if !line.contains('/') {
            missing.push((number, format!("`{line}` is not of the form class/file")));
        } else if path.is_file() {
            named.push((number, path));
        } else {
            missing.push((number, format!("{} is missing", path.display())));
        }
    }
    Ok(List {
        file,
        split,
        side,
        named,
        missing,
    })
}

/// Photographs that a list names more than once, with the lines.
#[must_use]
pub fn repeated(list: &List) -> BTreeMap<&Path, Vec<usize>> {
    let mut lines: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
    for (number, path) in &list.named {
        lines.entry(path).or_default().push(*number);
    }
    lines.retain(|_, numbers| numbers.len() > 1);
    lines
}

/// For each split of `lists`, the sides on which each photograph stands.
#[must_use]
pub fn sides(lists: &[List]) -> BTreeMap<&str, HashMap<&Path, Vec<&str>>> {
    let mut splits: BTreeMap<&str, HashMap<&Path, Vec<&str>>> = BTreeMap::new();
    for list in lists.iter().filter(|list| !list.side.is_empty()) {
        let photographs = splits.entry(&list.split).or_default();
        for (_, path) in &list.named {
            let known = photographs.entry(path.as_path()).or_default();
            if !known.contains(&list.side.as_str()) {
                known.push(&list.side);
            }
        }
    }
    splits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_called_by_their_sides_alone_are_one_split() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["glass", SPLITS] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("glass/a.jpg"), b"").unwrap();
        for side in SIDES {
            let list = folder.path().join(SPLITS).join(format!("{side}.txt"));
            fs::write(list, "glass/a.jpg\n").unwrap();
        }
        let lists = read(folder.path()).unwrap();
        let sides = sides(&lists);
        let [photographs] = &sides.values().collect::<Vec<_>>()[..] else {
            panic!("{sides:?}")
        };
        assert_eq!(photographs.values().next().unwrap().len(), 3);
    }

    #[test]
    fn every_bad_line_is_told_and_the_good_ones_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["glass", SPLITS] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("glass/a.jpg"), b"").unwrap();
        let text = "glass/a.jpg\nglass/b.jpg\n\nnonsense\nglass/a.jpg\n";
        fs::write(folder.path().join("splits/own-new-val.txt"), text).unwrap();
        let lists = read(folder.path()).unwrap();
        let [list] = &lists[..] else {
            panic!("{lists:?}")
        };
        assert_eq!((&*list.split, &*list.side), ("own-new", "val"));
        assert_eq!(list.missing.len(), 2);
        assert_eq!(list.missing[0].0, 2);
        assert!(list.missing[1].1.contains("class/file"));
        let twice = repeated(list);
        assert_eq!(twice.into_values().collect::<Vec<_>>(), [[1, 5]]);
        assert_eq!(sides(&lists)["own-new"].len(), 1);
    }
}
