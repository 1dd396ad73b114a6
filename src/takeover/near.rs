//! What lies on the card under nearly the right name, or beside the place where it belongs.
//!
//! Where the right one is missing, that is a refusal: somebody wants something that the bin does not do, and
//! the status light tells. Where it is there, a note in the report is enough.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::listing::Listing;
use super::names::{
    ARCHIVES, Likeness, SHORTCUTS, Wanted, has_ending, is_litter, is_put_aside, shown,
};
use super::{CONFIG, MODELS, Verdict, WIFI};

/// How a bundle says what it is.
const MANIFEST: &str = "model.toml";
/// Its network, where the manifest names no other.
const MODEL: &str = "model.onnx";
/// Its pictures.
const GOLDEN: &str = "golden";

/// More folders beside each other are not looked into.
const MOST_FOLDERS: usize = 200;

/// So many lines a name are enough to see what happened.
const MOST_TOLD: usize = 5;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Misses {
    /// What is to be said, by name on the card.
    pub verdicts: Vec<(String, Verdict)>,
    /// Folders in `models/` that are no models of their own.
    pub misnamed: BTreeSet<OsString>,
}

/// Looks through the card and its folder of models. `named` are the models that the configurations name: the
/// offered one and the one in force.
pub(super) fn misses(boot: &Path, named: &BTreeSet<String>) -> Misses {
    // A folder that cannot be read is told by those who need what is in it.
    let card = Listing::of(boot).unwrap_or_default();
    let models = Listing::of(&boot.join(MODELS)).unwrap_or_default();
    let bundle_there = if named.is_empty() {
        models
            .folders
            .iter()
            .any(|name| !is_litter(&name.to_string_lossy()) && name != GOLDEN)
    } else {
        named.iter().any(|name| models.has_folder(name))
    };
    let mut misses = Misses::default();
    for name in [CONFIG, WIFI] {
        misses.files(boot, &card.files, name);
        misses.deeper(boot, &card.folders, name);
    }
    misses.folder_of_models(boot, &card);
    misses.loose_bundle("", &card, named, bundle_there);
    for name in named.iter().filter(|name| !models.has_folder(name)) {
        misses.beside_models(&card, name);
        misses.of_model(&models, name);
    }
    misses.archives(&models);
    misses.loose_bundle("models/", &models, named, bundle_there);
    misses
}

impl Misses {
    fn tell(&mut self, place: &str, name: &OsString, verdict: Verdict) {
        let name = format!("{place}{}", shown(name));
        if !self.verdicts.iter().any(|(told, _)| *told == name) {
            self.verdicts.push((name, verdict));
        }
    }

    /// Files that were to be `wanted`.
    fn files(&mut self, boot: &Path, names: &[OsString], wanted: &str) {
        let there = is_there(&boot.join(wanted));
        let near = names
            .iter()
            .filter_map(|name| Some((name, Wanted::fixed(wanted).likeness(name.to_str()?)?)))
            .filter(|(name, _)| !is_same(&boot.join(name), &boot.join(wanted)));
        for (name, likeness) in near.take(MOST_TOLD) {
            if let Some(verdict) = judged(name, wanted, likeness, there) {
                self.tell("", name, verdict);
            }
        }
    }

    /// Files of exactly the right name, in a folder.
    fn deeper(&mut self, boot: &Path, folders: &[OsString], wanted: &str) {
        let there = is_there(&boot.join(wanted));
        let folders = folders
            .iter()
            .filter(|name| !is_litter(&name.to_string_lossy()))
            .take(MOST_FOLDERS)
            .filter(|name| is_file(&boot.join(name).join(wanted)));
        for folder in folders.take(MOST_TOLD) {
            let verdict = if there || is_put_aside(&folder.to_string_lossy()) {
                Verdict::Note("is not read, because it lies in a folder".into())
            } else {
                Verdict::Refused(
                    "is not read, because it lies in a folder; move it out, beside this report"
                        .into(),
                )
            };
            self.tell(&format!("{}/", shown(folder)), &wanted.into(), verdict);
        }
    }

