//! Everything that can be checked before anything is touched: the configuration, the model, and how
//! the two fit.

use std::path::Path;

use crate::actuate::{self, PwmUnit};
use crate::classify::bundle::Bundle;
use crate::classify::{Classifier, Compute, TractClassifier};
use crate::config::{BinConfig, CameraConfig, CameraSource, Config, Draft, GpioBackend, Report};
use crate::decide::Sorting;
use crate::error::Result;
use crate::visible::visible;

/// A configuration whose model is loaded, proven and fits its bins.
#[derive(Debug)]
pub struct Plan {
    /// The configuration.
    pub config: Config,
    /// The model.
    pub classifier: TractClassifier,
    /// Which label belongs into which bin.
    pub sorting: Sorting,
    /// Name and version of the model, for people.
    pub model: String,
    /// What may go wrong on another board than this, one line each with its place in the file.
    pub remarks: Vec<String>,
}

impl Plan {
    /// Reads and checks a configuration with its model; touches no camera and no pin.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration, or the model cannot be used.
    pub fn load(file: &Path) -> Result<Self> {
        Self::complete(Draft::load(file)?)
    }

    /// Checks a configuration with its model.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn of(config: Config) -> Result<Self> {
        Self::complete(Draft::of(config))
    }

    /// Adds what the model says against the bins, so that everything wrong is told at once.
    fn complete(mut draft: Draft) -> Result<Self> {
        let named = draft.config().model.bundle.clone();
        let compute = Compute::best(draft.config().model.threads);
        let loaded = Bundle::choose(named.as_ref().map(|located| located.value.as_path()))
            .inspect(|Bundle { manifest, .. }| {
                draft.check_labels(&manifest.labels, manifest.empty_label.as_deref());
            })
            .and_then(|bundle| Ok((TractClassifier::load(&bundle, compute)?, bundle.manifest)));
        // A bundle that the configuration names is the configuration's fault, and is shown at its place.
        if let (Err(error), Some(located)) = (&loaded, &named) {
            draft.report(located.problem(error.to_string(), ""));
        }
        let board = PwmUnit::of_this_board();
        let shared = actuate::shared_channels(draft.config(), board);
        let mut remarks = Vec::new();
        if board.is_some() {
            shared.into_iter().for_each(|problem| draft.report(problem));
        } else {
            let report = Report::new(draft.config().file.clone(), shared).to_string();
            remarks.extend(report.lines().map(str::to_owned));
        }
        let config = draft.finish()?;
        let (classifier, manifest) = loaded?;
        Ok(Self {
            sorting: Sorting::new(&config, classifier.labels(), classifier.empty_label()),
            model: format!("{} {}", manifest.name, manifest.version),
            config,
            classifier,
            remarks,
        })
    }

    /// What it says, for people: a name and what is to be said of it, the camera first.
    #[must_use]
    pub fn describe(&self) -> Vec<(&'static str, String)> {
        let shown = |(name, said): (_, String)| (name, visible(&said).into_owned());
        self.said().into_iter().map(shown).collect()
    }

    fn said(&self) -> Vec<(&'static str, String)> {
        let config = &self.config;
        let mut lines = vec![
            ("camera", camera(&config.camera.source)),
            ("model", self.model.clone()),
            ("GPIO", backend(&config.gpio.backend)),
        ];
        let status = config.status_led.iter();
        lines.extend(status.map(|led| ("status", format!("light on {}", led.pin.value))));
        lines.extend(config.bins.iter().map(|each| ("bin", bin(each))));
        lines.extend(self.remarks.iter().map(|remark| ("remark", remark.clone())));
        lines
    }
}

/// Whether two configurations see the drop zone alike, so that what was learnt of it by the one holds
/// for the other.
pub(super) fn see_the_same(one: &CameraConfig, other: &CameraConfig) -> bool {
    let view = |camera: &CameraConfig| (camera.width, camera.height, camera.rotate, camera.zone);
    one.source == other.source && view(one) == view(other)
}

fn camera(source: &CameraSource) -> String {
    match source {
        CameraSource::V4l2 { device: None } => "the first that can capture".into(),
        CameraSource::V4l2 { device: Some(path) } => path.display().to_string(),
        CameraSource::Rpicam { index, .. } => format!("CSI camera {index} through rpicam-vid"),
        CameraSource::Replay { path, .. } => format!("replay of {}", path.display()),
    }
}

fn backend(backend: &GpioBackend) -> String {
    match backend {
        GpioBackend::Rppal => "Raspberry Pi".into(),
        GpioBackend::Gpiochip(path) => path.display().to_string(),
        GpioBackend::Simulated => "simulated: nothing moves".into(),
    }
}

/// A bin's name, what belongs into it, and what it is wired to.
fn bin(bin: &BinConfig) -> String {
    let labels: Vec<&str> = bin
        .accepts
        .iter()
        .map(|label| label.value.as_str())
        .collect();
    let accepts = if labels.is_empty() {
        "what is left".into()
    } else {
        labels.join(", ")
    };
    let led = bin
        .led
        .iter()
        .map(|led| format!("light on {}", led.pin.value));
    let servo = bin
        .servo
        .iter()
        .map(|servo| format!("lid on {}", servo.pin.value));
    let wired: Vec<String> = led.chain(servo).collect();
    format!("{}: {accepts} ({})", bin.name.value, wired.join(", "))
}
