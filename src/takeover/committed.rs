//! What was committed to the daemon in place of the configuration that was taken over. The daemon's user owns that folder, so no
//! link is followed there.

use std::path::Path;

use super::linkless;
use crate::config::{Config, LARGEST_FILE, committed};

/// The folder of the daemon's own state.
const OF_THE_DAEMON: &str = "daemon";

/// A generation that the daemon puts in force.
#[derive(Debug)]
pub(super) struct Replacement {
    /// Its number.
    pub number: u32,
    /// What it says; `None` where it is not right, and the daemon will go back to what was taken over.
    pub config: Option<Config>,
}

/// The generation in force in place of `taken`, if there is one.
pub(super) fn in_place_of(taken: &Config, state: &Path) -> Option<Replacement> {
    let state = state.join(OF_THE_DAEMON);
    let pointer = linkless::read_at_most(&committed::pointer(&state), committed::LARGEST_POINTER);
    let number = committed::named_by(&pointer.ok()??, &taken.text)?;
    let config = text(&state, number).and_then(|text| Config::parse(&text, &taken.file).ok());
    Some(Replacement { number, config })
}

fn text(state: &Path, number: u32) -> Option<String> {
    let file = committed::file_of(&committed::folder(state), number);
    let bytes = linkless::read_at_most(&file, LARGEST_FILE).ok()??;
    String::from_utf8(bytes).ok()
}
