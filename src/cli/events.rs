//! `sortd events`: what a running daemon does, as it happens.

use serde_json::{Map, Value};

use super::{Sockets, output};
use crate::control::client::{Client, Followed};
use crate::control::protocol::{Request, Since, StreamBegins};
use crate::error::{Error, Result};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sockets: Sockets,
    /// Begin after this event: START:SEQ, as a line of --json has it; `all` begins with the oldest that is remembered. Left
    /// out: with the next one.
    #[arg(long, value_name = "PLACE", value_parser = place)]
    since: Option<Since>,
    /// Print each event as one JSON object, with its start and number.
    #[arg(long)]
    json: bool,
}

/// A start that no daemon draws, so that all that is remembered is new.
const NO_START: &str = "";

fn place(text: &str) -> std::result::Result<Since, String> {
    if text == "all" {
        return Ok(Since {
            start: NO_START.into(),
            seq: 0,
        });
    }
    let parts = text.split_once(':');
    let place = parts.and_then(|(start, seq)| Some((start.to_owned(), seq.parse().ok()?)));
    let (start, seq) = place.ok_or("a place is START:SEQ, such as 9f02c1:17, or all")?;
    Ok(Since { start, seq })
}

pub(super) fn events(args: &Args) -> Result<()> {
    let mut daemon = Client::connect(args.sockets.folder())?;
    let since = args.since.clone();
    let begins: StreamBegins = daemon.ask(&Request::Events { since })?;
    let mut last = begins.after;
    warn_of(begins.missed);
    loop {
        match daemon.follow()? {
            Followed::Event(mut event) => {
                last = event.get("seq").and_then(Value::as_u64).unwrap_or(last);
                if args.json {
                    event.insert("start".into(), begins.start.clone().into());
                    output::json(&event)?;
                } else {
                    tell(&event)?;
                }
            }
            Followed::Missed(missed) => warn_of(missed),
            Followed::Ended => {
                return Err(Error::unavailable(
                    "the daemon has ended, or this reader was too slow for it",
                )
                .advice(format!(
                    "see `sortd status`, and go on with --since {}:{last}",
                    begins.start
                )));
            }
        }
    }
}

fn warn_of(missed: u64) {
    if missed > 0 {
        log::warn!(target: "sortd", "{missed} older events are forgotten");
    }
}

/// Tells an event in words. Only what is wrong with a configuration has several lines; a line break elsewhere is part of a
/// name.
fn tell(event: &Map<String, Value>) -> Result<()> {
    let word = |key: &str| event.get(key).and_then(Value::as_str);
    let text = word("text").unwrap_or("an event that this program does not know");
    if word("event") == Some("config-refused") {
        output::lines(text)
    } else {
        output::line(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_start_and_a_number() {
        let since = place("9f02c1:17").expect("a place");
        assert_eq!((since.start.as_str(), since.seq), ("9f02c1", 17));
        assert_eq!(place("all").expect("all").seq, 0);
        for text in ["", "17", "9f02c1:", "9f02c1:x", "9f02c1:-1"] {
            assert!(place(text).is_err(), "{text}");
        }
    }
}
