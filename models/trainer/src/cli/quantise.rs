//! `trainer quantise`.

use std::path::PathBuf;

use burn::tensor::{Device, Tensor};
use clap::Args;
use sortd::error::Result;

use super::Trained;
use super::start::Start;
use super::training_options::{Description, TrainingOptions};
use super::training_run::{Defaults, TrainingRun};
use super::values::count;
use crate::answers;
use crate::data::material::Framing;
use crate::data::photo::Squeezed;
use crate::deploy;
use crate::files;
use crate::nets::net::Pass;
use crate::places;
use crate::rng::{Purpose, Rng};

/// Quantise a run's network to int8: calibrate it, then fine-tune it by quantisation-aware training (QAT).
///
/// The ranges of all activations, and what quantisation shifts in each channel, are taken from a fixed set of training
/// photographs, whose list is written into the run's folder. With --epochs 0 that is all (post-training
/// quantisation).
#[derive(Debug, Args)]
pub struct Quantise {
    #[command(flatten)]
    training: TrainingOptions,

    /// Run whose best weights are quantised
    #[arg(long, value_name = "DIR")]
    from: PathBuf,

    /// Photographs that the network is calibrated with
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = count())]
    calibration: usize,
}

/// The file that lists the photographs of the calibration.
const LIST: &str = "calibration.txt";

impl Quantise {
    /// Calibrates and fine-tunes.
    ///
    /// # Errors
    /// The run or the photographs cannot be read, or training fails.
    pub fn run(self) -> Result<()> {
        let trained = Trained::open(&self.from, &self.training.common)?;
        let description = self.training.description(Some(&trained.config))?;
        let mut start = Start::run(&trained)?;
        start.require_labels(&description.sources.labels)?;
        let photos = self.photos(&description, start.network.plan.side as u32)?;
        calibrate(&mut start, &trained.device, &photos)?;
        let list = photos.iter().fold(String::new(), |list, photo| {
            list + &photo.path.display().to_string() + "\n"
        });
        let run = self.training.run.clone();
        let defaults = Defaults {
            epochs: 6,
            rate: 1e-4,
        };
        let calibration = photos.len();
        TrainingRun::prepare(self.training, description, &start, defaults)?.train(
            &start,
            |config| {
                config.training.quantised = true;
                config.training.calibration = Some(calibration);
            },
        )?;
        files::write_whole(&run.join(LIST), list.as_bytes())
    }

    /// Training photographs as they are measured, drawn from the whole list, in an order that mixes the
    /// classes: what is shown first counts most.
    fn photos(&self, description: &Description, side: u32) -> Result<Vec<Squeezed>> {
        let sources = &description.sources;
        let data = places::data(self.training.common.data.as_deref());
        let loaded = sources.load(&data, &sources.train, side, Framing::Whole)?;
        loaded.report_skipped("photographs to calibrate with");
        let photos = loaded.photos;
        let order = Rng::new(self.training.seed, Purpose::Calibration, 0, 0).order(photos.len());
        let drawn = order.into_iter().take(self.calibration);
        Ok(drawn.map(|place| photos[place].clone()).collect())
    }
}

/// Takes the ranges of a network's activations from photographs, and makes up in its biases for what quantisation
/// shifts on them (bias correction).
fn calibrate(start: &mut Start, device: &Device, photos: &[Squeezed]) -> Result<()> {
    let network = start.network(device);
    let side = network.plan().side;
    answers::answers(&network, Pass::Calibrate, photos, side, device)?;
    let batches: Vec<Tensor<4>> = answers::batches(photos, side, device).collect::<Result<_>>()?;
    start.network.parameters = deploy::corrected(&network, batches);
    start.ranges = network.ranges();
    Ok(())
}
