//! `sortd model info` and `sortd model verify`.

use std::path::PathBuf;

use super::output;
use crate::classify::bundle::Bundle;
use crate::classify::{Compute, TractClassifier};
use crate::error::Result;

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
        ModelCommand::Info(arg) => info(&Bundle::choose(arg.bundle.as_deref())?),
        ModelCommand::Verify(arg) => verify(&Bundle::choose(arg.bundle.as_deref())?),
    }
}

fn info(bundle: &Bundle) -> Result<()> {
    let manifest = &bundle.manifest;
    let (input, cost) = (&manifest.input, &manifest.cost);
    let row = |name: &str, value: String| output::line(format!("{name:<14}{value}"));
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
    Ok(())
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
    use super::thousands;

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(13_315_584), "13 315 584");
    }
}
