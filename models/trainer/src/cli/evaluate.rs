//! `trainer evaluate`.

use std::path::PathBuf;

use clap::Args;
use sortd::error::{Error, Result};

use super::{Common, Trained};
use crate::data::photo::{self, Loaded, Squeezed};
use crate::data::tree::Tree;
use crate::evaluation::{self, Evaluation, Subject};
use crate::files;
use crate::places;
use crate::plots;

/// Measure a run's best weights on photographs that it did not learn from.
///
/// Writes evaluation-LIST.json and confusion-LIST.png into the run's folder.
#[derive(Debug, Args)]
pub struct Evaluate {
    #[command(flatten)]
    common: Common,

    /// Folder of the run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,

    /// List of the run's data set to measure on, such as blocked-test
    #[arg(long, value_name = "LIST", required_unless_present = "dataset")]
    split: Option<String>,

    /// Measure on all photographs of another data set instead, a folder of the data folder whose
    /// classes the network knows
    #[arg(long, value_name = "NAME", conflicts_with = "split")]
    dataset: Option<String>,
}

impl Evaluate {
    /// Measures.
    ///
    /// # Errors
    /// The run or the data is missing, the list holds photographs that were learnt from, or a file
    /// cannot be written.
    pub fn run(self) -> Result<()> {
        let trained = Trained::open(&self.run, &self.common)?;
        let (name, list, items) = match (&self.split, &self.dataset) {
            (Some(split), _) => {
                trained.refuse_leakage(split)?;
                let list = format!("{}/{split}", trained.config.data.dataset);
                (split, list, trained.tree.split(split)?)
            }
            (None, Some(dataset)) => {
                let tree = Tree::open(&places::data(self.common.data.as_deref()).join(dataset))?;
                (
                    dataset,
                    dataset.clone(),
                    tree.all(&trained.config.data.labels)?,
                )
            }
            (None, None) => return Err(Error::usage("neither --split nor --dataset was given")),
        };
        let photos = photo::load_squeezed(&items, trained.config.network.side)?;
        photos.report_skipped(&list);
        let found = measure(&trained, list, &photos)?;
        files::write_json(&trained.folder.evaluation_file(name), &found)?;
        plots::confusion(&trained.folder.confusion_file(name), &found)?;
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
        trained_on: format!("{}/{}", config.data.dataset, config.data.train),
        architecture: config.network.architecture(),
        epoch: trained.best_epoch()?,
        epochs: config.training.epochs,
        labels: config.data.labels.clone(),
    };
    Ok(Evaluation::new(
        subject,
        &logits,
        &truths,
        photos.skipped.len(),
    ))
}

impl Trained {
    /// A network must not be measured on what it has seen.
    fn refuse_leakage(&self, split: &str) -> Result<()> {
        let learnt = self.tree.split(&self.config.data.train)?;
        let known: std::collections::HashSet<_> = learnt.iter().map(|item| &item.path).collect();
        let measured = self.tree.split(split)?;
        let seen = measured
            .iter()
            .filter(|item| known.contains(&item.path))
            .count();
        if seen == 0 {
            return Ok(());
        }
        Err(Error::data(format!(
            "{seen} of the {} photographs of {split} are in {}, which this run learnt from",
            measured.len(),
            self.config.data.train
        ))
        .advice("measure on the test list of the same split, or train on another list"))
    }
}
