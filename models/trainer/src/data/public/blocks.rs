//! Lists by runs of consecutive photographs, which often show one object: a run lies in one list as a whole.

use std::collections::BTreeMap;

use serde::Deserialize;

/// How a set is split.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Blocks {
    /// Photographs of a run; the number in a photograph's name, from 1, says which run it is in.
    pub length: usize,
    /// Photographs that are in no list, as `class/name`.
    pub left_out: Vec<String>,
    /// The runs of each class that are for validation, from 0.
    pub validation: BTreeMap<String, Vec<usize>>,
    /// The runs of each class that are for tests.
    pub test: BTreeMap<String, Vec<usize>>,
}

impl Blocks {
    /// The lists for training, validation and tests of photographs that are named `class/classNUMBER.jpg`; one that has
    /// no such name is in none.
    #[must_use]
    pub fn lists(&self, photographs: &[String]) -> [Vec<String>; 3] {
        let mut lists: [Vec<String>; 3] = Default::default();
        for name in photographs {
            if let Some(run) = self.run(name).filter(|_| !self.left_out.contains(name)) {
                let class = name.split('/').next().unwrap_or_default();
                let is_in = |runs: &BTreeMap<String, Vec<usize>>| {
                    runs.get(class).is_some_and(|runs| runs.contains(&run))
                };
                let list = if is_in(&self.test) {
                    2
                } else {
                    usize::from(is_in(&self.validation))
                };
                lists[list].push(name.clone());
            }
        }
        for list in &mut lists {
            list.sort();
        }
        lists
    }

    fn run(&self, name: &str) -> Option<usize> {
        let (class, file) = name.split_once('/')?;
        let number = file.strip_prefix(class)?.split('.').next()?;
        let number: usize = number.parse().ok()?;
        number
            .checked_sub(1)
            .map(|place| place / self.length.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_lies_in_one_list() {
        let blocks = Blocks {
            length: 10,
            left_out: vec!["glass/glass3.jpg".to_owned()],
            validation: [("glass".to_owned(), vec![1])].into(),
            test: [("glass".to_owned(), vec![2]), ("paper".to_owned(), vec![0])].into(),
        };
        let names = [
            "glass/glass1.jpg",
            "glass/glass3.jpg",
            "glass/glass10.jpg",
            "glass/glass11.jpg",
        ];
        let more = [
            "glass/glass30.jpg",
            "paper/paper1.jpg",
            "glass/other.jpg",
            "glass/glass0.jpg",
            "x",
        ];
        let names: Vec<String> = names.iter().chain(&more).map(ToString::to_string).collect();
        let [train, validation, test] = blocks.lists(&names);
        assert_eq!(train, ["glass/glass1.jpg", "glass/glass10.jpg"]);
        assert_eq!(validation, ["glass/glass11.jpg"]);
        assert_eq!(test, ["glass/glass30.jpg", "paper/paper1.jpg"]);
    }
}
