//! A data set on disk: one folder a class, and lists in `splits/` that say which photographs are
//! for training and which for measuring.

use std::fs;
use std::path::{Path, PathBuf};

use sortd::error::{Error, Result};

use crate::files;

/// The folder of split lists; it is no class.
pub const SPLITS: &str = "splits";

/// A data set: a folder with one folder a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    root: PathBuf,
    labels: Vec<String>,
}

/// One photograph of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where the file lies.
    pub path: PathBuf,
    /// Which class it shows, as a place in [`Tree::labels`].
    pub label: usize,
}

impl Tree {
    /// Opens the data set in `root`. Its labels are the names of its folders, in alphabetical order.
    ///
    /// # Errors
    /// The folder does not exist or holds no class, or a class's name is no UTF-8.
    pub fn open(root: &Path) -> Result<Self> {
        let expected = "expected is a folder with one folder a class, such as \
                        trashnet/glass/glass1.jpg, and perhaps lists in trashnet/splits/";
        let entries = fs::read_dir(root).map_err(|error| {
            Error::data(format!("no data set at {}", root.display()))
                .caused_by(error)
                .advice(expected)
        })?;
        let mut labels = Vec::new();
        for entry in entries.filter_map(std::result::Result::ok) {
            if entry.path().is_dir() {
                labels.push(entry.file_name().into_string().map_err(|_| {
                    Error::data(format!(
                        "the name of the class folder {} is no UTF-8",
                        entry.path().display()
                    ))
                    .advice("give it another name, such as one in plain letters")
                })?);
            }
        }
        labels.retain(|name| name != SPLITS && !name.starts_with('.'));
        labels.sort();
        if labels.is_empty() {
            let found = format!("{} has no class folder", root.display());
            return Err(Error::data(found).advice(expected));
        }
        Ok(Self {
            root: root.to_owned(),
            labels,
        })
    }

    /// The classes, in the order of the model's outputs.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The folder of `class`.
    #[must_use]
    pub fn folder(&self, class: &str) -> PathBuf {
        self.root.join(class)
    }

    /// How many photographs the folder of `class` holds.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn count(&self, class: &str) -> Result<usize> {
        Ok(pictures(&self.folder(class))?.len())
    }

    /// Every photograph of every class.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn everything(&self) -> Result<Vec<Item>> {
        self.all(&self.labels)
    }

    /// The photographs that the list `splits/<name>.txt` names, in the list's order.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn split(&self, name: &str) -> Result<Vec<Item>> {
        self.list(&self.root.join(SPLITS).join(format!("{name}.txt")))
    }

    /// The photographs that the file `list` names, in its order. A line is `class/file`; empty lines
    /// are skipped.
    ///
    /// # Errors
    /// The list cannot be read or is empty, or a line names a class or a file that is not there.
    pub fn list(&self, list: &Path) -> Result<Vec<Item>> {
        let text = files::read_text(list)?;
        let mut items = Vec::new();
        for (number, line) in text
            .lines()
            .map(str::trim)
            .enumerate()
            .filter(|(_, line)| !line.is_empty())
        {
            let item = self.item(line).map_err(|problem| {
                Error::data(format!("{} line {}: {problem}", list.display(), number + 1))
                    .advice("take the line out of the list, or put the file where it says")
            })?;
            items.push(item);
        }
        if items.is_empty() {
            return Err(Error::data(format!(
                "{} names no photograph",
                list.display()
            )));
        }
        Ok(items)
    }

    /// Every photograph of every class, whose labels are places in `labels` instead of this set's own.
    ///
    /// # Errors
    /// A class is not among `labels`, or its folder cannot be read.
    pub fn all(&self, labels: &[String]) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        for class in &self.labels {
            let label = labels
                .iter()
                .position(|label| label == class)
                .ok_or_else(|| {
                    Error::data(format!(
                        "the class {} is none of {}",
                        self.root.join(class).display(),
                        labels.join(", ")
                    ))
                })?;
            let paths = pictures(&self.root.join(class))?;
            items.extend(paths.into_iter().map(|path| Item { path, label }));
        }
        Ok(items)
    }

    fn item(&self, line: &str) -> std::result::Result<Item, String> {
        let (class, _) = line
            .split_once('/')
            .ok_or_else(|| format!("`{line}` is not of the form class/file"))?;
        let label = self
            .labels
            .iter()
            .position(|label| label == class)
            .ok_or_else(|| {
                format!(
                    "the class folder {} is missing",
                    self.root.join(class).display()
                )
            })?;
        let path = self.root.join(line);
        if path.is_file() {
            Ok(Item { path, label })
        } else {
            Err(format!("{} is missing", path.display()))
        }
    }
}

/// Every JPEG and PNG file under `folder`, in alphabetical order.
///
/// # Errors
/// The folder cannot be read.
pub fn pictures(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_picture = |path: &PathBuf| {
        path.extension().is_some_and(|ext| {
            ["jpg", "jpeg", "png"]
                .iter()
                .any(|known| ext.eq_ignore_ascii_case(known))
        })
    };
    let entries = files::in_folder(folder)?;
    Ok(entries.into_iter().filter(is_picture).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree_with(list: &str) -> (tempfile::TempDir, Tree) {
        let folder = tempfile::tempdir().unwrap();
        for class in ["glass", "paper", "splits"] {
            fs::create_dir(folder.path().join(class)).unwrap();
        }
        fs::write(folder.path().join("glass/a.jpg"), b"").unwrap();
        fs::write(folder.path().join("splits/some.txt"), list).unwrap();
        let tree = Tree::open(folder.path()).unwrap();
        (folder, tree)
    }

    #[test]
    fn the_folders_are_the_labels() {
        let (_folder, tree) = tree_with("glass/a.jpg\n");
        assert_eq!(tree.labels(), ["glass", "paper"]);
        assert_eq!(tree.split("some").unwrap()[0].label, 0);
    }

    #[test]
    fn a_list_that_names_a_missing_file_is_refused_with_its_line() {
        let (_folder, tree) = tree_with("glass/a.jpg\nglass/b.jpg\n");
        let error = tree.split("some").unwrap_err().to_string();
        assert!(
            error.contains("some.txt line 2") && error.contains("b.jpg is missing"),
            "{error}"
        );
    }

    #[test]
    fn a_list_that_names_a_class_without_folder_is_refused() {
        let (_folder, tree) = tree_with("metal/a.jpg\n");
        let error = tree.split("some").unwrap_err().to_string();
        assert!(
            error.contains("class folder") && error.contains("metal"),
            "{error}"
        );
    }

    #[test]
    fn all_photographs_carry_the_places_of_the_given_labels() {
        let (_folder, tree) = tree_with("");
        let known = ["paper", "metal", "glass"].map(String::from);
        let items = tree.all(&known).unwrap();
        assert_eq!(items.iter().map(|item| item.label).collect::<Vec<_>>(), [2]);
        let error = tree.all(&known[..2]).unwrap_err().to_string();
        assert!(error.contains("glass is none of paper, metal"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_class_whose_name_cannot_be_written_down_is_not_left_out_in_silence() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let (folder, _) = tree_with("");
        fs::create_dir(folder.path().join(OsStr::from_bytes(b"m\xe9tal"))).unwrap();
        let error = Tree::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("tal is no UTF-8"), "{error}");
    }

    #[test]
    fn a_missing_data_set_says_what_is_expected_where() {
        let error = Tree::open(Path::new("/nonexistent/trashnet"))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("/nonexistent/trashnet") && error.contains("one folder a class"),
            "{error}"
        );
    }
}
