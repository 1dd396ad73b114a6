//! From uses to files: which photographs a use takes, and under which labels.

use std::collections::HashSet;
use std::path::Path;

use sortd::error::{Error, Result};

use super::origin::{Originals, Part};
use super::{Origin, Sources, Use};
use crate::data::tree::{Item, Tree};

/// A class of fewer photographs than this is refused: it cannot be split into training, validation
/// and tests.
pub const FEWEST: usize = 5;

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
    /// The photograph that it was cropped from: family and name.
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
                return Err(Error::data(format!("a use takes no photograph: {usage}"))
                    .advice("take it out, or change its list, part, only or apart-from; of a small source a part can be empty"));
            }
            taken.extend(found);
        }
        Ok(taken)
    }

    /// The original photographs that are trained on, as class or as background.
    ///
    /// # Errors
    /// The photographs cannot be found.
    pub fn trained_on(&self, data: &Path) -> Result<HashSet<String>> {
        let mut originals = self.gather(data, &self.train)?;
        originals.extend(self.gather(data, &self.backgrounds)?);
        Ok(originals.into_iter().map(|taken| taken.original).collect())
    }

    /// Makes sure that no original photograph is both trained on and measured on, by choice of the
    /// best epoch or by a test.
    ///
    /// # Errors
    /// One is, or the photographs cannot be found.
    pub fn refuse_leakage(&self, data: &Path) -> Result<()> {
        match self.measured_among(data, &self.trained_on(data)?)? {
            Some(found) => Err(Error::data(format!("trained on and measured on: {found}"))
                .advice("give parts or lists that exclude each other, or use apart-from")),
            None => Ok(()),
        }
    }

    /// What of the originals `trained_on` is measured on, in words, by choice of the best epoch or by a test.
    ///
    /// # Errors
    /// The photographs cannot be found.
    pub fn measured_among(
        &self,
        data: &Path,
        trained_on: &HashSet<String>,
    ) -> Result<Option<String>> {
        let validation = ("validation", &self.validation);
        let tests = self.tests.iter().map(|(name, uses)| (name.as_str(), uses));
        for (name, uses) in std::iter::once(validation).chain(tests) {
            let measured = self.gather(data, uses)?;
            let seen: Vec<&Taken> = measured
                .iter()
                .filter(|taken| trained_on.contains(&taken.original))
                .collect();
            if let Some(first) = seen.first() {
                return Ok(Some(format!(
                    "{} of the {} photographs of {name}, such as {}",
                    seen.len(),
                    measured.len(),
                    first.item.path.display()
                )));
            }
        }
        Ok(None)
    }

    fn take(&self, data: &Path, usage: &Use) -> Result<Vec<Taken>> {
        let (place, source) = (0..)
            .zip(&self.sources)
            .find(|(_, source)| source.name == usage.source)
            .ok_or_else(|| Error::data(format!("there is no source named {}", usage.source)))?;
        let folder = data.join(&source.folder);
        if !folder.is_dir() {
            return Err(Error::data(format!(
                "the source {} is not there: no folder {}",
                source.name,
                folder.display()
            ))
            .advice("say with --data in which folder the sources' folders lie"));
        }
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
            (fits && !apart.contains(&original)).then_some(Taken {
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A data folder with the sources `board` (two classes of six, and a list) and `street` (one
    /// class of six, cropped from three photographs, `glass` under another name).
    fn data() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: String| folder.path().join(path);
        for class in [
            "board/glass",
            "board/paper",
            "board/splits",
            "street/bottles",
        ] {
            fs::create_dir_all(at(class.to_owned())).unwrap();
        }
        let mut manifest = "file,source_image\n".to_owned();
        for number in 0..6 {
            for class in ["board/glass", "board/paper", "street/bottles"] {
                fs::write(at(format!("{class}/{number}.jpg")), b"").unwrap();
            }
            let line = format!("{number}.jpg,{}_jpg.rf.{number}.jpg\n", number / 2);
            manifest.push_str(&line);
        }
        fs::write(at("street/manifest.csv".to_owned()), manifest).unwrap();
        fs::write(
            at("board/splits/some.txt".to_owned()),
            "glass/0.jpg\npaper/1.jpg\n",
        )
        .unwrap();
        folder
    }

    fn sources() -> Sources {
        let text = r#"
            labels = ["paper", "glass", "empty"]
            empty = "empty"
            [[sources]]
            name = "board"
            folder = "board"
            licence = "MIT"
            [[sources]]
            name = "street"
            folder = "street"
            licence = "MIT"
            labels = { bottles = "glass" }
            [[train]]
            source = "board"
            list = "splits/some.txt"
            weight = 0.5
            [[train]]
            source = "board"
            list = "splits/some.txt"
            board = true
            [[validation]]
            source = "street"
        "#;
        Sources::parse(text, "some.toml").unwrap()
    }

    #[test]
    fn uses_take_listed_files_with_their_labels_and_weights() {
        let (data, sources) = (data(), sources());
        let taken = sources.gather(data.path(), &sources.train).unwrap();
        let found: Vec<_> = taken
            .iter()
            .map(|taken| (taken.item.label, taken.weight, taken.board))
            .collect();
        let expected = [
            (1, 0.5, false),
            (0, 0.5, false),
            (2, 1.0, true),
            (2, 1.0, true),
        ];
        assert_eq!(found, expected);
        let renamed = sources.gather(data.path(), &sources.validation).unwrap();
        assert!(renamed.len() == 6 && renamed.iter().all(|taken| taken.item.label == 1));
    }

    #[test]
    fn parts_exclude_each_other_and_keep_one_photograph_on_one_side() {
        let (data, sources) = (data(), sources());
        let mut counts = 0;
        let mut seen: Vec<HashSet<String>> = Vec::new();
        for part in [Part::Train, Part::Validation, Part::Test] {
            let usage = Use {
                part: Some(part),
                ..Use::whole("street")
            };
            let taken = sources.take(data.path(), &usage).unwrap();
            counts += taken.len();
            let originals: HashSet<String> =
                taken.into_iter().map(|taken| taken.original).collect();
            assert!(seen.iter().all(|other| other.is_disjoint(&originals)));
            seen.push(originals);
        }
        assert_eq!(counts, 6);
    }

    #[test]
    fn what_is_measured_on_must_not_be_trained_on() {
        let (data, mut sources) = (data(), sources());
        sources.refuse_leakage(data.path()).unwrap();
        sources
            .tests
            .insert("all".to_owned(), vec![Use::whole("board")]);
        let error = sources.refuse_leakage(data.path()).unwrap_err().to_string();
        assert!(error.contains("2 of the 12 photographs of all"), "{error}");
    }

    #[test]
    fn sources_of_one_family_can_be_kept_apart() {
        let (data, sources) = (data(), sources());
        let usage = Use {
            apart_from: vec!["street".to_owned()],
            ..Use::whole("street")
        };
        let error = sources
            .gather(data.path(), &[usage])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(r#"no photograph: source = "street", apart-from = ["street"]"#),
            "{error}"
        );
    }

    #[test]
    fn a_class_of_fewer_than_five_an_unknown_label_and_a_missing_source_are_refused() {
        let (data, mut sources) = (data(), sources());
        let error = |sources: &Sources| {
            let found = sources.gather(data.path(), &sources.validation);
            found.unwrap_err().to_string()
        };
        fs::create_dir(data.path().join("street/paper")).unwrap();
        let text = error(&sources);
        assert!(
            text.contains("street/paper holds 0") && text.contains("skip"),
            "{text}"
        );
        sources.sources[1].skip.push("paper".to_owned());
        assert!(sources.gather(data.path(), &sources.validation).is_ok());

        sources.sources[1].labels.clear();
        let text = error(&sources);
        assert!(
            text.contains("street/bottles is none of paper, glass"),
            "{text}"
        );

        sources.sources[1].folder = "nowhere".to_owned();
        let text = error(&sources);
        assert!(
            text.contains("nowhere") && text.contains("--data"),
            "{text}"
        );
    }
}
