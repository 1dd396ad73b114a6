//! `make bench-arm`: tables of the instructions that were counted under an emulator.

use std::fmt::Write;
use std::path::PathBuf;

use sortd::error::Result;

use crate::counts::{Count, Counts, PROCESSORS, heading, millions, read};
use crate::layers::Layers;
use crate::report::{self, Section};
use crate::table::{facts, verdict};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file with the counts of whole inferences.
    counts: PathBuf,
    /// The file with the counts of single layers.
    layers: PathBuf,
    /// The file whose section is written; left out, the section is printed.
    #[arg(long, overrides_with = "out")]
    out: Option<PathBuf>,
    /// What to say of the day and the tools, a line each.
    #[arg(long)]
    fact: Vec<String>,
}

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

/// Writes the section.
pub fn write_table(args: &Args) -> Result<()> {
    let counts = Counts(read(&args.counts, Count::parse)?);
    let layers = Layers::read(&args.layers)?;
    let mut section = facts(&args.fact);
    section += &bar(&counts);
    section += &layers.bar(&counts.models());
    for model in counts.models() {
        section += &totals(&counts, model);
        section += &classes(&counts, model);
        section += &layers.kinds(model);
    }
    report::publish(args.out.as_deref(), Section::Instructions, &section)
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
}
