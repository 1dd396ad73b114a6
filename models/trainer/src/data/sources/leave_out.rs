//! Leave one source out: how good a network is on a held-out source, under domain shift.

use std::collections::BTreeSet;

use sortd::error::{Error, Result};

use super::{Origin, Sources, Use};

/// What the name of a test of left-out photographs begins with; their family follows.
const LEFT_OUT: &str = "left-out/";

impl Sources {
    /// The same, but that nothing of `family` is used for training, validation or backgrounds: all its photographs are
    /// the test `left-out/FAMILY` (leave one source out).
    ///
    /// # Errors
    /// There is no such family, or nothing else is left for training or for validation.
    pub fn leaving_out(mut self, family: &str) -> Result<Self> {
        let its: Vec<Origin> = self
            .sources
            .iter()
            .filter(|origin| origin.family() == family)
            .cloned()
            .collect();
        if its.is_empty() {
            let known: BTreeSet<&str> = self.sources.iter().map(Origin::family).collect();
            let known: Vec<&str> = known.into_iter().collect();
            return Err(
                Error::usage(format!("there is no family `{family}` to leave out")).advice(
                    format!("the families of the sources are {}", known.join(", ")),
                ),
            );
        }
        let is_its = |usage: &Use| its.iter().any(|origin| origin.name == usage.source);
        let all = its.iter().flat_map(|origin| self.all_of(origin)).collect();
        for uses in [&mut self.train, &mut self.validation, &mut self.backgrounds] {
            uses.retain(|usage| !is_its(usage));
        }
        if self.train.is_empty() || self.validation.is_empty() {
            return Err(Error::usage(format!(
                "without the family `{family}` there is nothing left for training or for validation"
            ))
            .advice("leave out another family"));
        }
        self.tests.insert(format!("{LEFT_OUT}{family}"), all);
        Ok(self)
    }

    /// The family that was left out of training, if one was, and its photographs.
    #[must_use]
    pub fn left_out(&self) -> Option<(&str, &[Use])> {
        self.tests.iter().find_map(|(name, uses)| {
            let family = name.strip_prefix(LEFT_OUT)?;
            Some((family, uses.as_slice()))
        })
    }

    /// What is used of a source. Where that is by lists alone, what stands in none of them is not meant.
    fn all_of(&self, origin: &Origin) -> Vec<Use> {
        let tests = self.tests.values().flatten();
        let uses = self.train.iter().chain(&self.validation).chain(tests);
        let mut lists = Vec::new();
        for usage in uses.filter(|usage| usage.source == origin.name && !usage.board) {
            let Some(list) = &usage.list else {
                return vec![Use::whole(&origin.name)];
            };
            let listed = Use::listed(&origin.name, list);
            if !lists.contains(&listed) {
                lists.push(listed);
            }
        }
        lists
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
labels = ["glass", "paper"]

[[sources]]
name = "own"
folder = "own"
licence = "MIT"

[[sources]]
name = "crops"
folder = "crops"
family = "street"
licence = "MIT"

[[sources]]
name = "rest"
folder = "rest"
family = "street"
licence = "MIT"

[[train]]
source = "own"
list = "splits/train.txt"

[[train]]
source = "crops"
part = "train"

[[train]]
source = "rest"

[[validation]]
source = "own"
part = "validation"

[[validation]]
source = "crops"
part = "validation"

[[backgrounds]]
source = "rest"
"#;

    fn sources() -> Sources {
        Sources::parse(TEXT, "some.toml").unwrap()
    }

    #[test]
    fn a_family_that_is_left_out_is_measured_and_nothing_else() {
        let left = sources().leaving_out("street").unwrap();
        let names = |uses: &[Use]| -> Vec<String> {
            uses.iter().map(|usage| usage.source.clone()).collect()
        };
        assert_eq!(
            [names(&left.train), names(&left.validation)],
            [["own"], ["own"]]
        );
        assert!(left.backgrounds.is_empty());
        let test = left.test("left-out/street").unwrap();
        assert_eq!(test, [Use::whole("crops"), Use::whole("rest")]);
    }

    #[test]
    fn of_a_source_that_is_used_by_lists_what_they_name_is_measured() {
        let by_lists = TEXT.replace(
            "source = \"own\"\npart = \"validation\"",
            "source = \"own\"\nlist = \"splits/val.txt\"",
        );
        let left = Sources::parse(&by_lists, "some.toml").unwrap();
        let left = left.leaving_out("own").unwrap();
        let lists = ["splits/train.txt", "splits/val.txt"];
        assert_eq!(
            left.test("left-out/own").unwrap(),
            lists.map(|list| Use::listed("own", list))
        );
    }

    #[test]
    fn an_unknown_family_is_refused_with_those_that_there_are() {
        let unknown = sources().leaving_out("attic").unwrap_err().to_string();
        assert!(
            unknown.contains("attic") && unknown.contains("own, street"),
            "{unknown}"
        );
    }
}
