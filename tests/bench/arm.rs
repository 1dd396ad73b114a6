//! `make bench-arm`: tables of the instructions that were counted under an emulator.
//!
//! They are read from a file with a line for each count: the processor, the network and the engine,
//! with tabs between them, and then either `NAME=NUMBER` for the total and for each class of
//! instructions, or `failed`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use sortd::error::{Error, Result};

use crate::report::{self, Section};
use crate::table::{facts, verdict};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file with the counts.
    counts: PathBuf,
    /// The file whose section is written; left out, the section is printed.
    #[arg(long, overrides_with = "out")]
    out: Option<PathBuf>,
    /// What to say of the day and the tools, a line each.
    #[arg(long)]
    fact: Vec<String>,
}

/// The emulated processors, with the boards that have them.
const PROCESSORS: [(&str, &str); 3] = [("a53", "Zero 2 W, Pi 3"), ("a72", "Pi 4"), ("a76", "Pi 5")];

/// The most millions of instructions of an inference of sortd, for each of [`PROCESSORS`].
const NEEDED: [(&str, [f64; 3]); 2] = [
    ("0.25 @128", [6.9, 6.2, 3.3]),
    ("1.0 @224", [170.0, 170.0, 63.0]),
];

/// The classes of instructions that get a column; the others are summed up.
const CLASSES: [(&str, &str); 6] = [
    ("dot", "dot product"),
    ("widening-multiply", "widening multiply"),
    ("pairwise-add", "pairwise add"),
    ("float-multiply-add", "float multiply-add"),
    ("vector-load", "vector load"),
    ("vector-store", "vector store"),
];

/// The instructions of one inference.
#[derive(Debug, Clone)]
struct Count {
    processor: String,
    model: String,
    engine: String,
    /// By class, and in total; none where the engine failed.
    numbers: Option<BTreeMap<String, u64>>,
}

impl Count {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('\t').map(String::from);
        let (processor, model, engine) = (fields.next()?, fields.next()?, fields.next()?);
        let numbers = fields.next()?;
        let number = |word: &str| {
            let (name, number) = word.split_once('=')?;
            Some((name.to_string(), number.parse().ok()?))
        };
        let numbers = if numbers == "failed" {
            None
        } else {
            let numbers: BTreeMap<String, u64> = numbers
                .split_whitespace()
                .map(number)
                .collect::<Option<_>>()?;
            numbers.get("total")?;
            Some(numbers)
        };
        Some(Self {
            processor,
            model,
            engine,
            numbers,
        })
    }

    fn of(&self, class: &str) -> u64 {
        let numbers = self.numbers.as_ref();
        numbers
            .and_then(|numbers| numbers.get(class).copied())
            .unwrap_or_default()
    }

    fn is_sortd(&self) -> bool {
        self.engine.starts_with("sortd")
    }

    /// Whether a Pi user would otherwise pick it.
    fn is_peer(&self) -> bool {
        ["LiteRT", "ONNX Runtime"]
            .iter()
            .any(|name| self.engine.starts_with(name))
    }
}

/// All counts.
#[derive(Debug)]
struct Counts(Vec<Count>);

impl Counts {
    /// The networks, in the order of the file.
    fn models(&self) -> Vec<&str> {
        unique(self.0.iter().map(|count| &*count.model))
    }

    /// The engines, sortd's backends first: not every processor has each of them.
    fn engines(&self, model: &str) -> Vec<&str> {
        let of = |sortd: bool| {
            let counts = self.0.iter();
            counts.filter(move |count| count.model == model && count.is_sortd() == sortd)
        };
        unique(of(true).chain(of(false)).map(|count| &*count.engine))
    }

    fn on<'a>(&'a self, model: &'a str, processor: &'a str) -> impl Iterator<Item = &'a Count> {
        self.0.iter().filter(move |count| {
            count.model == model && count.processor == processor && count.numbers.is_some()
        })
    }

    /// The one with the fewest instructions.
    fn best<'a>(
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

