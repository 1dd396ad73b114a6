//! The configuration: a TOML file becomes checked values, or a list of everything that is wrong.
//!
//! [`Config::load`] reads one file; a [`Draft`] is one that is still being checked, such as against a
//! model's labels. This module is part of the floor: it names no stage and touches no device.

mod camera;
mod check;
pub mod committed;
mod decision;
mod document;
mod draft;
mod model;
mod place;
mod problem;
mod rectangles;
mod suggest;
mod table;
mod trigger;
mod web;
mod wiring;

use std::path::{Path, PathBuf};

pub use camera::{CameraConfig, CameraSource, Crop, RpicamEncoding};
pub use decision::DecisionConfig;
pub use draft::{Draft, LARGEST_FILE, text_of};
pub use model::ModelConfig;
pub use place::Position;
pub use problem::{Located, MOST_TOLD, Problem, Report};
pub(crate) use suggest::suggestion;
pub use trigger::{PresenceConfig, TriggerConfig, TriggerMode};
pub use web::{Listen, WebConfig};
pub use wiring::{BinConfig, GpioBackend, GpioConfig, LedConfig, ServoConfig, ServoPwm};

use table::Table;

/// Where the configuration is looked for when none is named.
pub const DEFAULT_PATH: &str = "/etc/sortd/sortd.toml";

/// The most bins that one Pi's header can reasonably drive.
pub const MOST_BINS: usize = 16;

/// A configuration that makes sense in itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The file that it came from.
    pub file: PathBuf,
    /// Its text, as it was read.
    pub text: String,
    /// Where pictures come from.
    pub camera: CameraConfig,
    /// Which model decides.
    pub model: ModelConfig,
    /// When the network looks.
    pub trigger: TriggerConfig,
    /// When a recognition is good enough.
    pub decision: DecisionConfig,
    /// What drives the pins.
    pub gpio: GpioConfig,
    /// The light that shows how the daemon is.
    pub status_led: Option<LedConfig>,
    /// Who may open the page.
    pub web: WebConfig,
    /// The bins.
    pub bins: Vec<BinConfig>,
}

impl BinConfig {
    /// Whether the bin accepts `label`.
    #[must_use]
    pub fn takes(&self, label: &str) -> bool {
        self.accepts.iter().any(|accepted| accepted.value == label)
    }
}

impl Config {
    /// Reads and checks a configuration file. Relative paths in it are relative to the folder in which it
    /// lies; where `file` is a link, that is the folder of what it leads to.
    ///
    /// # Errors
    /// Every problem of the file, by place.
    pub fn load(file: &Path) -> Result<Self, Report> {
        Draft::load(file)?.finish()
    }

    /// Checks the text of a configuration; `file` names it in messages and anchors relative paths.
    ///
    /// # Errors
    /// Every problem of the text, by place.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Report> {
        Draft::parse(text, file)?.finish()
    }

    fn read(root: &Table<'_>, file: &Path) -> Self {
        let folder = &folder_of(file);
        if root.lacks("bins") {
            root.problem(
                "bins",
                "there is no bin",
                "add at least one [[bins]] table; config/examples shows how",
            );
        }
        let tables = root.tables("bins");
        if tables.len() > MOST_BINS {
            root.problem(
                "bins",
                format!("{} bins are too many", tables.len()),
                format!("keep at most {MOST_BINS}"),
            );
        }
        let config = Self {
            file: file.into(),
            text: root.file_text().to_owned(),
            camera: CameraConfig::read(&root.table("camera"), folder),
            model: ModelConfig::read(&root.table("model"), folder),
            trigger: TriggerConfig::read(&root.table("trigger")),
            decision: DecisionConfig::read(&root.table("decision")),
            gpio: GpioConfig::read(&root.table("gpio")),
            status_led: LedConfig::read(&root.table("status-led")),
            web: WebConfig::read(&root.table("web")),
            bins: tables.iter().filter_map(BinConfig::read).collect(),
        };
        root.finish();
        config
    }

    /// Checks the bins against the labels of a model; `empty` is the label for an empty drop zone.
    ///
    /// # Errors
    /// Labels that the model does not have, and labels that no bin accepts.
    pub fn check_labels(&self, labels: &[String], empty: Option<&str>) -> Result<(), Report> {
        let mut draft = Draft::of(self.clone());
        draft.check_labels(labels, empty);
        draft.finish().map(|_| ())
    }
}

/// The folder that the paths of a configuration are relative to.
fn folder_of(file: &Path) -> PathBuf {
    let linked = file
        .is_symlink()
        .then(|| file.canonicalize().ok())
        .flatten();
    linked
        .as_deref()
        .unwrap_or(file)
        .parent()
        .unwrap_or(Path::new(""))
        .to_owned()
}
