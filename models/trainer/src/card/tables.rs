//! The tables of everything that was measured, as Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sortd::classify::bundle::Manifest;

use super::cells::{framing, interval, percent};
use super::{RunResult, held_out};
use crate::compress::choose::ANY_PARAMETERS;
use crate::compress::storage::total;
use crate::evaluation::{Engine, Evaluation, Numbers, Share};
use crate::kshot::Head;
use crate::run_folder;

/// The block of the page of results.
pub fn figures(results: &[RunResult], shipped: &[Manifest]) -> String {
    let mut text = "\n### The runs\n\n".to_owned();
    text.push_str(&runs(results));
    let tests: BTreeSet<&str> = all(results)
        .map(|(_, found)| found.subject.list.as_str())
        .collect();
    for test in tests {
        let _ = writeln!(text, "\n### Measured on `{test}`\n");
        text.push_str(&measured(results, test));
    }
    let few_shot = few_shot(results);
    if !few_shot.is_empty() {
        text.push_str("\n### Few-shot accuracy\n\n");
        text.push_str(&few_shot);
    }
    let left_out = left_out(results);
    if !left_out.is_empty() {
        text.push_str("\n### A source that was left out of training, by label and by bin\n\n");
        text.push_str(&left_out);
    }
    text.push_str(&held_out::figures(results));
    for run in results.iter().filter(|run| !run.storage.is_empty()) {
        let _ = writeln!(text, "\n### What the weights of `{}` take\n", run.name);
        text.push_str(&stored(run));
    }
    let shipped = shipped
        .iter()
        .flat_map(|manifest| shipped_runs(results, manifest));
    for (run, found) in shipped {
        let _ = writeln!(
            text,
            "\n### `{}` on `{}`, {}, class by class (rows: truth, columns: answer)\n",
            run.name,
            found.subject.list,
            framing(&found.subject)
        );
        text.push_str(&by_class(found));
    }
    text.push('\n');
    text
}

fn all(results: &[RunResult]) -> impl Iterator<Item = (&RunResult, &Evaluation)> {
    results
        .iter()
        .flat_map(|run| run.evaluations.iter().map(move |found| (run, found)))
}

fn runs(results: &[RunResult]) -> String {
    let mut text = "| run | network | starts from | trained on | MACs | parameters | epochs | minutes | best validation |\n".to_owned();
    text.push_str("|---|---|---|---|--:|--:|--:|--:|--:|\n");
    for run in results {
        let (network, start) = (&run.config.network, &run.config.network.start);
        let pruned = start.pruned.as_ref().map_or(String::new(), |how| {
            let (macs, parameters) = (how.target.macs, how.target.parameters);
            let macs = format!(", pruned to {:.0} M MACs", macs as f64 / 1e6);
            if parameters < ANY_PARAMETERS {
                format!("{macs} and {:.0} k parameters", parameters as f64 / 1e3)
            } else {
                macs
            }
        });
        let best = run_folder::best(&run.config, &run.history);
        let _ = writeln!(
            text,
            "| {} | {} | {}{pruned} | {} | {:.1} M | {} | {} of {} | {:.0} | {} |",
            run.name,
            network.architecture,
            start,
            run.config.data.name,
            network.macs as f64 / 1e6,
            network.parameters,
            run.history.len(),
            run.config.training.epochs,
            run.minutes(),
            best.map_or("–".to_owned(), |best| percent(best.validation_accuracy))
        );
    }
    text
}

/// Everything that was measured on one test, the best first.
fn measured(results: &[RunResult], test: &str) -> String {
    let mut found: Vec<_> = all(results)
        .filter(|(_, found)| found.subject.list == test)
        .collect();
    found.sort_by(|a, b| {
        b.1.accuracy
            .total_cmp(&a.1.accuracy)
            .then(a.0.name.cmp(&b.0.name))
    });
    let mut table = "| run | numbers | computed by | framing | right | accuracy | 95 % interval | into the right bin | calibration error | MACs | file | latency |\n".to_owned();
    table.push_str("|---|---|---|---|--:|--:|---|--:|--:|--:|--:|--:|\n");
    for (run, found) in found {
        let subject = &found.subject;
        let numbers = match subject.numbers {
            Numbers::Float => "float",
            Numbers::Int8 => "int8",
        };
        let engine = match subject.engine {
            Engine::Trainer => "trainer",
            Engine::Daemon => "daemon",
        };
        let _ = writeln!(
            table,
            "| {} | {numbers} | {engine} | {} | {} of {} | **{}** | {} | {} | {} | {:.1} M | {:.0} kB | {} |",
            run.name,
            framing(subject),
            found.correct,
            found.images,
            percent(found.accuracy),
            interval(found.interval),
            percent(found.into_bins.accuracy),
            percent(found.calibration_error),
            subject.macs as f64 / 1e6,
            subject.model_bytes as f64 / 1e3,
            subject
                .latency_ms
                .map_or("–".to_owned(), |time| format!("{time:.2} ms"))
        );
    }
    table
}

