//! What confidences are worth: the risk–coverage curves of the shipped bundles, at home and away from it.

use sortd::classify::bundle::Manifest;

use super::cells::percent;
use super::tables::shipped_runs;
use super::{RunResult, held_out};
use crate::data::material::Framing;
use crate::evaluation::Evaluation;
use crate::plots::{Curve, Panel};
use crate::selective::Selective;

/// The tests whose photographs are like those that were trained on.
const AT_HOME: &[&str] = &["trashnet/blocked-test"];

/// Litter outdoors: other photographs of collections that were trained on.
const OUTDOORS: &[&str] = &["litter-crops", "taco-rest"];

/// A panel for each bundle of which that was measured: photographs like those trained on, litter outdoors, and, where its confidences
/// are calibrated on held-out sources, what the runs of `recipe` say of the source that each was not trained on.
pub fn panels(results: &[RunResult], shipped: &[Manifest], recipe: &str) -> Vec<Panel> {
    let held_out = held_out::of_recipe(results, recipe);
    let panel = |manifest: &Manifest| {
        let of_bundle: Vec<&Evaluation> = shipped_runs(results, manifest)
            .map(|(_, found)| found)
            .filter(|found| found.subject.framing == Framing::Whole)
            .collect();
        let among = |tests: &[&str]| -> Vec<&Evaluation> {
            let known = of_bundle.iter();
            known
                .copied()
                .filter(|found| tests.contains(&found.subject.list.as_str()))
                .collect()
        };
        // They tell of the recipe whose bundle is calibrated on them, and of no other.
        let of_recipe: &[_] = match &manifest.calibration {
            Some(calibration) if !calibration.left_out.is_empty() => &held_out,
            _ => &[],
        };
        let curves = [
            curve("white boards", &among(AT_HOME)),
            curve("litter outdoors", &among(OUTDOORS)),
            curve("held-out sources, before pruning", of_recipe),
        ];
        Panel {
            title: manifest.name.clone(),
            curves: curves.into_iter().flatten().collect(),
        }
    };
    let panels = shipped.iter().map(panel);
    panels.filter(|panel| !panel.curves.is_empty()).collect()
}

/// The curve of some tests together; none where no curve was measured.
fn curve(name: &str, found: &[&Evaluation]) -> Option<Curve> {
    let first = found.first().filter(|found| !found.selective.is_empty())?;
    let images = found.iter().map(|found| found.images).sum();
    let errors = found
        .iter()
        .map(|found| found.calibration_error * found.images as f64);
    let error = errors.sum::<f64>() / (images as f64).max(1.0);
    // All are measured at the same thresholds.
    let points = first.selective.iter().enumerate().map(|(place, point)| {
        let all = found.iter().filter_map(|found| found.selective.get(place));
        Selective {
            threshold: point.threshold,
            shown: all.clone().map(|point| point.shown).sum(),
            right: all.map(|point| point.right).sum(),
        }
    });
    Some(Curve {
        name: format!("{name} (ECE {})", percent(error)),
        images,
        points: points.collect(),
    })
}
