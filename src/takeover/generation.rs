//! Configurations with their models, one folder each, and the link that says which is in force.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use super::room::{self, Space};
use super::{CONFIG, MODELS, store, unwritten};
use crate::config::{Draft, LARGEST_FILE};
use crate::error::Result;
use crate::files;
use crate::pipeline::Proven;
use crate::pipeline::proof::Limits;

/// Folder of all generations, below the state.
pub(super) const GENERATIONS: &str = "taken";
/// What is being removed, in that folder.
const LEAVING: &str = "leaving";

/// A configuration and its models.
///
/// `STATE/sortd.toml` is a link to `taken/NUMBER/sortd.toml`. Before the first takeover it may be a file:
/// what came with the image. The generation before the one in force stays with the models that it names.
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
            Ok(target) => number_of(&target, state),
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
        Ok(Self::numbered(state, number.unwrap_or(0)))
    }

    /// Number 0 is what lay there before the first takeover.
    fn numbered(state: &Path, number: u64) -> Self {
        let folder = if number == 0 {
            state.to_owned()
        } else {
            state.join(GENERATIONS).join(number.to_string())
        };
        Self {
            state: state.into(),
            number,
            folder,
        }
    }

    /// Its configuration; `None` where there is none yet, or none that can be read.
    pub fn text(&self) -> Option<String> {
        let bytes = files::read_at_most(&self.folder.join(CONFIG), LARGEST_FILE);
        String::from_utf8(bytes.ok()??).ok()
    }

    /// Where all generations lie.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The folder of its models.
    pub fn models(&self) -> PathBuf {
        self.folder.join(MODELS)
    }

    /// The one after this: this configuration, the models in `found`, and of the others those that are
    /// `kept`. It is whole and on the disk, but not in force.
    pub fn next(&self, text: &str, found: &[(String, PathBuf)], kept: &Kept) -> Result<Self> {
        let next = Self::numbered(&self.state, self.number + 1);
        let folders = 3 * room::of_text(" ");
        Space::of(&self.state)
            .hold_settings(room::of_text(text) + folders)
            .map_err(|figures| unwritten(&next.folder, room::full(&figures)))?;
        next.write(text, &self.models(), found, kept)
            .map_err(|error| {
                next.discard();
                unwritten(&next.folder, error)
            })?;
        Ok(next)
    }

    fn write(
        &self,
        text: &str,
        before: &Path,
        found: &[(String, PathBuf)],
        kept: &Kept,
    ) -> io::Result<()> {
        let models = self.models();
        fs::create_dir_all(&models)?;
        for (name, folder) in found {
            store::copy(folder, &models.join(name))?;
        }
        for (name, folder) in folders(before)? {
            let place = models.join(&name);
            if kept.keeps(&name) && !place.exists() {
                self.bring_along(&folder, &place)?;
            }
        }
        files::write_through(&self.folder.join(CONFIG), text.as_bytes(), 0o644)?;
        for folder in [&models, &self.folder, &self.state.join(GENERATIONS)] {
            files::sync_folder(folder)?;
        }
        Ok(())
    }

    /// Puts a model of the generation before into its place here, by links where that is possible: some file
    /// systems know none, and what lay there before the first takeover may be changed by whoever put it there.
    fn bring_along(&self, from: &Path, to: &Path) -> io::Result<()> {
        let from = &from.canonicalize()?;
        if self.number > 1 {
            if store::share(from, to).is_ok() {
                return Ok(());
            }
            fs::remove_dir_all(to)?;
        }
        Space::of(&self.state)
            .hold_model(room::of_folder(from)?)
            .map_err(|figures| room::full(&figures))?;
        store::copy_own(from, to)
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

    /// Puts it in force.
    pub fn put_in_force(&self) -> Result<()> {
        let link = Self::link(&self.state);
        let draft = files::with_ending(&link, ".new");
        let target = Path::new(GENERATIONS)
            .join(self.number.to_string())
            .join(CONFIG);
        let switch = || {
            symlink(target, &draft)?;
            fs::rename(&draft, &link)?;
            files::sync_folder(&self.state)
        };
        switch().map_err(|error| unwritten(&link, error))?;
        self.tidy();
        Ok(())
    }

    /// Removes what an interrupted takeover left, and what is neither of this generation nor of the one
    /// before. What stays all the same costs room and nothing else, so nothing is said of it.
    pub fn tidy(&self) {
        let _ = fs::remove_file(files::with_ending(&Self::link(&self.state), ".new"));
        let _ = fs::remove_dir_all(self.leaving());
        let all = folders(&self.state.join(GENERATIONS)).unwrap_or_default();
        for number in all.iter().filter_map(|(name, _)| name.parse::<u64>().ok()) {
            if number != self.number && number + 1 != self.number {
                Self::numbered(&self.state, number).discard();
            }
        }
        if let Some(before) = self.before() {
            before.shed(&before.named());
        }
    }

    /// The generation before makes room for the next one.
    pub fn drop_before(&self) {
        if let Some(before) = self.before() {
            before.discard();
            // A file system may give blocks back only once it is on the disk that nobody has them.
            let _ = files::sync_folder(&self.state.join(GENERATIONS));
        }
    }

    fn before(&self) -> Option<Self> {
        let number = self.number.checked_sub(1).filter(|number| *number > 0)?;
        Some(Self::numbered(&self.state, number))
    }

    /// The models of its folder that its configuration names.
    pub fn named(&self) -> Kept {
        self.text().map_or(Kept::All, |text| named_in(&text))
    }

    /// Removes the models that are not `kept`; answers with their names.
    pub fn shed(&self, kept: &Kept) -> Vec<String> {
        self.own_models()
            .filter(|(name, _)| !kept.keeps(name))
            .filter(|(_, folder)| store::remove(folder, &self.leaving()).is_ok())
            .map(|(name, _)| name)
            .collect()
    }

    /// The models that its next does not have, where the next keeps these alone.
    pub fn left_behind(&self, kept: &Kept) -> Vec<String> {
        self.own_models()
            .filter(|(name, _)| !kept.keeps(name))
            .map(|(name, _)| name)
            .collect()
    }

    /// The models that were taken over; what lay there before is not ours.
    fn own_models(&self) -> impl Iterator<Item = (String, PathBuf)> {
        let all = (self.number > 0).then(|| folders(&self.models()).unwrap_or_default());
        all.into_iter().flatten()
    }

    fn leaving(&self) -> PathBuf {
        self.state.join(GENERATIONS).join(LEAVING)
    }

    /// Removes it again.
    pub fn discard(&self) {
        // The next takeover tries again.
        let _ = store::remove(&self.folder, &self.leaving());
    }
}

