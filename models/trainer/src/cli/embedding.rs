//! What a run's embedding is trained by besides labels: a frozen MobileNet v1 pretrained on ImageNet, whose features it is
//! to keep, and the stored embeddings of a large model.

use std::collections::HashMap;
use std::path::Path;

use burn::tensor::Device;
use sortd::error::{Error, Result};

use super::start::Start;
use super::training_options::TrainingOptions;
use crate::answers;
use crate::components::Dense;
use crate::config::{EmbeddingLoss, FeatureLoss};
use crate::data::embeddings::Embeddings;
use crate::data::material::{Framing, Material};
use crate::data::photo::Squeezed;
use crate::data::sources::{Sources, Use};
use crate::nets::net::Pass;
use crate::nets::plan::Plan;
use crate::nets::{Architecture, Head, MobileNetV1};
use crate::places;
use crate::training::embeddings::EmbeddingTeacher;
use crate::training::features::FeatureTeacher;

/// The width of the frozen network.
const WIDTH: f64 = 0.75;

/// Most photographs by which the principal components of its features are found: more than it has features.
const PHOTOGRAPHS: usize = 1_200;

/// Numbers of the embedding that the large model trains, where there is one; its first ones are the frozen network's.
const OF_LARGE_MODEL: usize = 96;

/// The teachers of an embedding.
#[derive(Debug)]
pub struct EmbeddingTeachers {
    /// The frozen network.
    pub features: (FeatureTeacher, FeatureLoss),
    /// The large model.
    pub embeddings: Option<(EmbeddingTeacher, EmbeddingLoss)>,
    /// The layer that gives the embedding, of the frozen network's features: what training begins with.
    pub begin: Dense,
}

/// Makes the teachers that the options name, for a network of this plan. Principal components are those of training
/// photographs.
///
/// # Errors
/// Weights, embeddings or photographs are missing, or the plan has an embedding that cannot be trained so.
pub fn teachers(
    options: &TrainingOptions,
    sources: &Sources,
    data: &Path,
    material: &Material,
    plan: &Plan,
    device: &Device,
) -> Result<EmbeddingTeachers> {
    let frozen = MobileNetV1 {
        width: WIDTH,
        stem_stride: 2,
        head: Head::Classic,
    };
    let frozen = frozen.plan(plan.side, plan.classes())?;
    let weights = places::weights(options.feature_weights.as_deref(), WIDTH);
    let start = Start::imagenet(frozen, 0, &weights)?;
    let network = start.network(device);
    let photos = photographs(sources, data, plan.side as u32)?;
    let said = answers::answers(&network, Pass::Evaluate, &photos, plan.side, device)?.embeddings;
    let table = (options.embeddings > 0.0)
        .then(|| Embeddings::read(&places::embeddings(options.embedding_file.as_deref())))
        .transpose()?;
    let length = plan.shapes()[plan.embedding].channels;
    let own = length.saturating_sub(table.as_ref().map_or(0, |_| OF_LARGE_MODEL));
    let features = FeatureTeacher::new(network, &said, own, device);
    if own == 0 || features.components.count() != own {
        let what = format!(
            "an embedding of {length} dimensions cannot be predicted from {} features",
            features.components.mean.len()
        );
        return Err(Error::usage(what).advice("choose a network with --head features"));
    }
    let mut begin = features.components.as_dense();
    let embeddings = match &table {
        Some(table) => {
            let (teacher, loss) = large_model(table, options.embeddings, material, data, device)?;
            begin = begin.beside(prediction(&features, &photos, &said, material, &teacher));
            Some((teacher, loss))
        }
        None => None,
    };
    let loss = FeatureLoss {
        teacher_sha256: start.config.sha256.clone().unwrap_or_default(),
        weight: options.features,
        photographs: photos.len(),
    };
    Ok(EmbeddingTeachers {
        features: (features, loss),
        embeddings,
        begin,
    })
}

/// Training photographs by which the frozen network's components are found, evenly from all of them: a list goes by
/// classes.
fn photographs(sources: &Sources, data: &Path, side: u32) -> Result<Vec<Squeezed>> {
    let uses = sources.train.iter().filter(|usage| !usage.board);
    let uses: Vec<Use> = uses.cloned().collect();
    let mut photos = sources.load(data, &uses, side, Framing::Whole)?.photos;
    let step = photos.len().div_ceil(PHOTOGRAPHS).max(1);
    Ok(photos.drain(..).step_by(step).collect())
}

/// The large model as a teacher of the training photographs that it was asked about.
fn large_model(
    table: &Embeddings,
    weight: f32,
    material: &Material,
    data: &Path,
    device: &Device,
) -> Result<(EmbeddingTeacher, EmbeddingLoss)> {
    let photos = material.train.photos.iter();
    let rows: Vec<Option<&[f32]>> = photos
        .map(|photo| table.row(photo.file.as_ref()?, data))
        .collect();
    let photographs = rows.iter().flatten().count();
    let teacher = EmbeddingTeacher::new(&rows, OF_LARGE_MODEL, device);
    if teacher.count() != OF_LARGE_MODEL || photographs < OF_LARGE_MODEL {
        let what = format!(
            "the embeddings have rows for {photographs} of {} training photographs, and {} numbers a row; {OF_LARGE_MODEL} of both are needed",
            rows.len(),
            teacher.count()
        );
        return Err(Error::data(what).advice("name embeddings of these photographs with --embedding-file, or train without --embeddings"));
    }
    let loss = EmbeddingLoss {
        table_sha256: table.sha256().to_owned(),
        weight,
        components: OF_LARGE_MODEL,
        photographs,
    };
    Ok((teacher, loss))
}

/// The layer that predicts the large model's part of the embedding from what the frozen network `said` of `photos`.
fn prediction(
    features: &FeatureTeacher,
    photos: &[Squeezed],
    said: &[Vec<f32>],
    material: &Material,
    teacher: &EmbeddingTeacher,
) -> Dense {
    let places = material.train.photos.iter().enumerate();
    let places: HashMap<&Path, usize> = places
        .filter_map(|(place, photo)| Some((photo.file.as_deref()?, place)))
        .collect();
    let pairs = photos.iter().zip(said).filter_map(|(photo, said)| {
        let target = teacher.target(*places.get(photo.path.as_path())?)?;
        Some((said.as_slice(), target))
    });
    let (rows, targets): (Vec<&[f32]>, Vec<&[f32]>) = pairs.unzip();
    features.components.predicting(&rows, &targets)
}
