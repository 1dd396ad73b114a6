//! What a technician left on the boot partition (`sortd.toml`, `wifi.txt`, `models/`) is checked, and
//! taken over if it is right.
//!
//! What is in force is a *generation*: a configuration with its models, never changed once it is
//! made but for models that leave. A new one is put together beside it, proven as a whole as `sortd check`
//! would, and put in force by renaming one link; so a power cut leaves the old or the new, and a mistake the
//! old. Models stay as long as they are on the card or a configuration names them; what is the same in two
//! generations lies on the disk once.

mod committed;
mod generation;
mod linkless;
mod listing;
mod models;
mod names;
mod near;
mod picture;
mod place;
mod room;
mod sheet;
mod store;
mod whereabouts;
mod wifi;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use crate::config::{LARGEST_FILE, Listen, Report};
use crate::error::{Error, Result};
use crate::files;
use crate::pipeline::Proven;
use crate::pipeline::proof::Limits;
use crate::visible::visible;
use generation::{Generation, Kept, named_in};
use near::Misses;
use room::Space;

pub use picture::{VIEW, Wish};
pub use sheet::{add_to_sheet, sheet, write_sheet};
pub use whereabouts::{Page, Reader, Whereabouts};

/// The configuration on the boot partition.
const CONFIG: &str = "sortd.toml";
/// The access to a wireless network on the boot partition.
const WIFI: &str = "wifi.txt";
/// The folder below the state that holds it as `wpa_supplicant` reads it, passwords and all.
const WIFI_FOLDER: &str = "wifi";
/// The folder of models on the boot partition.
const MODELS: &str = "models";

/// Nobody needs more to name a network.
const LARGEST_WIFI: u64 = 4096;

/// What became of one thing on the boot partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is not there.
    Absent,
    /// It is what is in force already.
    AsBefore,
    /// It is in force from now on.
    Taken,
    /// It is wrong, and what was in force stays; one line a problem.
    Refused(String),
    /// Nothing is wrong, but somebody should read this; one line a thing.
    Note(String),
    /// A model that was removed, because it is not on the card and no configuration names it.
    Left,
}

/// What was found on the boot partition, and what is in force now.
#[derive(Debug)]
pub struct Outcome {
    /// Each thing by its name there, as far as it was looked at.
    pub verdicts: Vec<(String, Verdict)>,
    /// Why no more could be taken over: the state cannot be read or written.
    pub failure: Option<Error>,
    /// The configuration in force with its model, or why there is none.
    pub in_force: Result<Proven>,
    /// The generation that was committed to the daemon in place of it, or why what was committed cannot be in force.
    pub committed: Result<Option<u32>>,
    /// From where the page may be opened, by what is in force.
    pub listen: Listen,
}

impl Outcome {
    /// The lines that say what was refused or failed; empty where nothing was.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        let lines = |(name, verdict): &(String, Verdict)| match verdict {
            Verdict::Refused(why) => why
                .lines()
                .map(|line| {
                    let line = if line.starts_with(name.as_str()) {
                        line.to_owned()
                    } else {
                        format!("{name}: {line}")
                    };
                    visible(&line).into_owned()
                })
                .collect(),
            _ => Vec::new(),
        };
        let failure = self.failure.iter().map(ToString::to_string);
        self.verdicts
            .iter()
            .flat_map(lines)
            .chain(failure)
            .collect()
    }
}

/// What the radio is told for the text of a `wifi.txt`.
///
/// # Errors
/// Every problem of the text, by place.
pub fn radio_settings(text: &str) -> std::result::Result<String, Report> {
    wifi::parse(text, Path::new(WIFI)).map(|(wifi, _)| wifi.for_wpa_supplicant())
}

