//! What makes no sense in a description of sources, all of it at once, each with its line.

use super::{Sources, Use};

/// Most photographs an epoch may show: an epoch's order lies in memory.
const MOST_DRAWS: usize = 10_000_000;

/// Largest weight of a use, so that weights times photographs stay a sensible number of draws.
const LARGEST_WEIGHT: f64 = 100.0;

/// Everything that is wrong, as `line N: key: what`.
pub fn problems(sources: &Sources, text: &str) -> Vec<String> {
    let mut found = Problems {
        text,
        problems: Vec::new(),
    };
    found.labels(sources);
    found.sources(sources);
    found.uses(sources, "[[train]]", &sources.train);
    found.uses(sources, "[[validation]]", &sources.validation);
    found.uses(sources, "[[backgrounds]]", &sources.backgrounds);
    for (name, uses) in &sources.tests {
        let (quoted, bare) = (format!("[[tests.\"{name}\"]]"), format!("[[tests.{name}]]"));
        let header = if text.contains(&quoted) { quoted } else { bare };
        found.uses(sources, &header, uses);
    }
    found.problems
}

/// Whether `label` can be the name of a file, wherever it is written.
fn names_a_file(label: &str) -> bool {
    let forbidden = |letter: char| letter.is_control() || matches!(letter, '/' | '\\');
    !label.trim().is_empty() && !label.starts_with('.') && !label.contains(forbidden)
}

struct Problems<'a> {
    text: &'a str,
    problems: Vec<String>,
}

impl Problems<'_> {
    fn labels(&mut self, sources: &Sources) {
        let labels = &sources.labels;
        if labels.len() < 2 {
            self.add("", 0, "labels", "a model needs at least two labels");
        }
        for (place, label) in labels.iter().enumerate() {
            if labels[..place].contains(label) {
                self.add("", 0, "labels", &format!("`{label}` stands here twice"));
            }
            if !names_a_file(label) {
                let what = format!(
                    "`{}` cannot be a file's name, as a bundle's golden pictures need it",
                    label.escape_debug()
                );
                self.add("", 0, "labels", &what);
            }
        }
        if let Some(empty) = &sources.empty
            && !labels.contains(empty)
        {
            let what = format!("`{empty}` is none of {}", labels.join(", "));
            self.add("", 0, "empty", &what);
        }
        if let Some(draws) = sources.draws
            && !(1..=MOST_DRAWS).contains(&draws)
        {
            self.add("", 0, "draws", &format!("must lie in 1 to {MOST_DRAWS}"));
        }
    }

    fn sources(&mut self, sources: &Sources) {
        const HEADER: &str = "[[sources]]";
        for (place, source) in sources.sources.iter().enumerate() {
            let earlier = &sources.sources[..place];
            if earlier.iter().any(|other| other.name == source.name) {
                let what = format!("there is another source named `{}`", source.name);
                self.add(HEADER, place, "name", &what);
            }
            for label in source.labels.values() {
                if !sources.labels.contains(label) {
                    let what = format!("`{label}` is none of {}", sources.labels.join(", "));
                    self.add(HEADER, place, "labels", &what);
                }
            }
        }
    }

    fn uses(&mut self, sources: &Sources, header: &str, uses: &[Use]) {
        let needed = ["[[train]]", "[[validation]]"].contains(&header);
        if needed && uses.is_empty() {
            let what = "there must be at least one";
            self.add(header, 0, header.trim_matches(['[', ']']), what);
        }
        for (place, usage) in uses.iter().enumerate() {
            let family = sources
                .source(&usage.source)
                .ok()
                .map(super::Origin::family);
            if family.is_none() {
                let what = format!("`{}` is the name of no source", usage.source);
                self.add(header, place, "source", &what);
            }
            if usage.list.is_some() && usage.part.is_some() {
                self.add(header, place, "part", "give a list or a part, not both");
            }
            if !(usage.weight > 0.0 && usage.weight <= LARGEST_WEIGHT) {
                let what = format!("must be above 0 and at most {LARGEST_WEIGHT}");
                self.add(header, place, "weight", &what);
            }
            if usage.board && sources.empty.is_none() {
                let what = "an empty board needs a label: say which with `empty`";
                self.add(header, place, "board", what);
            }
            for other in &usage.apart_from {
                let theirs = sources.source(other).ok().map(super::Origin::family);
                if theirs.is_none() || theirs != family {
                    let what =
                        format!("`{other}` is no source of the family of `{}`", usage.source);
                    self.add(header, place, "apart-from", &what);
                }
            }
        }
    }

    /// Notes a problem with `key` of the table number `place` of those that begin with `header`; an
    /// empty header stands for the file's top.
    fn add(&mut self, header: &str, place: usize, key: &str, what: &str) {
        let line = self.line(header, place, key);
        self.problems.push(format!("line {line}: {key}: {what}"));
    }

    /// The line of the key, or that of its table where the key is not there.
    fn line(&self, header: &str, place: usize, key: &str) -> usize {
        let mut lines = (1..).zip(self.text.lines().map(str::trim_start));
        let mut found = 1;
        if !header.is_empty() {
            let mut tables = lines.by_ref().filter(|(_, line)| line.starts_with(header));
            match tables.nth(place) {
                Some((number, _)) => found = number,
                None => return found,
            }
        }
        lines
            .take_while(|(_, line)| !line.starts_with("[["))
            .find(|(_, line)| {
                line.strip_prefix(key)
                    .is_some_and(|rest| rest.trim_start().starts_with('='))
            })
            .map_or(found, |(number, _)| number)
    }
}