    /// Folders and archives that were to be `models`.
    fn folder_of_models(&mut self, boot: &Path, card: &Listing) {
        let there = is_there(&boot.join(MODELS));
        let is_near = |name: &&OsString| {
            let likeness = name
                .to_str()
                .and_then(|name| Wanted::fixed(MODELS).likeness(name));
            likeness == Some(Likeness::Meant) && !is_same(&boot.join(name), &boot.join(MODELS))
        };
        for name in card.folders.iter().filter(is_near).take(MOST_TOLD) {
            if let Some(verdict) = judged(name, MODELS, Likeness::Meant, there) {
                self.tell("", name, verdict);
            }
        }
        let archives = card
            .files
            .iter()
            .filter(|name| has_ending(&name.to_string_lossy(), &ARCHIVES));
        for name in archives.filter(is_near).take(MOST_TOLD) {
            self.tell("", name, packed(there));
        }
    }

    /// A model that lies beside the folder of models instead of in it.
    fn beside_models(&mut self, card: &Listing, wanted: &str) {
        if wanted != MODELS && card.has_folder(wanted) {
            let todo = format!("is not read here; move it to {MODELS}/{wanted}");
            self.tell("", &wanted.into(), Verdict::Refused(todo));
        }
    }

    /// What was to be the model `wanted`, which the configuration names and which is not on the card.
    fn of_model(&mut self, models: &Listing, wanted: &str) {
        let is_near = |name: &&OsString| {
            let likeness = name
                .to_str()
                .and_then(|name| Wanted::chosen(wanted).likeness(name));
            likeness == Some(Likeness::Meant)
        };
        for name in models.folders.iter().filter(is_near).take(MOST_TOLD) {
            let why = format!(
                "the configuration names {MODELS}/{wanted}; rename this folder to {wanted}"
            );
            self.tell("models/", name, Verdict::Refused(why));
            self.misnamed.insert(name.clone());
        }
        for name in models.files.iter().filter(is_near).take(MOST_TOLD) {
            let why = if has_ending(&name.to_string_lossy(), &ARCHIVES) {
                packed(false)
            } else if has_ending(&name.to_string_lossy(), &SHORTCUTS) {
                shortcut()
            } else {
                Verdict::Refused(format!(
                    "is a file; the configuration names the folder {MODELS}/{wanted} with {MANIFEST} in it"
                ))
            };
            self.tell("models/", name, why);
        }
    }

    /// Models that nobody has unpacked, and shortcuts to some.
    fn archives(&mut self, models: &Listing) {
        for (endings, verdict) in [
            (&ARCHIVES[..], packed as fn(bool) -> Verdict),
            (&SHORTCUTS[..], shortcut_beside),
        ] {
            let files = models.files.iter().filter(|name| {
                let name = name.to_string_lossy();
                !is_litter(&name) && has_ending(&name, endings)
            });
            for file in files.take(MOST_TOLD) {
                let beside = file.to_str().is_some_and(|file| {
                    let folders = models.folders.iter().filter_map(|name| name.to_str());
                    let mut near = folders.map(|name| Wanted::chosen(name).likeness(file));
                    near.any(|likeness| likeness.is_some())
                });
                self.tell("models/", file, verdict(beside));
            }
        }
    }

    /// The files of a bundle without a folder of their own.
    fn loose_bundle(
        &mut self,
        place: &str,
        found: &Listing,
        named: &BTreeSet<String>,
        there: bool,
    ) {
        let is_of_bundle = |name: &&OsString| {
            name.to_str().is_some_and(|name| {
                !is_litter(name)
                    && (name == MANIFEST
                        || has_ending(name, &["onnx"])
                        || Wanted::in_bundle(MANIFEST).likeness(name) == Some(Likeness::Meant)
                            && place == "models/")
            })
        };
        let Some(file) = found.files.iter().find(is_of_bundle) else {
            return;
        };
        if place == "models/" {
            self.misnamed.insert(GOLDEN.into());
        }
        let example = named.first().map_or("own", String::as_str);
        let what = format!(
            "a bundle's files belong into a folder of their own, such as {MODELS}/{example}"
        );
        let verdict = if there {
            Verdict::Note(format!("is not read; {what}"))
        } else {
            Verdict::Refused(format!("is not read; {what}: move them there"))
        };
        self.tell(place, file, verdict);
    }
}

