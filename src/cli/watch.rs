//! `sortd status --watch`: the status as it changes, in a terminal.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::io::{IsTerminal, stdout};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::{output, status};
use crate::control::client::{Client, Followed};
use crate::control::protocol::{Request, Status, StreamBegins};
use crate::error::{Error, Result};
use crate::visible::visible;

/// How often it is drawn anew.
const EVERY: Duration = Duration::from_millis(200);

/// Events that are shown.
const EVENTS: usize = 6;

/// The length of a vote's bar where it is certain.
const BAR: usize = 30;

/// Homes the cursor, and removes what is left of the former picture's lines and below.
const HOME: &str = "\x1b[H";
const REST_OF_LINE: &str = "\x1b[K\n";
const BELOW: &str = "\x1b[J";

/// Draws until the daemon ends, or somebody ends this.
pub(super) fn watch(mut daemon: Client, events: Client) -> Result<()> {
    if !stdout().is_terminal() {
        let error = Error::usage("--watch draws in a terminal, and standard output is none");
        return Err(error.advice("use --json, or `sortd events`"));
    }
    let latest = Arc::<Mutex<VecDeque<String>>>::default();
    follow(events, Arc::clone(&latest))?;
    loop {
        let now: Status = daemon.ask(&Request::Status {})?;
        let told = latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        output::picture(&screen(&now, &daemon.hello.sortd, &told))?;
        thread::sleep(EVERY);
    }
}

/// Keeps the texts of the latest events; ends with the connection, as the other one does.
fn follow(mut events: Client, latest: Arc<Mutex<VecDeque<String>>>) -> Result<()> {
    let _: StreamBegins = events.ask(&Request::Events { since: None })?;
    let keep = move || {
        loop {
            let text = match events.follow() {
                Ok(Followed::Event(event)) => {
                    let text = event.get("text").and_then(Value::as_str);
                    text.unwrap_or_default().to_owned()
                }
                Ok(Followed::Missed(missed)) => format!("{missed} events were missed"),
                Ok(Followed::Ended) | Err(_) => return,
            };
            let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
            latest.push_back(text.lines().next().unwrap_or_default().to_owned());
            while latest.len() > EVENTS {
                latest.pop_front();
            }
        }
    };
    let thread = thread::Builder::new().spawn(keep);
    let thread = thread
        .map_err(|error| Error::internal("the system gives us no thread").caused_by(error))?;
    drop(thread);
    Ok(())
}

/// All lines, over those of the former picture.
fn screen(now: &Status, version: &str, events: &VecDeque<String>) -> String {
    let mut text = status::told(now, version);
    text.push('\n');
    if let Some(votes) = &now.votes {
        text.push_str(&bars(votes));
    } else {
        text.push_str("nothing is judged\n");
    }
    text.push('\n');
    for event in events {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{}", visible(event));
    }
    let lines: String = text.lines().flat_map(|line| [line, REST_OF_LINE]).collect();
    format!("{HOME}{lines}{BELOW}")
}

/// A bar for each bin.
fn bars(votes: &BTreeMap<String, f32>) -> String {
    let longest = votes.keys().map(|name| visible(name).chars().count()).max();
    let mut text = String::new();
    for (name, share) in votes {
        let (name, width) = (visible(name), longest.unwrap_or_default());
        let filled = (share.clamp(0.0, 1.0) * BAR as f32).round() as usize;
        let bar = "█".repeat(filled) + &"░".repeat(BAR - filled);
        let _ = writeln!(text, "{name:<width$} {bar} {:>3.0} %", 100.0 * share);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bin_has_a_bar_as_long_as_its_vote() {
        let votes = BTreeMap::from([("glass".to_owned(), 0.5), ("paper".to_owned(), 2.0)]);
        let text = bars(&votes);
        let lines: Vec<&str> = text.lines().collect();
        let filled = |line: &str| line.chars().filter(|each| *each == '█').count();
        assert_eq!((filled(lines[0]), filled(lines[1])), (15, 30));
        assert!(lines[0].starts_with("glass █") && lines[0].ends_with(" 50 %"));
        assert!(bars(&BTreeMap::new()).is_empty());
    }
}
