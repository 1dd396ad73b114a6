//! A run's network with its best weights, opened again.

use std::path::Path;

use burn::tensor::Device;
use sortd::error::{Error, Result};

use super::Common;
use crate::answers::{self, Answers};
use crate::checkpoint;
use crate::compress::narrow::Written;
use crate::config::RunConfig;
use crate::data::Sources;
use crate::data::photo::Squeezed;
use crate::deploy::Deployed;
use crate::deploy::simulate::Simulation;
use crate::evaluation::Numbers;
use crate::files;
use crate::metrics::Answered;
use crate::nets::net::{Net, Pass};
use crate::nets::parameters;
use crate::nets::plan::Plan;
use crate::quantise::Ranges;
use crate::rng::{Purpose, Rng};
use crate::run_folder::{self, EpochRecord, RunFolder};

/// A run that has weights.
#[derive(Debug)]
pub struct Trained {
    /// Its folder.
    pub folder: RunFolder,
    /// Its configuration.
    pub config: RunConfig,
    /// Its network with the best weights.
    pub network: Net,
    /// Where to compute.
    pub device: Device,
}

impl Trained {
    /// Opens the run in `root`.
    ///
    /// # Errors
    /// There is no run, it has no weights yet, they are of another network, or its network and its
    /// labels do not fit each other.
    pub fn open(root: &Path, common: &Common) -> Result<Self> {
        let device = common.device.open()?;
        let folder = RunFolder::open(root)?;
        let config = folder.config()?;
        let plan = folder.plan()?;
        require_fit(root, &plan, &config)?;
        // All of them are read from the file.
        let parameters =
            parameters::random(&plan, &mut Rng::new(config.seed, Purpose::Weights, 0, 0));
        let ranges = Ranges::unseen(plan.nodes.len());
        let mut network = Net::new(plan, &parameters, &ranges, &device);
        checkpoint::load_weights(&folder.best_file(), &mut network)?;
        Ok(Self {
            folder,
            config,
            network,
            device,
        })
    }

    /// The folder's name, by which other runs say where they are from.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.folder.root().file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// SHA-256 of the file of its weights.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn weights_sha256(&self) -> Result<String> {
        Ok(files::sha256(&files::read(&self.folder.best_file())?))
    }

    /// Its network's plan and parameters, to go on from.
    #[must_use]
    pub fn written(&self) -> Written {
        Written {
            plan: self.network.plan().clone(),
            parameters: self.network.parameters(),
        }
    }

    /// The run as the teacher of one whose pictures have `side` pixels and whose labels are `labels`.
    ///
    /// # Errors
    /// It knows other labels or pictures of another size, so that its logits would mean something else.
    pub fn into_teacher(self, labels: &[String], side: u32) -> Result<Self> {
        let (its_labels, its_side) = (self.config.data.labels(), self.config.network.side);
        let advice = "give a --teacher that was trained on the labels and picture size of this run";
        let root = self.folder.root().display();
        if its_labels != labels {
            return Err(Error::data(format!(
                "{root} cannot be a teacher of this run: it tells {} apart, not {}",
                its_labels.join(", "),
                labels.join(", ")
            ))
            .advice(advice));
        }
        if its_side != side {
            return Err(Error::data(format!(
                "{root} cannot be a teacher of this run: it looks at pictures of {its_side} pixels, not {side}"
            ))
            .advice(advice));
        }
        Ok(self)
    }

    /// The network as it is deployed: in int8 where it is quantised.
    ///
    /// # Errors
    /// The range of an activation is not known.
    pub fn deployed(&self) -> Result<Deployed> {
        if self.config.training.quantised {
            Deployed::quantised(&self.network)
        } else {
            Ok(Deployed::real(&self.network))
        }
    }

    /// What the deployed network answers to photographs, computed by the trainer.
    ///
    /// # Errors
    /// A photograph has another size, or the range of an activation is not known.
    pub fn answers(&self, photos: &[Squeezed]) -> Result<Answers> {
        if self.config.training.quantised {
            return Simulation::new(&self.deployed()?)?.answers(photos);
        }
        let side = self.config.network.side as usize;
        answers::answers(&self.network, Pass::Evaluate, photos, side, &self.device)
    }

    /// The logits of that, with the photographs' classes.
    ///
    /// # Errors
    /// As [`Self::answers`].
    pub fn answered(&self, photos: &[Squeezed]) -> Result<Answered> {
        Ok(Answered {
            logits: self.answers(photos)?.logits,
            truths: photos.iter().map(|photo| photo.label).collect(),
        })
    }

    /// What the deployed network computes in.
    #[must_use]
    pub const fn numbers(&self) -> Numbers {
        if self.config.training.quantised {
            Numbers::Int8
        } else {
            Numbers::Float
        }
    }

    /// The photographs of the run.
    #[must_use]
    pub const fn sources(&self) -> &Sources {
        &self.config.data.sources
    }

    /// The epoch whose weights were kept as the best; 0 where it had no epochs.
    ///
    /// # Errors
    /// The run's records cannot be read.
    pub fn best_epoch(&self) -> Result<usize> {
        let history = self.history()?;
        Ok(run_folder::best(&self.config, &history).map_or(0, |best| best.epoch))
    }

    /// What was measured, one record an epoch.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn history(&self) -> Result<Vec<EpochRecord>> {
        if self.config.training.epochs == 0 {
            return Ok(Vec::new());
        }
        files::read_json(&self.folder.metrics_file())
    }
}

/// Makes sure that the network of a run is the one that its configuration speaks of: both are files
/// that people can change.
fn require_fit(root: &Path, plan: &Plan, config: &RunConfig) -> Result<()> {
    let (outputs, labels) = (plan.classes(), config.data.labels().len());
    let (shown, side) = (plan.side, config.network.side);
    let what = if outputs != labels {
        format!("a network of {outputs} outputs and a configuration of {labels} labels")
    } else if shown != side as usize {
        format!("a network for pictures of {shown} pixels and a configuration for {side}")
    } else {
        return Ok(());
    };
    Err(Error::data(format!("{} has {what}", root.display()))
        .advice("its plan.json or config.toml was changed; put it back or start a new run"))
}
