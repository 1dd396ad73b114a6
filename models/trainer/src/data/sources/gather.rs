//! From uses to files: which photographs a use takes, and under which labels.

use std::collections::HashSet;
use std::path::Path;

use sortd::error::{Error, Result};

use super::origin::{Originals, Part};
use super::{Origin, Sources, Use};
use crate::data::tree::{Item, Tree};

/// Fewest photographs of a class folder from which anything could be learnt.
const FEWEST: usize = 5;

/// A photograph that a use takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Its file and label.
    pub item: Item,
    /// How often it is drawn, relative to others.
    pub weight: f64,
    /// Whether only the empty board beside its item is wanted.
    pub board: bool,
    /// The source, as a place in [`Sources::sources`].
    pub source: usize,
    /// The photograph that it was cut from: family and name.
    pub original: String,
}

impl Sources {
    /// The photographs that `uses` take, in the order of the uses and of their lists.
    ///
    /// # Errors
    /// A source or list is missing, a list names what is not there, a folder has a class that is no
    /// label or fewer than five photographs, or a use takes nothing.
    pub fn gather(&self, data: &Path, uses: &[Use]) -> Result<Vec<Taken>> {
        let mut taken = Vec::new();
        for usage in uses {
            let found = self.take(data, usage)?;
            if found.is_empty() {
                return Err(Error::data(format!(
                    "a use of the source {} takes no photograph",
                    usage.source
                ))
                .advice("take it out, or look at its keys part, only and apart-from"));
            }
            taken.extend(found);
        }
        Ok(taken)
    }

    /// Makes sure that no original photograph is both learnt from and measured on, by choice of the
    /// best epoch or by a test.
    ///
    /// # Errors
    /// One is, or the photographs cannot be found.
    pub fn refuse_leakage(&self, data: &Path) -> Result<()> {
        let mut learnt = self.gather(data, &self.train)?;
        learnt.extend(self.gather(data, &self.backgrounds)?);
        let learnt: HashSet<String> = learnt.into_iter().map(|taken| taken.original).collect();
        let validation = ("validation", &self.validation);
        let tests = self.tests.iter().map(|(name, uses)| (name.as_str(), uses));
        for (name, uses) in std::iter::once(validation).chain(tests) {
            let measured = self.gather(data, uses)?;
            let seen: Vec<&Taken> = measured
                .iter()
                .filter(|taken| learnt.contains(&taken.original))
                .collect();
            if let Some(first) = seen.first() {
                return Err(Error::data(format!(
                    "{} of the {} photographs of {name} are also learnt from, such as {}",
                    seen.len(),
                    measured.len(),
                    first.item.path.display()
                ))
                .advice("give parts or lists that exclude each other, or use apart-from"));
            }
        }
        Ok(())
    }

    fn take(&self, data: &Path, usage: &Use) -> Result<Vec<Taken>> {
        let (place, source) = (0..)
            .zip(&self.sources)
            .find(|(_, source)| source.name == usage.source)
            .ok_or_else(|| Error::data(format!("there is no source named {}", usage.source)))?;
        let folder = data.join(&source.folder);
        let tree = Tree::open(&folder)?;
        let labels = self.labels_of(source, &tree, usage)?;
        let originals = Originals::read(&folder)?;
        let apart = self.originals_of(data, &usage.apart_from)?;
        let items = match &usage.list {
            Some(list) => tree.list(&folder.join(list))?,
            None => tree.everything()?,
        };
        let wanted = |item: Item| {
            let class = &tree.labels()[item.label];
            let label = labels[item.label]?;
            let name = originals.of(class, &item.path);
            let original = format!("{}/{name}", source.family());
            let fits = usage
                .part
                .is_none_or(|part| part == Part::of(source.family(), &name));
            (fits && !apart.contains(&original)).then(|| Taken {
                item: Item { label, ..item },
                weight: usage.weight,
                board: usage.board,
                source: place,
                original,
            })
        };
        Ok(items.into_iter().filter_map(wanted).collect())
    }

    /// The label of each class folder of `tree`; none for those that are left out.
    fn labels_of(&self, source: &Origin, tree: &Tree, usage: &Use) -> Result<Vec<Option<usize>>> {
        let label_of = |class: &String| {
            let left_out = source.skip.contains(class)
                || !(usage.only.is_empty() || usage.only.contains(class));
            if left_out {
                return Ok(None);
            }
            let count = tree.count(class)?;
            if count < FEWEST {
                return Err(Error::data(format!(
                    "{} holds {count} photographs, needs at least {FEWEST}",
                    tree.folder(class).display()
                ))
                .advice("add photographs, or name the folder in the source's key `skip`"));
            }
            let name = source.labels.get(class).unwrap_or(class);
            let label = self.label(name).ok_or_else(|| {
                Error::data(format!(
                    "the class {} is none of {}",
                    tree.folder(class).display(),
                    self.labels.join(", ")
                ))
                .advice(format!(
                    "say what it is with `labels = {{ {class} = \"...\" }}` in the source {}, or name it in its key `skip`",
                    source.name
                ))
            })?;
            Ok(Some(if usage.board {
                self.empty_label().unwrap_or(label)
            } else {
                label
            }))
        };
        for class in &usage.only {
            if !tree.labels().contains(class) {
                return Err(Error::data(format!(
                    "there is no folder {}, which a use asks for",
                    tree.folder(class).display()
                )));
            }
        }
        tree.labels().iter().map(label_of).collect()
    }

    fn originals_of(&self, data: &Path, names: &[String]) -> Result<HashSet<String>> {
        let mut found = HashSet::new();
        for name in names {
            let taken = self.take(data, &Use::whole(name))?;
            found.extend(taken.into_iter().map(|taken| taken.original));
        }
        Ok(found)
    }
}
