//! `trainer export`.

use std::path::PathBuf;

use clap::Args;
use sortd::classify::bundle::{Accuracy, DataSource};
use sortd::error::{Error, Result};

use super::{Common, Trained};
use crate::bundle::{self, Compiled, Export as Bundle, TOLERANCE};
use crate::data::material::Framing;
use crate::data::photo::Squeezed;
use crate::evaluation::{self, Evaluation};
use crate::files;
use crate::metrics;
use crate::nets::Network;
use crate::places;

/// Write a run's best weights as a bundle that the daemon loads.
///
/// The network is written as float ONNX with the batch normalisation folded in, its temperature is
/// fitted on the validation photographs, and the first photograph of each class of the golden test becomes a
/// golden case. What tract answers must agree with what burn answers on every photograph of both.
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    common: Common,

    /// Folder of the run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,

    /// Folder of the bundle [default: models/waste]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Test to take the golden cases from; its evaluation, if there is one, goes into the manifest
    #[arg(long, value_name = "NAME", default_value = "all")]
    golden: String,
}

impl Export {
    /// Exports.
    ///
    /// # Errors
    /// The run or the data is missing, tract and burn disagree, or a file cannot be written.
    pub fn run(self) -> Result<()> {
        let trained = Trained::open(&self.run, &self.common)?;
        let out = self
            .out
            .unwrap_or_else(|| places::repository().join("models/waste"));
        let layers = trained.network.deployed();
        let compiled = bundle::compile(&layers, trained.config.network.side, "waste")?;
        let validation = trained.validation()?.photos;
        let logits = agreed_logits(&trained, &compiled, &validation)?;
        let truths: Vec<usize> = validation.iter().map(|photo| photo.label).collect();
        let temperature = metrics::fit_temperature(&logits, &truths);
        let golden = first_of_each_class(
            trained.test(&self.golden, Framing::Whole)?.photos,
            trained.config.data.labels(),
        )?;
        agreed_logits(&trained, &compiled, &golden)?;
        let manifest = bundle::write(
            &out,
            Bundle {
                name: "waste",
                architecture: trained.config.network.architecture(),
                layers: &layers,
                side: trained.config.network.side,
                labels: trained.config.data.labels(),
                temperature: temperature as f32,
                accuracy: accuracy(&trained, &self.golden)?,
                data: sources(&trained)?,
                golden: &golden,
            },
            &compiled,
        )?;
        println!(
            "{}: {} {}, {} parameters, {} MACs, temperature {:.3}",
            out.display(),
            manifest.architecture,
            manifest.version,
            manifest.cost.parameters,
            manifest.cost.macs,
            manifest.output.temperature
        );
        Ok(())
    }
}

/// Logits of the exported network, after making sure that the trained one gives the same.
fn agreed_logits(
    trained: &Trained,
    compiled: &Compiled,
    photos: &[Squeezed],
) -> Result<Vec<Vec<f32>>> {
    let side = trained.config.network.side as usize;
    let expected = evaluation::logits(&trained.network, photos, side, &trained.device)?;
    let mut found = Vec::with_capacity(photos.len());
    for (photo, expected) in photos.iter().zip(expected) {
        let logits = compiled.exported.logits(&photo.pixels)?;
        // Asked this way round, a logit that is not a number does not agree.
        let agrees = |(a, b): (&f32, &f32)| (a - b).abs() <= TOLERANCE;
        if !logits.iter().zip(&expected).all(agrees) {
            return Err(Error::internal(format!(
                "on {} the exported network answers {logits:?}, the trained one {expected:?}",
                photo.path.display()
            )));
        }
        found.push(logits);
    }
    Ok(found)
}

/// The first listed photograph of each class.
fn first_of_each_class(photos: Vec<Squeezed>, labels: &[String]) -> Result<Vec<Squeezed>> {
    let mut first: Vec<Option<Squeezed>> = vec![None; labels.len()];
    for photo in photos {
        let place = photo.label;
        first[place].get_or_insert(photo);
    }
    first
        .into_iter()
        .zip(labels)
        .map(|(photo, label)| {
            photo
                .ok_or_else(|| Error::data(format!("the golden list has no photograph of {label}")))
        })
        .collect()
}

/// The measured accuracy, if `list` has been evaluated.
fn accuracy(trained: &Trained, list: &str) -> Result<Vec<Accuracy>> {
    let file = trained.folder.evaluation_file(list);
    if !file.is_file() {
        eprintln!(
            "note: no accuracy in the manifest; `trainer evaluate --test {list}` measures it"
        );
        return Ok(Vec::new());
    }
    let found: Evaluation = files::read_json(&file)?;
    Ok(vec![Accuracy {
        split: found.list,
        correct: found.correct,
        total: found.images,
    }])
}

/// Whose work went into the weights.
fn sources(trained: &Trained) -> Result<Vec<DataSource>> {
    let data = &trained.config.data;
    let credits = data.sources.credits(&trained.data)?;
    let mut sources: Vec<DataSource> = credits
        .into_iter()
        .map(|credit| DataSource {
            name: credit.name,
            licence: credit.licence,
            attribution: credit.attribution,
            images: credit.images as u64,
        })
        .collect();
    if trained.config.network.pretrained_sha256.is_some() {
        sources.push(DataSource {
            name: "MobileNet v1 weights pretrained on ImageNet".to_owned(),
            licence: "Apache-2.0".to_owned(),
            attribution: Some("Keras".to_owned()),
            images: 1_281_167,
        });
    }
    Ok(sources)
}
