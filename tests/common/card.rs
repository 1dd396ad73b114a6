//! A card as `sortd takeover` finds it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Ran, copy_folder, finish, root, sortd};

/// A boot partition and a state partition, as after flashing: the configuration is a plain file.
pub struct Card {
    folder: TempDir,
}

impl Card {
    pub fn new() -> Self {
        let card = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(card.boot()).unwrap();
        fs::create_dir(card.state()).unwrap();
        fs::copy(shipped_config(), card.in_force()).unwrap();
        card
    }

    pub fn boot(&self) -> PathBuf {
        self.folder.path().join("boot")
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn in_force(&self) -> PathBuf {
        self.state().join("sortd.toml")
    }

    pub fn mark(&self) -> PathBuf {
        self.folder.path().join("refused")
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.boot().join(name), text).unwrap();
    }

    /// Takes over, which never fails for what lies on the boot partition; answers with the report.
    #[track_caller]
    pub fn take_over(&self) -> String {
        let ran = self.run();
        assert_eq!(ran.status, 0, "{ran:?}");
        let report = fs::read_to_string(self.boot().join("sortd-report.txt")).unwrap();
        assert!(report.lines().count() > 5 && report.contains("\r\n"));
        report.replace("\r\n", "\n")
    }

    pub fn run(&self) -> Ran {
        finish(&mut self.command())
    }

    /// The takeover, not started yet.
    pub fn command(&self) -> Command {
        let mut command = sortd();
        command
            .args(["takeover", "--from"])
            .arg(self.boot())
            .arg("--state")
            .arg(self.state())
            .arg("--refused")
            .arg(self.mark());
        command
    }

    /// Puts the shipped model onto the boot partition, as `models/NAME`.
    pub fn add_model(&self, name: &str) {
        let place = self.boot().join("models").join(name);
        copy_folder(&root().join("models/waste"), &place);
    }

    /// The generation in force, by its number.
    pub fn generation(&self) -> u64 {
        let link = fs::read_link(self.in_force()).unwrap();
        let number = link.parent().and_then(Path::file_name).unwrap();
        number.to_str().unwrap().parse().unwrap()
    }

    /// Whether a generation holds a model.
    pub fn holds(&self, generation: u64, model: &str) -> bool {
        let models = format!("taken/{generation}/models/{model}");
        self.state().join(models).is_dir()
    }

    #[track_caller]
    pub fn assert_in_force_is_fine(&self) {
        let ran = finish(sortd().args(["check", "-c"]).arg(self.in_force()));
        assert_eq!(ran.status, 0, "{ran:?}");
    }
}

pub fn shipped_config() -> PathBuf {
    root().join("config/sortd.toml")
}

pub fn config(change: impl Fn(String) -> String) -> String {
    change(fs::read_to_string(shipped_config()).unwrap())
}

/// The shipped configuration with another hold: right, and not what is in force.
pub fn holding(millis: u32) -> String {
    config(|text| text.replace("hold-ms = 4000", &format!("hold-ms = {millis}")))
}

/// The shipped configuration with a model that comes with it.
pub fn naming_kitchen() -> String {
    config(|text| {
        text.replace(
            "# bundle = \"/usr/share/sortd/models/waste-small\"",
            "bundle = \"models/kitchen\"",
        )
    })
}
