//! The graph of a crate's imports, read from its text.

use std::collections::{BTreeMap, BTreeSet};

/// The path of a module, or of what stands in one: `["nets", "plan"]`.
pub type Path = Vec<String>;

/// Which modules each module names.
pub struct Imports(BTreeMap<Path, BTreeSet<Path>>);

impl Imports {
    /// Reads files that are named by their path inside the crate's `src`; tests may name anything, and are left out.
    pub fn of(files: &BTreeMap<String, String>) -> Self {
        let files = files.iter().filter(|(file, _)| !super::is_test(file));
        let code: BTreeMap<Path, String> = files
            .map(|(file, text)| {
                (
                    module(file),
                    super::code(text).collect::<Vec<_>>().join(" "),
                )
            })
            .collect();
        let modules: BTreeSet<Path> = code.keys().cloned().collect();
        let mut named: BTreeMap<Path, Vec<Path>> = BTreeMap::new();
        let mut handed_on = BTreeMap::new();
        for (own, code) in &code {
            let absolute = |path: &Path| absolute(own, path, &modules);
            let of_module = named.entry(own.clone()).or_default();
            for Use { path, name } in uses(code) {
                let Some(path) = absolute(&path) else {
                    continue;
                };
                handed_on.insert((own.clone(), name), path.clone());
                of_module.push(path);
            }
            of_module.extend(inline(code).iter().filter_map(absolute));
        }
        let of = |(own, paths): (Path, Vec<Path>)| {
            let named = paths
                .into_iter()
                .map(|path| resolved(path, &modules, &handed_on));
            let named = named.filter(|other| *other != own).collect();
            (own, named)
        };
        Self(named.into_iter().map(of).collect())
    }

    /// The modules of the top that a module of the top names.
    pub fn of_top(&self, name: &str) -> BTreeSet<String> {
        self.within(&[]).remove(name).unwrap_or_default()
    }

    /// The crate, and every module that has modules inside.
    pub fn rooms(&self) -> BTreeSet<Path> {
        let inner = self.0.keys().filter(|module| !module.is_empty());
        inner
            .map(|module| module[..module.len() - 1].to_vec())
            .collect()
    }