/// Writes the section.
pub fn write_table(args: &Args) -> Result<()> {
    let name = args.counts.display();
    let text = std::fs::read_to_string(&args.counts).map_err(|error| {
        Error::data(format!("{name} cannot be read"))
            .caused_by(error)
            .advice("run `make bench-arm`, which makes it")
    })?;
    let counts = text
        .lines()
        .map(|line| Count::parse(line).ok_or(line))
        .collect::<std::result::Result<_, _>>()
        .map_err(|line| {
            Error::data(format!("{name}: \"{line}\" is no count"))
                .advice("run `make bench-arm` again")
        })?;
    let counts = Counts(counts);
    let mut section = facts(&args.fact);
    section += &bar(&counts);
    for model in counts.models() {
        section += &totals(&counts, model);
        section += &classes(&counts, model);
    }
    report::publish(args.out.as_deref(), Section::Instructions, &section)
}

fn millions(count: u64) -> String {
    let millions = count as f64 / 1e6;
    let digits = if millions < 100.0 { 2 } else { 0 };
    format!("{millions:.digits$}")
}

fn heading() -> String {
    let names = PROCESSORS.map(|(name, boards)| format!("{name} ({boards})"));
    let lines = ["--:"; PROCESSORS.len()].join("|");
    format!("{} |\n|---|{lines}|\n", names.join(" | "))
}

/// What was needed and what was reached.
fn bar(counts: &Counts) -> String {
    let mut text = format!(
        "\n### The bar\n\nMillions of instructions of an inference; one thread.\n\n| | {}",
        heading()
    );
    for (model, needed) in NEEDED {
        let cells = PROCESSORS
            .iter()
            .zip(needed)
            .map(|((processor, _), needed)| {
                let best = counts.best(model, processor, Count::is_sortd);
                best.map_or(format!("not measured, ≤ {needed}"), |best| {
                    let total = best.of("total");
                    let reached = total as f64 / 1e6 <= needed;
                    format!("{}, ≤ {needed}: {}", millions(total), verdict(reached))
                })
            });
        _ = writeln!(
            text,
            "| {model} | {} |",
            cells.collect::<Vec<_>>().join(" | ")
        );
    }
    text
}

/// All engines of a network; the best peer is bold.
fn totals(counts: &Counts, model: &str) -> String {
    let mut text = format!(
        "\n### MobileNet v1 {model}\n\nMillions of instructions of an inference.\n\n| engine | {}",
        heading()
    );
    for engine in counts.engines(model) {
        let cells = PROCESSORS.map(|(processor, _)| {
            let found = counts
                .on(model, processor)
                .find(|count| count.engine == engine);
            let best = counts.best(model, processor, Count::is_peer);
            found.map_or("–".to_string(), |count| {
                let number = millions(count.of("total"));
                if best.is_some_and(|best| best.engine == engine) {
                    format!("**{number}**")
                } else {
                    number
                }
            })
        });
        _ = writeln!(text, "| {engine} | {} |", cells.join(" | "));
    }
    text
}

/// Of what sortd's instructions and those of the best peer are made.
fn classes(counts: &Counts, model: &str) -> String {
    let names = CLASSES.map(|(_, name)| name);
    let lines = ["--:"; CLASSES.len() + 1].join("|");
    let mut text = format!(
        "\nOf these, in millions:\n\n| | {} | other |\n|---|{lines}|\n",
        names.join(" | ")
    );
    for (processor, _) in PROCESSORS {
        for which in [Count::is_sortd, Count::is_peer] {
            let Some(count) = counts.best(model, processor, which) else {
                continue;
            };
            let numbers = CLASSES.map(|(class, _)| count.of(class));
            let other = count.of("total") - numbers.iter().sum::<u64>();
            let cells = numbers.map(millions).join(" | ");
            _ = writeln!(
                text,
                "| {processor}: {} | {cells} | {} |",
                count.engine,
                millions(other)
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(lines: &[&str]) -> Counts {
        let parse = |line: &&str| Count::parse(line).expect("it is a count");
        Counts(lines.iter().map(parse).collect())
    }

    #[test]
    fn the_best_peer_is_bold_and_a_failure_is_a_dash() {
        let counts = counts(&[
            "a53\tm\tLiteRT, int8\ttotal=7000000 dot=0",
            "a53\tm\tLiteRT, f32\ttotal=9000000 dot=0",
            "a53\tm\tsortd, neon\ttotal=6000000 dot=0",
            "a72\tm\tLiteRT, int8\tfailed",
        ]);
        let table = totals(&counts, "m");
        assert!(
            table.contains("| LiteRT, int8 | **7.00** | – | – |"),
            "{table}"
        );
        assert!(table.contains("| LiteRT, f32 | 9.00 | – | – |"), "{table}");
        assert_eq!(counts.engines("m")[0], "sortd, neon");
    }

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
