//! Everything that can be checked before anything is touched: the configuration, the model, and how
//! the two fit.

use std::path::Path;
use std::sync::Arc;

use super::proof::{self, Limits};
use crate::actuate::{self, PwmUnit};
use crate::classify::bundle::{Bundle, Manifest};
use crate::classify::{Classifier, Compute, TractClassifier};
use crate::config::committed::Origin;
use crate::config::{BinConfig, CameraConfig, CameraSource, Config, Draft, GpioBackend, Report};
use crate::decide::Sorting;
use crate::error::{Error, Result};
use crate::visible::visible;

/// A configuration whose model is loaded, proven and fits its bins.
#[derive(Debug)]
pub struct Plan {
    /// The configuration.
    pub config: Config,
    /// Where it comes from.
    pub origin: Origin,
    /// The model.
    pub classifier: TractClassifier,
    /// Which label belongs into which bin.
    pub sorting: Sorting,
    /// Name and version of the model, for people.
    pub model: String,
    /// What the model says of itself.
    pub manifest: Arc<Manifest>,
    /// What may go wrong on another board than this, one line each with its place in the file.
    pub remarks: Vec<String>,
}

impl Plan {
    /// Reads and checks a configuration with its model; touches no camera and no pin.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration, or the model cannot be used.
    pub fn load(file: &Path) -> Result<Self> {
        Ok(Self::complete(Draft::load(file)?, |_| Ok(()))?)
    }

    /// The same for a model that nobody has looked at yet: one that the configuration names is loaded
    /// here only when a child process has proven it within `limits`. The one inside the binary is known.
    ///
    /// # Errors
    /// As for [`load`](Self::load); or the model needs more memory or time.
    pub fn load_proven(file: &Path, limits: &Limits) -> Result<Self> {
        Ok(Self::complete_proven(Draft::load(file)?, limits)?)
    }

    /// The same for a text that is to be in force as if it stood in `file`.
    ///
    /// # Errors
    /// As for [`load_proven`](Self::load_proven).
    pub fn parse_proven(
        text: &str,
        file: &Path,
        origin: Origin,
        limits: &Limits,
    ) -> std::result::Result<Self, Unfit> {
        let plan = Self::complete_proven(Draft::parse(text, file)?, limits)?;
        Ok(Self { origin, ..plan })
    }

    fn complete_proven(draft: Draft, limits: &Limits) -> std::result::Result<Self, Unfit> {
        Self::complete(draft, |config| {
            if config.model.bundle.is_some() {
                prove(config, limits)
            } else {
                Ok(())
            }
        })
    }

    /// Checks a configuration with its model.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn of(config: Config) -> Result<Self> {
        Ok(Self::complete(Draft::of(config), |_| Ok(()))?)
    }

    fn complete(
        draft: Draft,
        prove: impl FnOnce(&Config) -> Result<()>,
    ) -> std::result::Result<Self, Unfit> {
        let fitting = fitting(draft, |config| {
            prove(config)?;
            let bundle = Bundle::choose(folder(config))?;
            TractClassifier::load(&bundle, Compute::best(config.model.threads))
        })?;
        let (config, classifier) = (fitting.config, fitting.loaded);
        Ok(Self {
            sorting: Sorting::new(&config, classifier.labels(), classifier.empty_label()),
            model: named(&fitting.manifest),
            manifest: Arc::new(fitting.manifest),
            origin: Origin::default(),
            config,
            classifier,
            remarks: fitting.remarks,
        })
    }

    /// What it says, for people: a name and what is to be said of it, the camera first.
    #[must_use]
    pub fn describe(&self) -> Vec<(&'static str, String)> {
        describe(&self.config, &self.model, &self.remarks)
    }
}

/// Why a configuration cannot be in force.
#[derive(Debug)]
pub enum Unfit {
    /// Something in it is wrong.
    Wrong(Report),
    /// It may be right, and cannot be used here and now.
    Failed(Error),
}

impl From<Report> for Unfit {
    fn from(report: Report) -> Self {
        Self::Wrong(report)
    }
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Unfit> for Error {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Wrong(report) => report.into(),
            Unfit::Failed(error) => error,
        }
    }
}

/// A configuration whose model fits its bins and was proven, but is not loaded.
#[derive(Debug)]
pub struct Proven {
    /// The configuration.
    pub config: Config,
    /// Name and version of the model, for people.
    pub model: String,
    /// What is worth knowing and no fault.
    pub remarks: Vec<String>,
}

