//! The public sets of photographs that descriptions name: where each comes from, on which terms, and whether what lies
//! in the data folder is what the figures were measured on.

mod blocks;
mod digest;
mod given;
pub mod take;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sortd::error::{Error, Result};

pub use blocks::Blocks;
pub use digest::Digest;

use super::tree;

/// All of them.
const PUBLIC: &str = include_str!("../../../data/public.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sets: Vec<PublicSet>,
    /// Which recipes train on each description.
    recipes: BTreeMap<String, String>,
}

impl File {
    fn read() -> Result<Self> {
        toml::from_str(PUBLIC)
            .map_err(|error| Error::internal("public.toml makes no sense").caused_by(error))
    }
}

/// The recipes that train on each description of `models/trainer/data`, by the name of its file.
///
/// # Errors
/// The file inside the program makes no sense, which is a defect.
pub fn recipes() -> Result<BTreeMap<String, String>> {
    Ok(File::read()?.recipes)
}

/// A set of photographs that anybody can download.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PublicSet {
    /// Its name, that of its source in descriptions.
    pub name: String,
    /// Its folder, relative to the data folder.
    pub folder: String,
    /// SPDX name of its licence.
    pub licence: String,
    /// Whom the licence asks to be named.
    #[serde(default)]
    pub attribution: Option<String>,
    /// Where it is to be had.
    pub page: String,
    /// What to download there.
    pub download: String,
    /// What stands between that and one folder a class; nothing where they are the same.
    #[serde(default)]
    pub pictures: Option<String>,
    /// Its class folders.
    pub classes: Vec<String>,
    /// The list in its folder that says which photograph each picture was cut from, where pictures were cut.
    #[serde(default)]
    pub manifest: Option<String>,
    /// How many photographs the figures were measured with.
    pub photographs: usize,
    /// Their [`Digest`].
    pub sha256: String,
    /// How it is split into lists, where it is by runs of consecutive photographs.
    #[serde(default)]
    pub blocks: Option<Blocks>,
}

impl PublicSet {
    /// All sets, in the order of their file.
    ///
    /// # Errors
    /// The file inside the program makes no sense, which is a defect.
    pub fn all() -> Result<Vec<Self>> {
        Ok(File::read()?.sets)
    }

    /// The set of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn named(name: &str) -> Result<Self> {
        let all = Self::all()?;
        let names: Vec<String> = all.iter().map(|set| set.name.clone()).collect();
        let found = all.into_iter().find(|set| set.name == name);
        found.ok_or_else(|| {
            Error::usage(format!("there is no public set `{name}`"))
                .advice(format!("the sets are {}", names.join(", ")))
        })
    }

    /// Its photographs in the data folder, by class; what else lies there is not looked at.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn photographs_in(&self, data: &Path) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for class in &self.classes {
            let folder = data.join(&self.folder).join(class);
            if folder.is_dir() {
                found.extend(tree::pictures(&folder)?);
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_description_says_what_trains_on_it() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let files = crate::files::in_folder(&folder).unwrap();
        let described: BTreeSet<String> = files
            .iter()
            .filter(|file| crate::data::Sources::read(file).is_ok())
            .map(|file| file.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(described, recipes().unwrap().into_keys().collect());
    }

    #[test]
    fn every_set_is_told_of_once_and_whole() {
        let sets = PublicSet::all().unwrap();
        let names: BTreeSet<&str> = sets.iter().map(|set| set.name.as_str()).collect();
        assert_eq!(names.len(), sets.len());
        for set in &sets {
            assert!(set.page.starts_with("http"), "{}", set.name);
            assert_eq!(set.sha256.len(), 64, "{}", set.name);
            assert!(
                !set.classes.is_empty() && set.photographs > 0,
                "{}",
                set.name
            );
        }
        let error = PublicSet::named("trash-net").unwrap_err().to_string();
        assert!(error.contains("trashnet"), "{error}");
    }
}
