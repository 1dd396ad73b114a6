//! Counted instructions, as `make bench-arm` hands them over.
//!
//! Whole inferences come in a file with a line for each count: the processor, the network and the
//! engine, with tabs between them, and then either `NAME=NUMBER` for the total and for each class of
//! instructions, or `failed`.

use std::collections::BTreeMap;
use std::path::Path;

use sortd::error::{Error, Result};

/// The emulated processors, with the boards that have them.
pub const PROCESSORS: [(&str, &str); 3] =
    [("a53", "Zero 2 W, Pi 3"), ("a72", "Pi 4"), ("a76", "Pi 5")];

/// The instructions of one inference.
#[derive(Debug, Clone)]
pub struct Count {
    /// The emulated processor.
    pub processor: String,
    /// The network.
    pub model: String,
    /// The engine.
    pub engine: String,
    /// By class, and in total; none where the engine failed.
    numbers: Option<BTreeMap<String, u64>>,
}

impl Count {
    pub fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('\t').map(String::from);
        let (processor, model, engine) = (fields.next()?, fields.next()?, fields.next()?);
        let numbers = fields.next()?;
        let numbers = match numbers.as_str() {
            "failed" => None,
            numbers => Some(by_class(numbers)?),
        };
        Some(Self {
            processor,
            model,
            engine,
            numbers,
        })
    }

    pub fn of(&self, class: &str) -> u64 {
        let numbers = self.numbers.as_ref();
        numbers
            .and_then(|numbers| numbers.get(class).copied())
            .unwrap_or_default()
    }

    pub fn is_sortd(&self) -> bool {
        self.engine.starts_with("sortd")
    }

    /// Whether a Pi user would otherwise pick it.
    pub fn is_peer(&self) -> bool {
        ["LiteRT", "ONNX Runtime"]
            .iter()
            .any(|name| self.engine.starts_with(name))
    }
}

/// All counts.
#[derive(Debug)]
pub struct Counts(pub Vec<Count>);

impl Counts {
    /// The networks, in the order of the file.
    pub fn models(&self) -> Vec<&str> {
        unique(self.0.iter().map(|count| &*count.model))
    }

    /// The engines, sortd's backends first: not every processor has each of them.
    pub fn engines(&self, model: &str) -> Vec<&str> {
        let of = |sortd: bool| {
            let counts = self.0.iter();
            counts.filter(move |count| count.model == model && count.is_sortd() == sortd)
        };
        unique(of(true).chain(of(false)).map(|count| &*count.engine))
    }

    pub fn on<'a>(&'a self, model: &'a str, processor: &'a str) -> impl Iterator<Item = &'a Count> {
        self.0.iter().filter(move |count| {
            count.model == model && count.processor == processor && count.numbers.is_some()
        })
    }

    /// The one with the fewest instructions.
    pub fn best<'a>(
        &'a self,
        model: &'a str,
        processor: &'a str,
        which: fn(&Count) -> bool,
    ) -> Option<&'a Count> {
        let those = self.on(model, processor).filter(|count| which(count));
        those.min_by_key(|count| count.of("total"))
    }
}

fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// The numbers of a count by the names of their classes, of which one is the total.
pub fn by_class(numbers: &str) -> Option<BTreeMap<String, u64>> {
    let number = |word: &str| {
        let (name, number) = word.split_once('=')?;
        Some((name.to_string(), number.parse().ok()?))
    };
    let numbers: BTreeMap<String, u64> = numbers
        .split_whitespace()
        .map(number)
        .collect::<Option<_>>()?;
    numbers.contains_key("total").then_some(numbers)
}

/// Reads a file with something in each line.
pub fn read<T>(file: &Path, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Error::data(format!("{name} cannot be read"))
            .caused_by(error)
            .advice("run `make bench-arm`, which makes it")
    })?;
    text.lines()
        .map(|line| {
            parse(line).ok_or_else(|| {
                Error::data(format!("{name}: \"{line}\" is no count"))
                    .advice("run `make bench-arm` again")
            })
        })
        .collect()
}

/// A count in millions.
pub fn millions(count: u64) -> String {
    let millions = count as f64 / 1e6;
    let digits = if millions < 100.0 { 2 } else { 0 };
    format!("{millions:.digits$}")
}

/// The first two lines of a table with a column for each processor, after those of its first columns.
pub fn heading() -> String {
    let names = PROCESSORS.map(|(name, boards)| format!("{name} ({boards})"));
    let lines = ["--:"; PROCESSORS.len()].join("|");
    format!("{} |\n|---|{lines}|\n", names.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_count_is_refused() {
        for line in [
            "",
            "a53",
            "a53\tm\te",
            "a53\tm\te\ttotal=x",
            "a53\tm\te\tdot=1",
        ] {
            assert!(Count::parse(line).is_none(), "{line}");
        }
    }
}