/// Checks what lies in `boot` and takes over what is right into `state`, where `sortd.toml` is the
/// configuration in force. What goes wrong is part of the outcome, because it must be told in either case.
#[must_use]
pub fn take_over(boot: &Path, state: &Path) -> Outcome {
    match place::guard(state).and_then(|()| place::way(boot)) {
        Ok(boot) => {
            let (verdicts, failure) = take(&boot, state);
            let limits = Limits::of_the_daemon();
            let in_force = Proven::load(&Generation::link(state), &limits);
            let taken = in_force.as_ref().ok().map(|plan| &plan.config);
            let committed = taken.map_or(Ok(None), |taken| {
                committed::in_place_of(taken, state, &limits)
            });
            let config = match &committed {
                Ok(Some((_, config))) => Some(config),
                _ => taken,
            };
            Outcome {
                verdicts,
                failure,
                listen: config.map_or(Listen::Off, |config| config.web.listen),
                committed: committed.map(|found| found.map(|(number, _)| number)),
                in_force,
            }
        }
        // What lies where others can lay links is not read either: it would be told to them.
        Err(error) => Outcome {
            verdicts: Vec::new(),
            failure: Some(error),
            committed: Ok(None),
            listen: Listen::Off,
            in_force: Err(Error::unavailable("it was not looked at")
                .advice("mend what is said above, and take over again")),
        },
    }
}

/// What became of each thing, by name.
type Verdicts = Vec<(String, Verdict)>;

