//! `sortd model info` and `sortd model verify`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::output;
use crate::classify::bundle::Bundle;
use crate::classify::{Classifier, Compute, Layer, Scores, TractClassifier};
use crate::error::Result;
use crate::pipeline::proof::{self, Limits};

#[derive(Debug, clap::Subcommand)]
pub(super) enum ModelCommand {
    /// Show what a bundle says of itself.
    Info(BundleArg),
    /// Check its hash and its shapes, and run its golden cases.
    Verify(BundleArg),
}

#[derive(Debug, clap::Args)]
pub(super) struct BundleArg {
    /// Folder of the bundle; left out, the one inside the binary.
    bundle: Option<PathBuf>,
}

pub(super) fn model(command: &ModelCommand) -> Result<()> {
    match command {
        ModelCommand::Info(arg) => info(&proven(arg.bundle.as_deref())?),
        ModelCommand::Verify(arg) => verify(&proven(arg.bundle.as_deref())?),
    }
}

/// The bundle in `folder`, where the daemon could use it with the memory and the time that it has; or the
/// one inside the binary.
pub(super) fn proven(folder: Option<&Path>) -> Result<Bundle> {
    if folder.is_some() {
        proof::prove(folder, None, &Limits::of_the_daemon())?;
    }
    Bundle::choose(folder)
}

fn info(bundle: &Bundle) -> Result<()> {
    let manifest = &bundle.manifest;
    let (input, cost) = (&manifest.input, &manifest.cost);
    row(
        "model",
        format!(
            "{} {} ({})",
            manifest.name,
            manifest.version,
            bundle.origin()
        ),
    )?;
    row("architecture", manifest.architecture.clone())?;
    row("input", format!("{}x{} RGB", input.width, input.height))?;
    row("labels", manifest.labels.join(", "))?;
    if let Some(empty) = &manifest.empty_label {
        row("empty label", format!("{empty}: nothing is there"))?;
    }
    if let Some(embedding) = &manifest.embedding {
        let (length, distance) = (embedding.length, embedding.distance.name());
        let text = format!("{length} numbers, compared by {distance} distance");
        row("embedding", text)?;
    }
    row("parameters", thousands(cost.parameters))?;
    row("MACs", format!("{} an inference", thousands(cost.macs)))?;
    row(
        "file",
        format!(
            "{}, {} bytes",
            manifest.model.file,
            thousands(bundle.model.len() as u64)
        ),
    )?;
    row("SHA-256", manifest.model.sha256.clone())?;
    for accuracy in &manifest.accuracy {
        let share = 100.0 * accuracy.correct as f64 / accuracy.total.max(1) as f64;
        let counts = format!("{} of {}", accuracy.correct, accuracy.total);
        row(
            "accuracy",
            format!("{share:.1} % on {} ({counts})", accuracy.split),
        )?;
    }
    row("licence", manifest.licence.clone())?;
    for source in &manifest.data {
        let credit = source
            .attribution
            .as_ref()
            .map_or(String::new(), |name| format!(", {name}"));
        let images = thousands(source.images);
        row(
            "data",
            format!(
                "{}: {images} images, {}{credit}",
                source.name, source.licence
            ),
        )?;
    }
    computation(bundle)
}

/// How often the model looks to be timed.
const TIMED: u32 = 20;

/// On what the model is computed here, and what that costs. A layer without an integer kernel is named.
fn computation(bundle: &Bundle) -> Result<()> {
    let compute = Compute::best(None);
    let mut classifier = TractClassifier::load(bundle, compute)?;
    let (picture, _) = &bundle.golden[0];
    let mut scores = Scores::default();
    let (began, kernels) = (Instant::now(), classifier.network().kernel_time());
    for _ in 0..TIMED {
        classifier.classify(picture, &mut scores)?;
    }
    let all = began.elapsed() / TIMED;
    let kernels = classifier.network().kernel_time().saturating_sub(kernels) / TIMED;
    let time = format!("{} an inference, measured here", output::millis(all));
    let quantised = classifier.network().coverage();
    let Some(coverage) = quantised.filter(|coverage| coverage.is_quantised()) else {
        row(
            "computed by",
            "tract, in real numbers: the model is not quantised",
        )?;
        row("time", time)?;
        return row("board", NOT_IN_INT8);
    };
    let [covered, left] = coverage.macs();
    let threads = output::count(compute.threads.get(), "thread");
    let computed_by = if coverage.any() {
        format!(
            "int8 kernels for {}, on {threads}: {} with {} MACs",
            coverage.backend,
            output::count(coverage.covered.len(), "operator"),
            thousands(covered as u64)
        )
    } else {
        "tract alone: the model is quantised in a way that no int8 kernel covers".into()
    };
    row("computed by", computed_by)?;
    for (layer, reason) in &coverage.left_to_tract {
        let reason = if reason.is_empty() {
            "it is not quantised"
        } else {
            reason
        };
        let share = 100.0 * layer.macs as f64 / (covered + left) as f64;
        let work = match layer.macs {
            0 => "no MACs".into(),
            macs => format!("{} MACs, {share:.1} % of all", thousands(macs as u64)),
        };
        let Layer { name, operator, .. } = layer;
        row("on tract", format!("{name} ({operator}), {work}: {reason}"))?;
    }
    let outside = output::millis(all.saturating_sub(kernels));
    row(
        "time",
        format!("{time}; {outside} of it outside the int8 kernels"),
    )?;
    row("board", board([covered, left]))
}

/// The most MACs of a model for a Pi 1 or Zero.
const SMALL_MACS: usize = 45_000_000;

/// The most MACs of a model for a Pi 3 or Zero 2 W.
const USUAL_MACS: usize = 170_000_000;

/// What is advised for a model that the integer kernels do not compute.
const NOT_IN_INT8: &str = "Pi 4 and better: quantised to int8 it would be several times faster";

/// The boards that a model of so many MACs, in the integer kernels and left to tract, suits.
const fn board([covered, left]: [usize; 2]) -> &'static str {
    if left > covered {
        return NOT_IN_INT8;
    }
    let macs = covered + left;
    if macs <= SMALL_MACS {
        "any Raspberry Pi, from the Zero on"
    } else if macs <= USUAL_MACS {
        "Pi 3, Zero 2 W and better"
    } else {
        "Pi 4 and better: more work than an older board does for each picture"
    }
}

fn row(name: &str, value: impl std::fmt::Display) -> Result<()> {
    output::line(format!("{name:<14}{value}"))
}

fn verify(bundle: &Bundle) -> Result<()> {
    TractClassifier::load(bundle, Compute::best(None))?;
    let manifest = &bundle.manifest;
    output::line(format!(
        "{} {}: hash, shapes, {} and {} are right ({})",
        manifest.name,
        manifest.version,
        output::count(manifest.labels.len(), "label"),
        output::count(manifest.golden.cases.len(), "golden case"),
        bundle.origin()
    ))
}

/// A number with its digits in groups of three.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{NOT_IN_INT8, board, thousands};

    #[test]
    fn a_model_suits_boards_by_its_work_and_by_what_does_it() {
        assert!(board([45_000_000, 0]).contains("Zero on"));
        assert!(board([45_000_000, 1]).contains("Pi 3"));
        assert!(board([170_000_000, 0]).contains("Pi 3"));
        assert!(board([100_000_000, 100_000_000]).contains("Pi 4"));
        assert_eq!(board([0, 1]), NOT_IN_INT8);
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(13_315_584), "13 315 584");
    }
}
