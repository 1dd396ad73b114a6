//! What was committed to the daemon in place of the configuration that was taken over. The daemon's user owns that folder, so no
//! link is followed there.

use std::io::ErrorKind;
use std::path::Path;

use super::{linkless, place};
use crate::config::{Config, LARGEST_FILE, committed};
use crate::error::{Error, Result};
use crate::pipeline::Proven;
use crate::pipeline::proof::Limits;

/// The folder of the daemon's own state.
const OF_THE_DAEMON: &str = "daemon";

/// The generation that the daemon puts in force in place of `taken`, with its number, if there is one; its model is proven within
/// `limits`.
///
/// # Errors
/// What was committed cannot be in force, and the daemon goes back to what was taken over.
pub(super) fn in_place_of(
    taken: &Config,
    state: &Path,
    limits: &Limits,
) -> Result<Option<(u32, Config)>> {
    let state = place::way(state)?.join(OF_THE_DAEMON);
    let file = committed::pointer(&state);
    let pointer = match linkless::read_at_most(&file, committed::LARGEST_POINTER) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unread(&file).caused_by(error)),
        Ok(bytes) => bytes.unwrap_or_default(),
    };
    let Some(number) = committed::named_by(&pointer, &taken.text)? else {
        return Ok(None);
    };
    let proven = text(&state, number).and_then(|text| {
        let proven = Proven::parse(&text, &taken.file, limits)?;
        Ok(proven.config)
    });
    let config = proven
        .map_err(|error| Error::new(error.kind(), format!("generation {number}")).caused_by(error));
    Ok(Some((number, config?)))
}

fn text(state: &Path, number: u32) -> Result<String> {
    let file = committed::file_of(&committed::folder(state), number);
    let bytes = linkless::read_at_most(&file, LARGEST_FILE).ok().flatten();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| unread(&file))
}

fn unread(file: &Path) -> Error {
    Error::data(format!("{}: cannot be read", file.display()))
}