    /// A circle among the modules that stand directly inside `room`, each with all that is inside it.
    pub fn circle_in(&self, room: &[String]) -> Option<Vec<String>> {
        let mut left = self.within(room);
        loop {
            let before = left.len();
            let known: BTreeSet<String> = left.keys().cloned().collect();
            left.retain(|_, named| !named.is_disjoint(&known));
            let named: BTreeSet<String> = left.values().flatten().cloned().collect();
            left.retain(|own, _| named.contains(own));
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
        let child = |module: &Path| {
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
fn module(file: &str) -> Path {
    let mut path = segments(&file.trim_end_matches(".rs").replace('/', "::"));
    if path
        .last()
        .is_some_and(|last| matches!(&**last, "mod" | "lib" | "main"))
    {
        path.pop();
    }
    path
}

fn segments(path: &str) -> Path {
    let segments = path.split("::").map(str::trim);
    segments
        .filter(|segment| !segment.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a `use` brings, and under which name.
struct Use {
    path: Path,
    name: String,
}

/// Everything that the `use` statements of code bring, `pub use` among them.
fn uses(code: &str) -> Vec<Use> {
    let mut found = Vec::new();
    for statement in code.split(';') {
        let at = statement.rfind("use ");
        let begins =
            |at: &usize| !statement[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if let Some(at) = at.filter(begins) {
            flatten(&statement[at + 4..], &[], &mut found);
        }
    }
    found
}

fn flatten(tree: &str, before: &[String], found: &mut Vec<Use>) {
    let Some((path, inner)) = tree.split_once('{') else {
        let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
        let mut path = [before, &segments(path)].concat();
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let own = path.last().cloned().unwrap_or_default();
        let name = if name.is_empty() {
            own
        } else {
            name.trim().to_owned()
        };
        found.push(Use { path, name });
        return;
    };
    let before = [before, &segments(path)].concat();
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let (mut depth, mut begin) = (0, 0);
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                flatten(&inner[begin..at], &before, found);
                begin = at + 1;
            }
            _ => {}
        }
    }
    if !inner[begin..].trim().is_empty() {
        flatten(&inner[begin..], &before, found);
    }
}

/// Paths that code names where it stands, by `crate::` and `super::`.
fn inline(code: &str) -> Vec<Path> {
    let mut found = Vec::new();
    for root in ["crate::", "super::"] {
        for (at, _) in code.match_indices(root) {
            if code[..at].ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c)) {
                continue;
            }
            let end = code[at..].find(|c: char| !(c.is_alphanumeric() || "_:".contains(c)));
            found.push(segments(&code[at..end.map_or(code.len(), |end| at + end)]));
        }
    }
    found
}

/// The path from the crate on; none where it leads out of it.
fn absolute(own: &Path, path: &Path, modules: &BTreeSet<Path>) -> Option<Path> {
    let (first, rest) = path.split_first()?;
    match &**first {
        "crate" => Some(rest.to_vec()),
        "self" => Some([own, rest].concat()),
        "super" => {
            let ups = path
                .iter()
                .take_while(|segment| *segment == "super")
                .count();
            let above = own.len().checked_sub(ups)?;
            Some([&own[..above], &path[ups..]].concat())
        }
        child => {
            let inside = [own.clone(), vec![child.to_owned()]].concat();
            modules.contains(&inside).then(|| [own, &path[..]].concat())
        }
    }
}

/// The module that what is on a path stands in, behind all names by which modules hand it on.
fn resolved(
    mut path: Path,
    modules: &BTreeSet<Path>,
    handed_on: &BTreeMap<(Path, String), Path>,
) -> Path {
    const MOST_HANDS: usize = 8;
    for _ in 0..MOST_HANDS {
        let whole = (0..=path.len())
            .rev()
            .find(|count| modules.contains(&path[..*count]));
        let (module, rest) = path.split_at(whole.unwrap_or(0));
        let target = rest
            .first()
            .and_then(|name| handed_on.get(&(module.to_vec(), name.clone())));
        match target {
            Some(target) => path = [target, &rest[1..]].concat(),
            None => return module.to_vec(),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(files: &[(&str, &str)]) -> Imports {
        let owned = files
            .iter()
            .map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
        Imports::of(&owned.collect())
    }

    fn circle(files: &[(&str, &str)], room: &[&str]) -> Option<Vec<String>> {
        let room: Vec<String> = room.iter().map(ToString::to_string).collect();
        imports(files).circle_in(&room)
    }

    fn modules(found: &[&str]) -> Vec<String> {
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_circle_is_found_in_the_room_where_it_is() {
        let files = [
            ("a/mod.rs", "use super::b::deep::Thing;"),
            ("b/mod.rs", "// use crate::a;\nmod deep;"),
            ("b/deep.rs", "use crate::{c, d};\nuse super::beside;"),
            (
                "b/beside.rs",
                "use super::{\n    deep,\n};\nuse super::leads;",
            ),
            ("b/leads.rs", "fn f() { super::ends::g() } // crate::a"),
            ("b/ends.rs", ""),
            ("c.rs", "fn f() { crate::d::g() }"),
            (
                "d.rs",
                "#[cfg(test)]\nmod tests {\n    use super::*;\n    use crate::a;\n}\n",
            ),
        ];
        assert_eq!(circle(&files, &[]), None);
        assert_eq!(circle(&files, &["b"]), Some(modules(&["beside", "deep"])));
        let named = imports(&files).of_top("b");
        assert_eq!(named, ["c".to_owned(), "d".to_owned()].into());
    }

    #[test]
    fn names_that_are_handed_on_lead_to_where_they_stand() {
        let files = [
            (
                "a/mod.rs",
                "mod x;\nmod y;\npub use x::Thing;\nuse y::Other as Known;",
            ),
            ("a/x.rs", "use super::Known;"),
            ("a/y.rs", "use crate::a::Thing;"),
        ];
        assert_eq!(circle(&files, &["a"]), Some(modules(&["x", "y"])));
    }

    #[test]
    fn braces_inside_braces_are_read_and_code_behind_a_test_as_well() {
        let files = [
            ("a.rs", "use crate::{b::{c::D, E}, f::G};"),
            ("b.rs", "#[cfg(test)]\nmod tests;\n\nuse crate::f;"),
            ("f.rs", "use std::b;\nuse crate::a::H;"),
        ];
        assert_eq!(circle(&files, &[]), Some(modules(&["a", "b", "f"])));
    }
}
