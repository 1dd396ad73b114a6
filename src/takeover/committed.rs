//! What was committed to the daemon in place of the configuration that was taken over. The daemon's user owns that folder, so no
//! link is followed there.

use std::path::Path;

use super::linkless;
use crate::config::{Config, LARGEST_FILE, committed};
use crate::error::{Error, Result};
use crate::pipeline::Proven;
use crate::pipeline::proof::Limits;

/// The folder of the daemon's own state.
const OF_THE_DAEMON: &str = "daemon";

/// A generation that the daemon puts in force.
#[derive(Debug)]
pub(super) struct Replacement {
    /// Its number.
    pub number: u32,
    /// What it says, or why the daemon could not run with it; then it goes back to what was taken over.
    pub config: Result<Config>,
}

/// The generation in force in place of `taken`, if there is one; its model is proven within `limits`.
pub(super) fn in_place_of(taken: &Config, state: &Path, limits: &Limits) -> Option<Replacement> {
    let state = state.join(OF_THE_DAEMON);
    let pointer = linkless::read_at_most(&committed::pointer(&state), committed::LARGEST_POINTER);
    let number = committed::named_by(&pointer.ok()??, &taken.text)?;
    let proven =
        text(&state, number).and_then(|text| Ok(Proven::parse(&text, &taken.file, limits)?));
    Some(Replacement {
        number,
        config: proven.map(|proven| proven.config),
    })
}

fn text(state: &Path, number: u32) -> Result<String> {
    let file = committed::file_of(&committed::folder(state), number);
    let bytes = linkless::read_at_most(&file, LARGEST_FILE).ok().flatten();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| Error::data(format!("{}: cannot be read", file.display())))
}
