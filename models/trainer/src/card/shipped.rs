//! The figures of the models that ship, as Markdown.

use std::fmt::Write as _;

use sortd::classify::bundle::Manifest;

use super::RunResult;
use super::cells::{framing, interval, percent};
use super::tables::shipped_runs;
use crate::evaluation::Evaluation;
use crate::kshot::Head;

/// The block of the model card.
pub fn figures(results: &[RunResult], shipped: &[Manifest]) -> String {
    let of_bundle = |manifest: &Manifest| {
        let runs = shipped_runs(results, manifest);
        let found: Vec<&Evaluation> = runs.map(|(_, found)| found).collect();
        format!(
            "{}\n{}\n{}\n",
            bundle(manifest),
            measured(&found),
            few_shot(&found)
        )
    };
    shipped.iter().map(of_bundle).collect()
}

fn bundle(manifest: &Manifest) -> String {
    format!(
        "\n### `{}`\n\nVersion {}: {}, input {} × {} RGB, {} parameters, {:.1} million MACs, temperature {:.3}, SHA-256 of `{}` `{}`.\n",
        manifest.name,
        manifest.version,
        manifest.architecture,
        manifest.input.width,
        manifest.input.height,
        manifest.cost.parameters,
        manifest.cost.macs as f64 / 1e6,
        manifest.output.temperature,
        manifest.model.file,
        manifest.model.sha256
    )
}

/// A row for each test and framing.
fn measured(found: &[&Evaluation]) -> String {
    let mut table = "| test | framing | right | accuracy | 95 % interval | into the right bin | calibration error |\n".to_owned();
    table.push_str("|---|---|--:|--:|---|--:|--:|\n");
    for found in found {
        let _ = writeln!(
            table,
            "| `{}` | {} | {} of {} | **{}** | {} | {} | {} |",
            found.subject.list,
            framing(&found.subject),
            found.correct,
            found.images,
            percent(found.accuracy),
            interval(found.interval),
            percent(found.into_bins.accuracy),
            percent(found.calibration_error),
        );
    }
    table
}

/// Few-shot accuracy by nearest class mean: a row for each test and number of examples.
fn few_shot(found: &[&Evaluation]) -> String {
    let mut table =
        "| examples of each class (k-shot) | test | draws | nearest class mean |\n".to_owned();
    table.push_str("|--:|---|--:|--:|\n");
    for found in found {
        let rows = found.kshot.iter();
        for kshot in rows.filter(|kshot| kshot.head == Head::NearestMean) {
            let _ = writeln!(
                table,
                "| {} | `{}` | {} | {} ± {} |",
                kshot.shots,
                found.subject.list,
                kshot.draws,
                percent(kshot.mean),
                percent(kshot.deviation)
            );
        }
    }
    table
}
