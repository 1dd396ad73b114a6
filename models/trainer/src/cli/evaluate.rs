//! `trainer evaluate`.

use std::path::PathBuf;

use clap::Args;
use sortd::error::Result;

use super::{Common, Trained};
use crate::data::material::Framing;
use crate::data::photo::{Loaded, Squeezed};
use crate::evaluation::{self, Evaluation, Subject};
use crate::files;
use crate::plots;

/// Measure a run's best weights on photographs that it did not learn from.
///
/// Writes evaluation-NAME.json and confusion-NAME.png into the run's folder.
#[derive(Debug, Args)]
pub struct Evaluate {
    #[command(flatten)]
    common: Common,

    /// Folder of the run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,

    /// Test of the run's description to measure on, such as trashnet/blocked-test
    #[arg(long, value_name = "NAME")]
    test: String,

    /// Cut each photograph to its item, where that can be told from what it lies on
    #[arg(long)]
    crop: bool,
}

impl Evaluate {
    /// Measures.
    ///
    /// # Errors
    /// The run or the data is missing, the run's description has no such test, a photograph of it
    /// was learnt from, or a file cannot be written.
    pub fn run(self) -> Result<()> {
        let trained = Trained::open(&self.run, &self.common)?;
        trained.config.data.sources.refuse_leakage(&trained.data)?;
        let (name, framing) = if self.crop {
            (format!("{}/crop", self.test), Framing::Item)
        } else {
            (self.test.clone(), Framing::Whole)
        };
        let photos = trained.test(&self.test, framing)?;
        let found = measure(&trained, name.clone(), &photos)?;
        files::write_json(&trained.folder.evaluation_file(&name), &found)?;
        plots::confusion(&trained.folder.confusion_file(&name), &found)?;
        plots::learning_curves(
            &trained.folder.curves_file(),
            &trained.history()?,
            found.epoch,
        )?;
        println!(
            "{}: {} of {} right, {:.1} % (95 %: {:.1} to {:.1} %)",
            found.list,
            found.correct,
            found.images,
            100.0 * found.accuracy,
            100.0 * found.interval.0,
            100.0 * found.interval.1
        );
        Ok(())
    }
}

fn measure(trained: &Trained, list: String, photos: &Loaded<Squeezed>) -> Result<Evaluation> {
    let config = &trained.config;
    let side = config.network.side as usize;
    let logits = evaluation::logits(&trained.network, &photos.photos, side, &trained.device)?;
    let truths: Vec<usize> = photos.photos.iter().map(|photo| photo.label).collect();
    let subject = Subject {
        list,
        trained_on: config.data.name.clone(),
        architecture: config.network.architecture(),
        epoch: trained.best_epoch()?,
        epochs: config.training.epochs,
        labels: config.data.labels().to_vec(),
    };
    Ok(Evaluation::new(
        subject,
        &logits,
        &truths,
        photos.skipped.len(),
    ))
}