/// Few-shot accuracy by nearest class mean: a row for each run and test, a column for each number of examples of each
/// class.
fn few_shot(results: &[RunResult]) -> String {
    let found: Vec<_> = all(results)
        .filter(|(_, found)| !found.kshot.is_empty())
        .collect();
    if found.is_empty() {
        return String::new();
    }
    let each = found.iter().flat_map(|(_, found)| &found.kshot);
    let shots: BTreeSet<usize> = each.map(|kshot| kshot.shots).collect();
    let heads: Vec<String> = shots.iter().map(|shots| format!("{shots}-shot")).collect();
    let mut table = format!(
        "Nearest class mean of normalised embeddings; mean and standard deviation over draws of the \
         k photographs of each class that the means are of. A class takes part that has more photographs \
         than that.\n\n\
         | run | test | draws | {} |\n|---|---|--:|{}\n",
        heads.join(" | "),
        "--:|".repeat(shots.len())
    );
    for (run, found) in found {
        let cell = |shots: &usize| {
            let mut rows = found.kshot.iter();
            let kshot = rows.find(|kshot| kshot.shots == *shots && kshot.head == Head::NearestMean);
            kshot.map_or("–".to_owned(), |kshot| {
                format!("{} ± {}", percent(kshot.mean), percent(kshot.deviation))
            })
        };
        let cells: Vec<String> = shots.iter().map(cell).collect();
        let _ = writeln!(
            table,
            "| {} | `{}` | {} | {} |",
            run.name,
            found.subject.list,
            found.kshot[0].draws,
            cells.join(" | ")
        );
    }
    table
}

/// How often each label and each bin was met, by networks for bins, on tests of which no source was trained
/// on: a row for each run and test.
fn left_out(results: &[RunResult]) -> String {
    let mut table = String::new();
    let items = |found: &Evaluation| found.by_label.iter().filter(|one| one.images > 0).count() > 1;
    let left_out = all(results).filter(|(run, found)| {
        let for_bins = run.config.data.sources.empty.is_some();
        for_bins && items(found) && run.never_saw(&found.subject.list)
    });
    for (run, found) in left_out {
        let bins = found.by_bin.iter().filter(|bin| bin.name.contains(" and "));
        let shares: Vec<&Share> = found.by_label.iter().chain(bins).collect();
        if table.is_empty() {
            let names: Vec<&str> = shares.iter().map(|share| share.name.as_str()).collect();
            let _ = writeln!(table, "| run | test | {} |", names.join(" | "));
            let _ = writeln!(table, "|---|---|{}", "--:|".repeat(names.len()));
        }
        let cells = shares.iter().map(|share| match share.images {
            0 => "–".to_owned(),
            images => format!("{} of {images}", share.correct),
        });
        let cells: Vec<String> = cells.collect();
        let (name, test) = (&run.name, &found.subject.list);
        let _ = writeln!(table, "| {name} | `{test}` | {} |", cells.join(" | "));
    }
    table
}

/// What the weights of each layer of a run take once they are stored.
fn stored(run: &RunResult) -> String {
    let mut table = "| layer | sparsity | int8 | coded |\n|---|--:|--:|--:|\n".to_owned();
    for layer in &run.storage {
        let _ = writeln!(
            table,
            "| {} | {} | {} B | {} B |",
            layer.layer,
            percent(layer.sparsity),
            layer.bytes,
            layer.coded_bytes
        );
    }
    let (bytes, coded) = total(&run.storage);
    let _ = writeln!(table, "| all | | {bytes} B | {coded} B |");
    table
}

/// What was measured in the daemon of the network that ships.
pub(super) fn shipped_runs<'a>(
    results: &'a [RunResult],
    manifest: &Manifest,
) -> impl Iterator<Item = (&'a RunResult, &'a Evaluation)> {
    let (cost, labels) = (manifest.cost, manifest.labels.clone());
    all(results).filter(move |(_, found)| {
        let subject = &found.subject;
        subject.engine == Engine::Daemon
            && (subject.parameters, subject.macs) == (cost.parameters, cost.macs)
            && subject.labels == labels
    })
}

fn by_class(found: &Evaluation) -> String {
    let labels = &found.subject.labels;
    let mut text = format!("| | {} | found | right when said |\n", labels.join(" | "));
    let _ = writeln!(text, "|---|{}--:|--:|", "--:|".repeat(labels.len()));
    for (row, label) in labels.iter().enumerate() {
        let counts = &found.confusion.counts[row];
        if counts.iter().all(|&count| count == 0) {
            continue;
        }
        let counts: Vec<String> = counts.iter().map(u64::to_string).collect();
        let share = |share: Option<f64>| share.map_or("–".to_owned(), percent);
        let _ = writeln!(
            text,
            "| **{label}** | {} | {} | {} |",
            counts.join(" | "),
            share(found.confusion.recall(row)),
            share(found.confusion.precision(row))
        );
    }
    let bins: Vec<String> = found
        .by_bin
        .iter()
        .filter(|bin| bin.images > 0)
        .map(bin)
        .collect();
    let _ = writeln!(text, "\nBy bin: {}.", bins.join(", "));
    text
}

fn bin(share: &Share) -> String {
    format!(
        "{} {} ({})",
        share.name,
        percent(share.accuracy),
        interval(share.interval)
    )
}
