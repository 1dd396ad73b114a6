//! Configurations with their models, one folder each, and the link that says which is in force.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use super::models::LARGEST_BUNDLE;
use super::{CONFIG, MODELS, unwritten};
use crate::config::{Draft, LARGEST_FILE};
use crate::error::Result;
use crate::files;
use crate::pipeline::Proven;
use crate::pipeline::proof::Limits;

/// Folder of all generations, below the state.
pub(super) const GENERATIONS: &str = "taken";

/// A configuration and its models.
///
/// `STATE/sortd.toml` is a link to `taken/NUMBER/sortd.toml`. Before the first takeover it may be a file:
/// what came with the image.
#[derive(Debug)]
pub(super) struct Generation {
    state: PathBuf,
    number: u64,
    folder: PathBuf,
}

impl Generation {
    /// Where the configuration in force is found.
    pub fn link(state: &Path) -> PathBuf {
        state.join(CONFIG)
    }

    /// The generation in force.
    pub fn current(state: &Path) -> Result<Self> {
        let number = match fs::read_link(Self::link(state)) {
            Ok(target) => number_of(&target),
            // No link: a file, or nothing.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::NotFound
                ) =>
            {
                None
            }
            Err(error) => return Err(unwritten(state, error)),
        };
        let folder = number.map_or_else(|| state.to_owned(), |number| folder_of(state, number));
        Ok(Self {
            state: state.into(),
            number: number.unwrap_or(0),
            folder,
        })
    }

    /// Its configuration; `None` where there is none yet, or none that can be read.
    pub fn text(&self) -> Option<String> {
        let bytes = files::read_at_most(&self.folder.join(CONFIG), LARGEST_FILE);
        String::from_utf8(bytes.ok()??).ok()
    }

    /// The models of its folder that its configuration names.
    pub fn named(&self) -> Named {
        self.text().map_or(Named::All, |text| named_in(&text))
    }

    /// The folder of its models.
    pub fn models(&self) -> PathBuf {
        self.folder.join(MODELS)
    }

    /// The one after this: this configuration, and its models with `found` added or put in their places.
    /// It is whole and on the disk, but not in force.
    pub fn next(&self, text: &str, found: &[(String, PathBuf)]) -> Result<Self> {
        let number = self.number + 1;
        let folder = folder_of(&self.state, number);
        let next = Self {
            state: self.state.clone(),
            number,
            folder,
        };
        next.write(text, &self.models(), found).map_err(|error| {
            next.discard();
            unwritten(&next.folder, error)
        })?;
        Ok(next)
    }

    fn write(&self, text: &str, before: &Path, found: &[(String, PathBuf)]) -> io::Result<()> {
        // A takeover that a power cut interrupted has left its half.
        self.discard();
        let models = self.models();
        fs::create_dir_all(&models)?;
        for (name, folder) in found {
            copy(folder, &models.join(name))?;
        }
        if before.is_dir() {
            for entry in fs::read_dir(before)? {
                let entry = entry?;
                let place = models.join(entry.file_name());
                if !place.exists() {
                    copy(&entry.path(), &place)?;
                }
            }
        }
        files::write_through(&self.folder.join(CONFIG), text.as_bytes(), 0o644)?;
        for folder in [&models, &self.folder, &self.state.join(GENERATIONS)] {
            files::sync_folder(folder)?;
        }
        Ok(())
    }

    /// Whether the daemon would run with it: what `sortd check` looks at, the model's golden cases among
    /// it, with the memory and the time that the daemon has.
    pub fn prove(&self) -> std::result::Result<(), String> {
        let folder = format!("{}/", self.folder.display());
        match Proven::load(&self.folder.join(CONFIG), &Limits::of_the_daemon()) {
            Ok(_) => Ok(()),
            // People know the files by their places on the boot partition.
            Err(error) => Err(error.to_string().replace(&folder, "")),
        }
    }

    /// Puts it in force, and removes those that are neither in force nor were until now.
    pub fn put_in_force(&self) -> Result<()> {
        let link = Self::link(&self.state);
        let draft = files::with_ending(&link, ".new");
        let target = Path::new(GENERATIONS)
            .join(self.number.to_string())
            .join(CONFIG);
        let switch = || {
            if draft.symlink_metadata().is_ok() {
                fs::remove_file(&draft)?;
            }
            symlink(target, &draft)?;
            fs::rename(&draft, &link)?;
            files::sync_folder(&self.state)
        };
        switch().map_err(|error| unwritten(&link, error))?;
        self.remove_old();
        Ok(())
    }

    /// An old generation that stays costs space and nothing else, so nothing is said of it.
    fn remove_old(&self) {
        let Ok(all) = fs::read_dir(self.state.join(GENERATIONS)) else {
            return;
        };
        for entry in all.flatten() {
            let number = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<u64>().ok());
            if number.is_some_and(|number| number + 1 < self.number) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Removes it again.
    pub fn discard(&self) {
        // The next takeover tries again.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Models that are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// Perhaps all: what is named cannot be known.
    All,
    /// Those of these names.
    These(BTreeSet<String>),
}

impl Named {
    /// None at all.
    pub const fn none() -> Self {
        Self::These(BTreeSet::new())
    }

    /// What either names.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::These(mut names), Self::These(others)) => {
                names.extend(others);
                Self::These(names)
            }
            _ => Self::All,
        }
    }

    /// The names that are known.
    pub fn names(&self) -> BTreeSet<String> {
        match self {
            Self::All => BTreeSet::new(),
            Self::These(names) => names.clone(),
        }
    }
}