/// Takes over each part, also where another fails.
fn take(boot: &Path, state: &Path) -> (Verdicts, Option<Error>) {
    let offered = offered(&boot.join(CONFIG), LARGEST_FILE);
    let current = Generation::current(state);
    let needed = needed(&offered, &current);
    let misses = near::misses(boot, &needed.names());
    let configured =
        current.and_then(|current| configuration(boot, &current, offered, needed, &misses));
    let connected = access(boot, state);

    let mut verdicts = Vec::new();
    let mut failure = None;
    for part in [configured, Ok(misses.verdicts), connected] {
        match part {
            Ok(found) => verdicts.extend(found),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    (verdicts, failure)
}

/// A text on the boot partition, where there is one; or why it cannot be read.
type Offered = std::result::Result<Option<String>, String>;

/// The models that the configurations name: the one that is offered, and the one in force.
#[derive(Debug)]
struct Needed {
    /// Those that must stay.
    kept: Kept,
    /// Those that are known by name, the offered one's first.
    named: Vec<String>,
}

impl Needed {
    fn names(&self) -> BTreeSet<String> {
        self.named.iter().cloned().collect()
    }
}

/// Where one of the configurations cannot be read, all models stay; what the other names is known all the same.
fn needed(offered: &Offered, current: &Result<Generation>) -> Needed {
    let offered = match offered {
        Ok(Some(text)) => named_in(text),
        Ok(None) => Kept::none(),
        Err(_) => Kept::All,
    };
    let in_force = current.as_ref().map_or(Kept::All, Generation::named);
    let named = offered.names().into_iter().chain(in_force.names());
    Needed {
        named: named.collect(),
        kept: offered.or(in_force),
    }
}

/// Takes over the configuration and the models, which must fit each other.
fn configuration(
    boot: &Path,
    current: &Generation,
    offered: Offered,
    needed: Needed,
    misses: &Misses,
) -> Result<Verdicts> {
    current.tidy();
    let offered = match offered {
        Ok(offered) => offered,
        Err(why) => return Ok(vec![(CONFIG.into(), Verdict::Refused(why))]),
    };
    let before = current.text();
    let as_before = offered.is_none() || offered == before;
    let Some(text) = offered.as_ref().or(before.as_ref()) else {
        return Ok(vec![(CONFIG.into(), Verdict::Absent)]);
    };
    let on_card = boot.join(MODELS);
    let named = needed.names();
    let mut models = models::examine(&on_card, &current.models(), &needed.named, misses);
    let mut verdict = if offered.is_none() {
        Verdict::Absent
    } else {
        Verdict::AsBefore
    };
    let mut left = current.shed(&models.kept().or(needed.kept));
    if !as_before || !models.found.is_empty() {
        current.drop_before();
        models.fit(&on_card, &named, Space::of(current.state()));
    }
    if !as_before || !models.found.is_empty() {
        let kept = models.kept().or(named_in(text));
        let next = current.next(text, &models.found, &kept)?;
        match next.prove() {
            Ok(()) => {
                left.extend(current.left_behind(&kept));
                next.put_in_force()?;
                if !as_before {
                    verdict = Verdict::Taken;
                }
            }
            Err(why) => {
                next.discard();
                let why = models.explained(&why, &named);
                refuse(&mut verdict, as_before, &mut models.verdicts, &why);
            }
        }
    }
    let mut verdicts = vec![(CONFIG.into(), verdict)];
    verdicts.extend(models.verdicts);
    verdicts.extend(left.into_iter().map(|name| {
        let name = names::shown(name.as_ref());
        (format!("{MODELS}/{name}"), Verdict::Left)
    }));
    Ok(verdicts)
}

/// What was put together does not fit: the configuration is at fault where it is new, else the models.
fn refuse(verdict: &mut Verdict, as_before: bool, models: &mut [(String, Verdict)], why: &str) {
    let with_models = if as_before {
        format!("does not fit the configuration in force: {why}")
    } else {
        *verdict = Verdict::Refused(why.to_owned());
        format!("not taken, because {CONFIG} was refused")
    };
    for (_, model) in models
        .iter_mut()
        .filter(|(_, model)| *model == Verdict::Taken)
    {
        *model = Verdict::Refused(with_models.clone());
    }
}

/// Takes over the access to a wireless network.
fn access(boot: &Path, state: &Path) -> Result<Verdicts> {
    let alone = |verdict| Ok(vec![(WIFI.into(), verdict)]);
    let text = match offered(&boot.join(WIFI), LARGEST_WIFI) {
        Ok(Some(text)) => text,
        Ok(None) => return alone(Verdict::Absent),
        Err(why) => return alone(Verdict::Refused(why)),
    };
    let (wifi, notes) = match wifi::parse(&text, Path::new(WIFI)) {
        Ok(read) => read,
        Err(report) => return alone(Verdict::Refused(report.to_string())),
    };
    let verdict = connect(&wifi.for_wpa_supplicant(), state)?;
    let notes = notes.map(|notes| (WIFI.into(), Verdict::Note(notes.to_string())));
    Ok([(WIFI.into(), verdict)].into_iter().chain(notes).collect())
}

/// Puts the settings in force, if they are not already.
fn connect(settings: &str, state: &Path) -> Result<Verdict> {
    let folder = state.join(WIFI_FOLDER);
    let file = folder.join("wpa_supplicant.conf");
    place::close(&folder).map_err(|error| unwritten(&folder, error))?;
    let before = files::read_at_most(&file, LARGEST_WIFI);
    if before.is_ok_and(|before| before.as_deref() == Some(settings.as_bytes())) {
        return Ok(Verdict::AsBefore);
    }
    Space::of(state)
        .hold_settings(room::of_text(settings))
        .map_err(|figures| unwritten(&file, room::full(&figures)))?;
    files::write_durably(&file, settings.as_bytes(), 0o600)
        .map_err(|error| unwritten(&file, error))?;
    Ok(Verdict::Taken)
}

/// The text of a file that may be there, without the mark that some editors put before it.
fn offered(file: &Path, most: u64) -> Offered {
    let name = file
        .file_name()
        .unwrap_or(file.as_os_str())
        .to_string_lossy();
    match linkless::read_at_most(file, most) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{name}: {}", linkless::unreadable(&error))),
        Ok(None) => Err(format!(
            "{name}: more than {most} bytes are too many; copy the right file"
        )),
        Ok(Some(bytes)) => String::from_utf8(bytes)
            .map(|text| Some(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()))
            .map_err(|_| format!("{name}: not UTF-8 text; save the file as UTF-8")),
    }
}

fn unwritten(path: &Path, error: io::Error) -> Error {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => {
            "what was in force stays; mount the disk there first, or name another folder"
        }
        _ => "what was in force stays; check that the disk is neither full nor read-only",
    };
    Error::unavailable(format!("{}: cannot be written", path.display()))
        .caused_by(error)
        .advice(advice)
}