impl Proven {
    /// Reads and checks a configuration, and has a child process prove its model within `limits`; this
    /// process needs neither memory nor time for it.
    ///
    /// # Errors
    /// As for [`Plan::load_proven`].
    pub fn load(file: &Path, limits: &Limits) -> Result<Self> {
        Ok(Self::complete(Draft::load(file)?, limits)?)
    }

    /// The same for a text that is to be in force as if it stood in `file`.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn parse(text: &str, file: &Path, limits: &Limits) -> std::result::Result<Self, Unfit> {
        Self::complete(Draft::parse(text, file)?, limits)
    }

    fn complete(draft: Draft, limits: &Limits) -> std::result::Result<Self, Unfit> {
        let fitting = fitting(draft, |config| prove(config, limits))?;
        Ok(Self {
            config: fitting.config,
            model: named(&fitting.manifest),
            remarks: fitting.remarks,
        })
    }

    /// As [`Plan::describe`].
    #[must_use]
    pub fn describe(&self) -> Vec<(&'static str, String)> {
        describe(&self.config, &self.model, &self.remarks)
    }
}

/// A configuration that fits its model.
struct Fitting<T> {
    config: Config,
    manifest: Manifest,
    remarks: Vec<String>,
    /// What was made of the model.
    loaded: T,
}

/// Checks a configuration against its model, of which `load` makes what the caller wants; where something is
/// wrong, all of it is told at once.
fn fitting<T>(
    mut draft: Draft,
    load: impl FnOnce(&Config) -> Result<T>,
) -> std::result::Result<Fitting<T>, Unfit> {
    let bundle = draft.config().model.bundle.clone();
    let loaded = Bundle::manifest_of(folder(draft.config()))
        .inspect(|manifest| {
            draft.check_labels(&manifest.labels, manifest.empty_label.as_deref());
        })
        .and_then(|manifest| Ok((manifest, load(draft.config())?)));
    // A bundle that the configuration names is the configuration's fault, and is shown at its place.
    if let (Err(error), Some(located)) = (&loaded, &bundle) {
        draft.report(located.problem(error.to_string(), ""));
    }
    let remarks = check_channels(&mut draft);
    let config = draft.finish()?;
    let (manifest, loaded) = loaded?;
    Ok(Fitting {
        config,
        manifest,
        remarks,
        loaded,
    })
}

/// Lids that share a PWM channel are a problem on a board that is known to let them, and else worth a remark.
fn check_channels(draft: &mut Draft) -> Vec<String> {
    let board = PwmUnit::of_this_board();
    let shared = actuate::shared_channels(draft.config(), board);
    if board.is_some() {
        for problem in shared {
            draft.report(problem);
        }
        return Vec::new();
    }
    let report = Report::new(draft.config().file.clone(), shared).to_string();
    report.lines().map(str::to_owned).collect()
}

/// The bundle that the configuration names, if it names one.
fn folder(config: &Config) -> Option<&Path> {
    let named = config.model.bundle.as_ref();
    named.map(|located| located.value.as_path())
}

fn prove(config: &Config, limits: &Limits) -> Result<()> {
    proof::prove(folder(config), config.model.threads, limits)
}

fn named(manifest: &Manifest) -> String {
    format!("{} {}", manifest.name, manifest.version)
}

fn describe(config: &Config, model: &str, remarks: &[String]) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("camera", camera(&config.camera.source)),
        ("model", model.to_owned()),
        ("GPIO", backend(&config.gpio.backend)),
    ];
    let status = config.status_led.iter();
    lines.extend(status.map(|led| ("status", format!("light on {}", led.pin.value))));
    lines.extend(config.bins.iter().map(|each| ("bin", bin(each))));
    lines.extend(remarks.iter().map(|remark| ("remark", remark.clone())));
    let shown = |(name, said): (_, String)| (name, visible(&said).into_owned());
    lines.into_iter().map(shown).collect()
}

/// Whether two configurations see the drop zone alike, so that what was learnt of it by the one holds
/// for the other.
pub(super) fn see_the_same(one: &CameraConfig, other: &CameraConfig) -> bool {
    let view = |camera: &CameraConfig| (camera.width, camera.height, camera.rotate, camera.zone);
    one.source == other.source && view(one) == view(other) && one.mask == other.mask
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
