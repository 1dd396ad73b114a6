//! The frozen network whose features a run is to keep: MobileNet v1 pretrained on ImageNet.

use std::path::Path;

use burn::tensor::Device;
use sortd::error::{Error, Result};

use super::start::Start;
use crate::config::FeatureLoss;
use crate::data::material::Framing;
use crate::data::sources::{Sources, Use};
use crate::nets::plan::Plan;
use crate::nets::{Architecture, Head, MobileNetV1};
use crate::places;
use crate::training::features::FeatureTeacher;

/// The width of the frozen network.
const WIDTH: f64 = 0.75;

/// Most photographs by which the principal components of its features are found: more than it has features.
const PHOTOGRAPHS: usize = 1_200;

/// Makes the teacher of a network of this plan from its weights, and what a run's configuration says of it. The
/// principal components of its features are those of training photographs.
///
/// # Errors
/// The weights or the photographs are missing, or the plan has an embedding that is longer than the features.
pub fn imagenet(
    weights: Option<&Path>,
    weight: f32,
    sources: &Sources,
    data: &Path,
    plan: &Plan,
    device: &Device,
) -> Result<(FeatureTeacher, FeatureLoss)> {
    let frozen = MobileNetV1 {
        width: WIDTH,
        stem_stride: 2,
        head: Head::Classic,
    };
    let frozen = frozen.plan(plan.side, plan.classes())?;
    let start = Start::imagenet(frozen, 0, &places::weights(weights, WIDTH))?;
    let uses: Vec<Use> = sources
        .train
        .iter()
        .filter(|usage| !usage.board)
        .cloned()
        .collect();
    let mut photos = sources
        .load(data, &uses, plan.side as u32, Framing::Whole)?
        .photos;
    let step = photos.len().div_ceil(PHOTOGRAPHS).max(1);
    // Evenly from all of them: a list goes by classes.
    let photos: Vec<_> = photos.drain(..).step_by(step).collect();
    let length = plan.shapes()[plan.embedding].channels;
    let teacher = FeatureTeacher::new(start.network(device), &photos, length, device)?;
    if teacher.components.count() != length {
        return Err(Error::usage(format!(
            "an embedding of {length} dimensions cannot be predicted from {} features",
            teacher.components.mean.len()
        ))
        .advice("choose a network with --head features"));
    }
    let settings = FeatureLoss {
        teacher_sha256: start.config.sha256.clone().unwrap_or_default(),
        weight,
        photographs: photos.len(),
    };
    Ok((teacher, settings))
}