/// What is to be said of a file that was to be `wanted`.
fn judged(name: &OsString, wanted: &str, likeness: Likeness, there: bool) -> Option<Verdict> {
    let name = name.to_string_lossy().to_lowercase();
    // Windows shows `sortd.toml.txt` as `sortd.toml`.
    let hint = if name.starts_with(&format!("{wanted}.")) {
        "; Windows shows whole names after View, Show, File name extensions"
    } else {
        ""
    };
    match (likeness, there) {
        (Likeness::Meant, false) if has_ending(&name, &SHORTCUTS) => Some(shortcut()),
        (Likeness::Meant, false) if has_ending(&name, &ARCHIVES) => Some(Verdict::Refused(
            format!("is packed; unpack it, so that {wanted} is there"),
        )),
        (Likeness::Meant, false) => Some(Verdict::Refused(format!(
            "is not read because of its name; rename it to {wanted}{hint}"
        ))),
        (Likeness::Meant, true) => Some(Verdict::Note(format!(
            "is not read, because {wanted} is there; remove one of the two{hint}"
        ))),
        (Likeness::PutAside, false) => Some(Verdict::Note(format!(
            "is not read; rename it to {wanted} if it is meant"
        ))),
        // A copy of what was before is what careful people keep.
        (Likeness::PutAside, true) => None,
    }
}

fn shortcut() -> Verdict {
    Verdict::Refused("is a shortcut and holds nothing; copy what it leads to in its place".into())
}

fn shortcut_beside(there: bool) -> Verdict {
    if there {
        Verdict::Note("is not read, because it is a shortcut; the folder beside it is".into())
    } else {
        shortcut()
    }
}

fn packed(unpacked: bool) -> Verdict {
    if unpacked {
        Verdict::Note("is not read, because it is packed; the folder beside it is".into())
    } else {
        Verdict::Refused(format!(
            "is packed; unpack it, so that {MODELS}/NAME/{MANIFEST} is there"
        ))
    }
}

/// What is nearly right in the folder of the model `name`, by name on the card.
pub(super) fn in_bundle(folder: &Path, name: &str) -> Vec<(String, Verdict)> {
    let found = Listing::of(folder).unwrap_or_default();
    let mut verdicts = Vec::new();
    let mut tell = |near: &OsString, verdict| {
        verdicts.push((format!("{MODELS}/{name}/{}", shown(near)), verdict));
    };
    for (wanted, other) in [(MANIFEST, MODEL), (MODEL, MANIFEST)] {
        let there = found.has_file(wanted);
        let near = found.files.iter().filter(|file| {
            file.to_str().is_some_and(|file| {
                // The two are near to each other, and beside them a `model.txt` may explain something.
                Wanted::in_bundle(wanted).likeness(file).is_some()
                    && !file.contains(ending(other))
                    && (!there || file.contains(ending(wanted)))
            })
        });
        for near in near.take(MOST_TOLD) {
            if let Some(verdict) = judged(near, wanted, Likeness::Meant, there) {
                tell(near, verdict);
            }
        }
    }
    let deeper = found
        .folders
        .iter()
        .find(|inner| !found.has_file(MANIFEST) && is_file(&folder.join(inner).join(MANIFEST)));
    if let Some(deeper) = deeper {
        let why = format!("lies one folder too deep; move what is in it to {MODELS}/{name}");
        tell(deeper, Verdict::Refused(why));
    }
    verdicts
}

/// `.toml` of `model.toml`.
fn ending(name: &str) -> &str {
    name.find('.').map_or("", |at| &name[at..])
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_file())
}

/// Whether both paths lead to the same file, as two spellings do on a FAT file system.
fn is_same(one: &Path, other: &Path) -> bool {
    match (one.symlink_metadata(), other.symlink_metadata()) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}