/// Which models of a generation stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    /// All: what lies on the card, or what is named, cannot be known.
    All,
    /// Those of these names.
    Named(BTreeSet<String>),
}

impl Kept {
    /// None at all.
    pub const fn none() -> Self {
        Self::Named(BTreeSet::new())
    }

    fn keeps(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(name),
        }
    }

    /// What either keeps.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Named(mut names), Self::Named(others)) => {
                names.extend(others);
                Self::Named(names)
            }
            _ => Self::All,
        }
    }

    /// The names that are known.
    pub fn names(&self) -> BTreeSet<String> {
        match self {
            Self::All => BTreeSet::new(),
            Self::Named(names) => names.clone(),
        }
    }
}

/// The model that a configuration names in the folder of models beside it: `own` for `models/own`. Nobody knows
/// what is named by one that cannot be read.
pub(super) fn named_in(text: &str) -> Kept {
    // No file, so that what it names stays relative.
    Draft::parse(text, Path::new("")).map_or(Kept::All, |draft| {
        let bundle = draft.config().model.bundle.as_ref();
        let name = bundle.and_then(|bundle| name_of(&bundle.value));
        Kept::Named(name.into_iter().collect())
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

/// Names and paths of the folders in a folder, which need not be there.
fn folders(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let (true, Ok(name)) = (entry.file_type()?.is_dir(), entry.file_name().into_string()) {
            found.push((name, entry.path()));
        }
    }
    Ok(found)
}

/// The number in `taken/NUMBER/sortd.toml`.
fn number_of(target: &Path, state: &Path) -> Option<u64> {
    let inside = target.strip_prefix(state).unwrap_or(target);
    let inside = inside.strip_prefix(GENERATIONS).ok()?;
    let number = inside.parent()?.to_str()?.parse().ok()?;
    (inside.file_name()? == CONFIG).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_names_the_model_beside_it() {
        let named = |bundle: &str| named_in(&format!("[model]\nbundle = \"{bundle}\"\n"));
        let own = Kept::Named(BTreeSet::from(["own".to_owned()]));
        for bundle in [
            "models/own",
            "./models/own/",
            "models/./own",
            "models/other/../own",
            "models/own/int8",
        ] {
            assert_eq!(named(bundle), own, "{bundle}");
        }
        let none = Kept::none();
        for bundle in [
            "/var/lib/sortd/model",
            "../models/own",
            "models",
            "model/own",
        ] {
            assert_eq!(named(bundle), none, "{bundle}");
        }
        assert_eq!(named_in("[model]\n"), none);
        assert_eq!(named_in("[model"), Kept::All);
    }

    #[test]
    fn only_a_link_to_a_generation_is_one() {
        let state = Path::new("/var/lib/sortd");
        let number = |target: &str| number_of(Path::new(target), state);
        assert_eq!(number("taken/7/sortd.toml"), Some(7));
        assert_eq!(number("/var/lib/sortd/taken/7/sortd.toml"), Some(7));
        for other in [
            "/etc/7/sortd.toml",
            "taken/7",
            "taken/7/models/sortd.toml",
            "taken/x/sortd.toml",
        ] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
