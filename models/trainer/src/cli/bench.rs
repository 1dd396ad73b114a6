//! `trainer bench`.

mod peer;

use std::num::NonZeroUsize;
use std::thread;
use std::time::Instant;

use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use clap::Args;
use serde::Serialize;
use sortd::error::{Error, Result};

use super::start::Start;
use super::values::width;
use crate::device::DeviceKind;
use crate::nets::net::{Net, Pass};
use crate::nets::{Architecture, Head, MobileNetV1};
use peer::Peer;

/// As many as the waste network has; what they are does not matter here.
const CLASSES: usize = 6;

/// Measure how many images a second a training step takes, beside PyTorch where that is installed.
///
/// A step is a forward pass of MobileNet v1 on random images, the loss, the backward pass and the optimiser's
/// update. Both sides take turns, so that what else runs on the machine slows both; the medians of
/// the rounds count.
#[derive(Debug, Args)]
pub struct Bench {
    /// Width multiplier of the network
    #[arg(long, default_value = "0.5", value_parser = width)]
    width: f64,

    /// Side of the images in pixels
    #[arg(long, default_value = "128", value_parser = clap::value_parser!(u16).range(32..=1024))]
    side: u16,

    /// Images a step
    #[arg(long, default_value = "32", value_parser = clap::value_parser!(u16).range(2..=1024))]
    batch: u16,

    /// How often both sides take their turn
    #[arg(long, default_value = "7", value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,

    /// Steps of a turn
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u16).range(1..=1000))]
    steps: u16,

    /// Where to compute; PyTorch always uses the processor
    #[arg(long, value_enum, default_value = "cpu")]
    device: DeviceKind,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Measured {
    width: f64,
    side: u16,
    batch: u16,
    threads: usize,
    trainer: Side,
    /// Missing where PyTorch is not installed.
    pytorch: Option<Side>,
    /// The trainer's images a second over PyTorch's.
    ratio: Option<f64>,
}

/// One side's medians.
#[derive(Debug, Serialize)]
struct Side {
    version: String,
    milliseconds_per_step: f64,
    images_per_second: f64,
}

impl Bench {
    /// Measures and prints.
    ///
    /// # Errors
    /// The device is not there, or PyTorch failed in the middle.
    pub fn run(self) -> Result<()> {
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let mut peer = Peer::start(self.width, self.side, self.batch, threads)?;
        let mut workload = Workload::new(&self)?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        // The first turn warms caches, clocks and allocators up, and does not count.
        for round in 0..=self.rounds {
            let own = workload.take_steps(self.steps);
            let other = match &mut peer {
                Some(peer) => Some(peer.take_steps(self.steps)?),
                None => None,
            };
            if round > 0 {
                ours.push(own);
                theirs.extend(other);
            }
        }
        let trainer = self.side(env!("CARGO_PKG_VERSION"), ours);
        let pytorch = peer.map(|peer| self.side(peer.version(), theirs));
        let ratio = pytorch
            .as_ref()
            .map(|pytorch| trainer.images_per_second / pytorch.images_per_second);
        self.print(&Measured {
            width: self.width,
            side: self.side,
            batch: self.batch,
            threads,
            trainer,
            pytorch,
            ratio,
        })
    }

    /// The median of some turns' seconds.
    fn side(&self, version: &str, mut turns: Vec<f64>) -> Side {
        turns.sort_by(f64::total_cmp);
        let seconds = turns[turns.len() / 2] / f64::from(self.steps);
        Side {
            version: version.to_owned(),
            milliseconds_per_step: seconds * 1000.0,
            images_per_second: f64::from(self.batch) / seconds,
        }
    }

    fn print(&self, measured: &Measured) -> Result<()> {
        if self.json {
            let text = serde_json::to_string_pretty(measured).map_err(|error| {
                Error::internal("cannot write the measurement as JSON").caused_by(error)
            })?;
            return say!("{text}");
        }
        say!(
            "MobileNet v1 {}, {side}×{side}, batch {}, {} threads: a training step",
            self.width,
            self.batch,
            measured.threads,
            side = self.side,
        )?;
        let line = |name: &str, side: &Side| {
            say!(
                "  {name:<20} {:7.1} ms  {:6.1} images/s",
                side.milliseconds_per_step,
                side.images_per_second
            )
        };
        line("trainer", &measured.trainer)?;
        match (&measured.pytorch, measured.ratio) {
            (Some(pytorch), Some(ratio)) => {
                line(&format!("PyTorch {}", pytorch.version), pytorch)?;
                say!("  ratio {ratio:.2}")
            }
            _ => say!("  PyTorch is not installed; `make train-bench` installs it"),
        }
    }
}

/// The network in the middle of its training.
struct Workload {
    network: Net,
    optimiser: ModuleOptimizer,
    images: Tensor<4>,
    target: Tensor<2>,
}

impl Workload {
    fn new(bench: &Bench) -> Result<Self> {
        let device = bench.device.open()?.autodiff();
        device.seed(1);
        let (batch, side) = (usize::from(bench.batch), usize::from(bench.side));
        let architecture = MobileNetV1 {
            width: bench.width,
            stem_stride: 2,
            head: Head::Classic,
        };
        let plan = architecture.plan(side, CLASSES)?;
        let optimiser = AdamWConfig::new().with_weight_decay(0.05).init();
        Ok(Self {
            network: Start::random(plan, 1).network(&device),
            optimiser,
            images: images(batch, side, &device),
            target: target(batch, &device),
        })
    }

    /// Takes some steps and gives the seconds that they took.
    fn take_steps(&mut self, steps: u16) -> f64 {
        let started = Instant::now();
        for _ in 0..steps {
            let logits = self
                .network
                .forward(self.images.clone(), Pass::Train { draw: 1 })
                .logits;
            let loss = -(log_softmax(logits, 1) * self.target.clone()).sum();
            let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
            let network = self.network.clone();
            self.network = self.optimiser.step(1e-3, network, gradients);
            // As a training does, wait for the loss.
            let _loss = loss.into_scalar::<f32>();
        }
        started.elapsed().as_secs_f64()
    }
}

fn images(batch: usize, side: usize, device: &Device) -> Tensor<4> {
    let noise = burn::tensor::Distribution::Uniform(-1.0, 1.0);
    Tensor::random([batch, 3, side, side], noise, device)
}

/// The labels 0, 1, 2, … as what the log-probabilities are multiplied with.
fn target(batch: usize, device: &Device) -> Tensor<2> {
    let hit = |at: usize| at % CLASSES == at / CLASSES % CLASSES;
    let share = |at| if hit(at) { 1.0 / batch as f32 } else { 0.0 };
    let rows: Vec<f32> = (0..batch * CLASSES).map(share).collect();
    Tensor::from_data(TensorData::new(rows, [batch, CLASSES]), device)
}