/// The model that a configuration names in the folder of models beside it: `own` for `models/own`. Nobody knows
/// what is named by one that cannot be read.
pub(super) fn named_in(text: &str) -> Named {
    // No file, so that what it names stays relative.
    Draft::parse(text, Path::new("")).map_or(Named::All, |draft| {
        let bundle = draft.config().model.bundle.as_ref();
        let name = bundle.and_then(|bundle| name_of(&bundle.value));
        Named::These(name.into_iter().collect())
    })
}

/// `own` of `models/own`, however it is written.
fn name_of(bundle: &Path) -> Option<String> {
    let mut parts = Vec::new();
    for part in bundle.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    match parts[..] {
        [MODELS, name, ..] => Some(name.to_owned()),
        _ => None,
    }
}

fn folder_of(state: &Path, number: u64) -> PathBuf {
    state.join(GENERATIONS).join(number.to_string())
}

/// The number in `taken/NUMBER/sortd.toml`.
fn number_of(target: &Path) -> Option<u64> {
    target.parent()?.file_name()?.to_str()?.parse().ok()
}

/// Copies a folder that was examined before: files, and folders of files.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        fs::create_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        files::sync_folder(to)
    } else {
        let bytes = files::read_at_most(from, LARGEST_BUNDLE)?;
        let bytes = bytes.ok_or(io::ErrorKind::FileTooLarge)?;
        files::write_through(to, &bytes, 0o644)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_names_the_model_beside_it() {
        let named = |bundle: &str| named_in(&format!("[model]\nbundle = \"{bundle}\"\n"));
        let own = Named::These(BTreeSet::from(["own".to_owned()]));
        for bundle in [
            "models/own",
            "./models/own/",
            "models/./own",
            "models/other/../own",
            "models/own/int8",
        ] {
            assert_eq!(named(bundle), own, "{bundle}");
        }
        let none = Named::none();
        for bundle in [
            "/var/lib/sortd/model",
            "../models/own",
            "models",
            "model/own",
        ] {
            assert_eq!(named(bundle), none, "{bundle}");
        }
        assert_eq!(named_in("[model]\n"), none);
        assert_eq!(named_in("[model"), Named::All);
    }
}
