//! The graph of a crate's imports, read from its text.

use std::collections::{BTreeMap, BTreeSet};

/// A module by its path: `["nets", "plan"]`.
pub type Module = Vec<String>;

/// Which modules each module names, those of the files of one crate.
pub struct Imports(BTreeMap<Module, BTreeSet<Module>>);

impl Imports {
    /// Reads files that are named by their path inside the crate's `src`; of tests nothing is read.
    pub fn of(files: &BTreeMap<String, String>) -> Self {
        let files: BTreeMap<Module, &String> = files
            .iter()
            .filter(|(file, _)| !super::is_test(file) && !file.contains("tests/"))
            .map(|(file, text)| (module(file), text))
            .collect();
        let of = |(own, text): (&Module, &&String)| {
            let code: String = super::code(text).flat_map(|line| [line, " "]).collect();
            let named = paths(own, &code).into_iter();
            let named = named.filter_map(|path| longest_module(&path, &files));
            (own.clone(), named.filter(|other| other != own).collect())
        };
        Self(files.iter().map(of).collect())
    }

    /// The modules of the top that a module of the top names.
    pub fn of_top(&self, name: &str) -> BTreeSet<String> {
        self.within(&[]).remove(name).unwrap_or_default()
    }

    /// The top modules, and all others that have modules inside.
    pub fn rooms(&self) -> BTreeSet<Module> {
        let inner = self.0.keys().filter(|module| !module.is_empty());
        inner
            .map(|module| module[..module.len() - 1].to_vec())
            .collect()
    }

    /// A circle among the modules that stand directly inside `room`, with all that is inside them.
    pub fn circle_in(&self, room: &[String]) -> Option<Vec<String>> {
        let mut left = self.within(room);
        loop {
            let known: BTreeSet<String> = left.keys().cloned().collect();
            let before = left.len();
            left.retain(|_, named| !named.is_disjoint(&known));
            if left.is_empty() {
                return None;
            }
            if left.len() == before {
                return Some(left.into_keys().collect());
            }
        }
    }

    fn within(&self, room: &[String]) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let child = |module: &Module| {
            let inside = module.starts_with(room);
            inside.then(|| module.get(room.len()).cloned()).flatten()
        };
        for (own, named) in &self.0 {
            let Some(own) = child(own) else { continue };
            let named = named.iter().filter_map(child).filter(|other| *other != own);
            found.entry(own.clone()).or_default().extend(named);
        }
        found
    }
}

/// The module of a file: of `nets/plan/mod.rs` it is `nets`, `plan`; of `lib.rs` it is the crate.
fn module(file: &str) -> Module {
    let path = file.trim_end_matches(".rs").split('/');
    let mut path: Module = path.map(str::to_owned).collect();
    if path
        .last()
        .is_some_and(|last| matches!(&**last, "mod" | "lib" | "main"))
    {
        path.pop();
    }
    path
}

/// What the code of a module names by `crate::` and `super::`, one level of braces among it.
fn paths(own: &Module, code: &str) -> Vec<Module> {
    let mut found = Vec::new();
    for root in ["crate::", "super::"] {
        for (at, _) in code.match_indices(root) {
            if code[..at].ends_with("super::") || code[..at].ends_with(char::is_alphanumeric) {
                continue;
            }
            let mut path = own.clone();
            let mut rest = &code[at..];
            if let Some(behind) = rest.strip_prefix("crate::") {
                path.clear();
                rest = behind;
            }
            while let Some(behind) = rest.strip_prefix("super::") {
                path.pop();
                rest = behind;
            }
            let end = rest.find(|c: char| !(c.is_alphanumeric() || "_:".contains(c)));
            let (named, behind) = rest.split_at(end.unwrap_or(rest.len()));
            path.extend(
                named
                    .split("::")
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned),
            );
            let inner = behind
                .strip_prefix('{')
                .and_then(|inner| inner.split('}').next());
            for name in inner.unwrap_or_default().split(',') {
                let name = name.trim().split("::").next().unwrap_or_default();
                found.push([&path[..], &[name.to_owned()]].concat());
            }
        }
    }
    found
}

/// The innermost module on a path.
fn longest_module(path: &Module, known: &BTreeMap<Module, &String>) -> Option<Module> {
    let parts = (1..=path.len()).rev().map(|count| path[..count].to_vec());
    parts.into_iter().find(|part| known.contains_key(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(files: &[(&str, &str)]) -> Imports {
        let owned = files
            .iter()
            .map(|(file, text)| (file.to_string(), text.to_string()));
        Imports::of(&owned.collect())
    }

    #[test]
    fn a_circle_is_found_where_it_is() {
        let files = [
            ("a/mod.rs", "use super::b::deep::Thing;"),
            ("b/mod.rs", "// use crate::a;"),
            ("b/deep.rs", "use crate::{c, d};\nuse super::beside;"),
            ("b/beside.rs", "use super::{\n    deep,\n};"),
            ("c.rs", "fn f() { crate::d::g() }"),
            ("d.rs", "#[cfg(test)]\nuse crate::a;"),
        ];
        let found = imports(&files);
        assert_eq!(found.circle_in(&[]), None);
        let room = ["b".to_owned()];
        assert_eq!(
            found.circle_in(&room),
            Some(vec!["beside".into(), "deep".into()])
        );
        assert_eq!(found.of_top("b"), ["c".to_owned(), "d".to_owned()].into());
    }
}
