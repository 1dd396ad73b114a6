//! Which original photograph a picture was cropped from, and on which side of a split that
//! photograph lies.
//!
//! A source's `manifest.csv` or `manifest.tsv`, where there is one, names the original of each file in its column
//! `source_image` or `source_path_in_repo`, or `source` between tabs. Exports of one collection append a checksum to the name
//! (`000123_jpg.rf.<checksum>.jpg`), each export another, and forget the folder. So two pictures
//! count as cropped from the same original when the names before the checksum are equal: this holds
//! some strangers together, but never lets one original stand on both sides. An address is an original
//! by itself; `trainer data check` finds copies of one photograph at several.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sortd::error::{Error, Result};

use crate::files;

/// A list of originals in a source's folder.
struct Manifest {
    name: &'static str,
    /// What stands between its columns.
    between: char,
    /// The columns that may name the original.
    original: &'static [&'static str],
}

const MANIFESTS: [Manifest; 2] = [
    Manifest {
        name: "manifest.csv",
        between: ',',
        original: &["source_image", "source_path_in_repo"],
    },
    Manifest {
        name: "manifest.tsv",
        between: '\t',
        original: &["source"],
    },
];

/// What exports put between an original's name and their checksum.
const EXPORT_MARK: &str = ".rf.";

/// One side of a split: of ten original photographs seven are for training, one is for
/// validation and two are for tests, by a hash of the original's name. The rule knows no seed, so
/// that a photograph once kept for tests stays there in every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Training.
    Train,
    /// Validation, which chooses the best epoch.
    Validation,
    /// Tests.
    Test,
}

impl Part {
    /// The part in which the original `name` of `family` lies.
    ///
    /// # Panics
    /// Never: a checksum is written in hexadecimal.
    #[must_use]
    pub fn of(family: &str, name: &str) -> Self {
        let hash = files::sha256(format!("{family}/{name}").as_bytes());
        let number = u32::from_str_radix(&hash[..8], 16).expect("a checksum is hexadecimal");
        match number % 10 {
            0 | 1 => Self::Test,
            2 => Self::Validation,
            _ => Self::Train,
        }
    }
}

/// The originals of a source's files.
#[derive(Debug, Default)]
pub struct Originals(HashMap<String, String>);

impl Originals {
    /// Reads the manifest in `folder`; without one every file is an original.
    ///
    /// # Errors
    /// The manifest cannot be read or names no originals.
    pub fn read(folder: &Path) -> Result<Self> {
        let there = |manifest: &&Manifest| folder.join(manifest.name).is_file();
        let found: Vec<&Manifest> = MANIFESTS.iter().filter(there).collect();
        let manifest = match found[..] {
            [] => return Ok(Self::default()),
            [manifest] => manifest,
            [one, other, ..] => {
                let both = format!("{} holds {} and {}", folder.display(), one.name, other.name);
                return Err(Error::data(both).advice("keep the one that is right"));
            }
        };
        let file = folder.join(manifest.name);
        let text = files::read_text(&file)?;
        let mut lines = text.lines();
        let header = lines.next().unwrap_or_default().split(manifest.between);
        let header: Vec<&str> = header.collect();
        let column = |name: &str| header.iter().position(|found| *found == name);
        let original = manifest.original.iter().find_map(|name| column(name));
        let (Some(name), Some(original)) = (column("file"), original) else {
            return Err(Error::data(format!(
                "{} line 1 names no columns `file` and `{}`",
                file.display(),
                manifest.original.join("` or `")
            ))
            .advice("without them nobody can say which pictures show the same scene"));
        };
        let mut originals = HashMap::new();
        for (number, line) in (2..).zip(lines).filter(|(_, line)| !line.is_empty()) {
            let cells: Vec<&str> = line.split(manifest.between).collect();
            let (Some(name), Some(original)) = (cells.get(name), cells.get(original)) else {
                return Err(Error::data(format!(
                    "{} line {number} has too few columns",
                    file.display()
                )));
            };
            originals.insert(file_name(name).to_owned(), stem(original));
        }
        Ok(Self(originals))
    }

    /// The original that the file `class/name` was cropped from.
    #[must_use]
    pub fn of(&self, class: &str, path: &Path) -> String {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.0
            .get(name.as_ref())
            .cloned()
            .unwrap_or_else(|| format!("{class}/{name}"))
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn stem(path: &str) -> String {
    // Sites number their folders as well as their files (`/id/17/download.jpg`), and an address is
    // where one picture lies.
    if path.contains("://") {
        return path.to_owned();
    }
    let name = file_name(path);
    name.split(EXPORT_MARK)
        .next()
        .unwrap_or(name)
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_exports_of_one_photograph_have_one_original() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = "file,class,source_path_in_repo\n\
                        paper/a.jpg,paper,train/images/000001_JPG.rf.0a.jpg\n\
                        b.jpg,paper,valid/000001_jpg.rf.ff.jpg\n";
        std::fs::write(folder.path().join("manifest.csv"), manifest).unwrap();
        let originals = Originals::read(folder.path()).unwrap();
        assert_eq!(originals.of("paper", Path::new("x/a.jpg")), "000001_jpg");
        assert_eq!(originals.of("paper", Path::new("x/b.jpg")), "000001_jpg");
        assert_eq!(originals.of("paper", Path::new("x/c.jpg")), "paper/c.jpg");
        std::fs::write(folder.path().join("manifest.csv"), "file,class\n").unwrap();
        assert!(Originals::read(folder.path()).is_err());
    }

    #[test]
    fn a_manifest_may_have_tabs_between_its_columns() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = "set\tfile\tclass\tsource\tlicence\n\
                        own\town/paper/a.jpg\tpaper\tsome/place:images/7_jpg.rf.0a.jpg\tMIT, as tagged\n";
        std::fs::write(folder.path().join("manifest.tsv"), manifest).unwrap();
        let originals = Originals::read(folder.path()).unwrap();
        assert_eq!(originals.of("paper", Path::new("x/a.jpg")), "7_jpg");
        std::fs::write(folder.path().join("manifest.csv"), "file,source_image\n").unwrap();
        let both = Originals::read(folder.path()).unwrap_err().to_string();
        assert!(both.contains("manifest.csv and manifest.tsv"), "{both}");
    }

    #[test]
    fn the_site_that_a_picture_came_from_is_not_its_original() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = "file,class,source\nglass/1.jpg,glass,example.org\n";
        std::fs::write(folder.path().join("manifest.csv"), manifest).unwrap();
        assert!(Originals::read(folder.path()).is_err());
    }

    #[test]
    fn addresses_that_end_alike_are_different_originals() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = "file,class,source_image\n\
                        glass/1.jpg,glass,https://example.org/id/1/download.jpg\n\
                        glass/2.jpg,glass,https://example.org/id/2/download.jpg\n";
        std::fs::write(folder.path().join("manifest.csv"), manifest).unwrap();
        let originals = Originals::read(folder.path()).unwrap();
        let [one, other] = ["1.jpg", "2.jpg"].map(|name| originals.of("glass", Path::new(name)));
        assert_ne!(one, other);
    }

    #[test]
    fn parts_have_the_sizes_that_they_promise() {
        let mut counts = [0; 3];
        for number in 0..10_000 {
            counts[Part::of("some", &number.to_string()) as usize] += 1;
        }
        for (count, expected) in counts.into_iter().zip([7000_i32, 1000, 2000]) {
            assert!((count - expected).abs() < 150, "{counts:?}");
        }
    }
}
