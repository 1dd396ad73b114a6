//! The configuration: a TOML file becomes checked values, or a list of everything that is wrong.
//!
//! [`Config::load`] reads one file; [`Config::check_labels`] compares it with a model's labels. This
//! module is part of the floor: it names no stage and touches no device.

mod camera;
mod check;
mod decision;
mod model;
mod problem;
mod suggest;
mod table;
mod trigger;
mod wiring;

use std::path::{Path, PathBuf};

pub use camera::{CameraConfig, CameraSource, Crop, RpicamEncoding};
pub use decision::DecisionConfig;
pub use model::ModelConfig;
pub use problem::{Located, Position, Problem, Report};
pub use trigger::{PresenceConfig, TriggerConfig, TriggerMode};
pub use wiring::{BinConfig, GpioBackend, GpioConfig, LedConfig, ServoConfig, ServoPwm};

use table::{Document, Table};
use toml::de::DeTable;

/// Where the configuration is looked for when none is named.
pub const DEFAULT_PATH: &str = "/etc/sortd/sortd.toml";

/// A file larger than this is not a configuration.
const LARGEST_FILE: u64 = 1 << 20;

/// The most bins that one Pi's header can reasonably drive.
pub const MOST_BINS: usize = 16;

/// A configuration that makes sense in itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The file that it came from.
    pub file: PathBuf,
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
    /// Reads and checks a configuration file. Relative paths in it are relative to its folder.
    ///
    /// # Errors
    /// Every problem of the file, by place.
    pub fn load(file: &Path) -> Result<Self, Report> {
        let text = read_text(file).map_err(|(position, what, todo)| {
            Report::new(
                file.into(),
                vec![Problem {
                    position,
                    key: String::new(),
                    what,
                    todo,
                }],
            )
        })?;
        Self::parse(&text, file)
    }

    /// Checks the text of a configuration; `file` names it in messages and anchors relative paths.
    ///
    /// # Errors
    /// Every problem of the text, by place.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Report> {
        let document = Document::new(text);
        let (tree, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            document.report(Problem {
                position: document.position(error.span().map_or(0, |span| span.start)),
                key: String::new(),
                what: error
                    .message()
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" "),
                todo: "correct the TOML syntax here".into(),
            });
        }
        // After a syntax error the tree has holes; its complaints about missing keys would mislead.
        if !errors.is_empty() {
            return Err(Report::new(file.into(), document.into_problems()));
        }
        let config = Self::read(&Table::root(&document, tree.get_ref()), file);
        let mut problems = document.into_problems();
        problems.extend(check::across_tables(&config));
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(Report::new(file.into(), problems))
        }
    }

    fn read(root: &Table<'_>, file: &Path) -> Self {
        let folder = file.parent().unwrap_or(Path::new(""));
        if !root.has("bins") {
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
            camera: CameraConfig::read(&root.table("camera"), folder),
            model: ModelConfig::read(&root.table("model"), folder),
            trigger: TriggerConfig::read(&root.table("trigger")),
            decision: DecisionConfig::read(&root.table("decision")),
            gpio: GpioConfig::read(&root.table("gpio")),
            status_led: LedConfig::read(&root.table("status-led")),
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
        let problems = check::against_labels(self, labels, empty);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Report::new(self.file.clone(), problems))
        }
    }
}

type Unreadable = (Position, String, String);

fn read_text(file: &Path) -> Result<String, Unreadable> {
    let start = Position { line: 1, column: 1 };
    let unreadable = |error: std::io::Error| {
        let todo = match error.kind() {
            std::io::ErrorKind::NotFound => "write one, or name another with --config FILE",
            std::io::ErrorKind::PermissionDenied => "let the user that runs sortd read it",
            _ => "check the file and the disk",
        };
        (start, format!("cannot be read: {error}"), todo.to_owned())
    };
    let size = std::fs::metadata(file).map_err(unreadable)?.len();
    if size > LARGEST_FILE {
        return Err((
            start,
            format!("{size} bytes are no configuration"),
            format!("name the right file; {LARGEST_FILE} bytes are the limit"),
        ));
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        (
            Position::of(&before, valid),
            "not UTF-8 text".to_owned(),
            "save the file as UTF-8".to_owned(),
        )
    })?;
    if text.trim().is_empty() {
        return Err((
            start,
            "the file is empty".into(),
            "start from config/sortd.toml, which explains every key".into(),
        ));
    }
    Ok(text)
}
