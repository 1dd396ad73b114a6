//! `wifi.txt`: the access to a wireless network, in lines that anybody can write.
//!
//! ```text
//! country = DE
//! network = Workshop
//! password = what is on the router
//! ```
//!
//! What may be meant in two ways is never taken in silence: `value` says what is refused and what is told.
//!
//! A password may stand anywhere in a file that is wrong, and everybody on the machine may read the messages.
//! So a message says which line and which key, and never what is written there: not the value, not an unknown
//! key, not how long either is. A country of two letters is the exception.

mod country;
mod value;

use std::fmt::Write as _;
use std::path::Path;

use crate::config::{Position, Problem, Report, suggestion};

/// The keys, in the order of what is written out.
const KEYS: [&str; 4] = ["country", "network", "password", "hidden"];

/// Those whose value is anything that somebody thought of.
const FREE: [&str; 2] = ["network", "password"];

/// The access to a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wifi {
    /// Two letters (ISO 3166-1), by which the radio knows its channels.
    country: String,
    /// Its name (SSID), 1 to 32 bytes.
    network: String,
    /// 8 to 63 printable ASCII characters (IEEE 802.11i, annex H.4.1), or `None` for an open network.
    password: Option<String>,
    /// Whether it does not tell its name.
    hidden: bool,
}

impl Wifi {
    /// As `wpa_supplicant.conf` (its man page). The name is written as hexadecimal digits, so that no
    /// character of it can mean anything else.
    pub fn for_wpa_supplicant(&self) -> String {
        let mut text = format!(
            "# Written by `sortd takeover` from wifi.txt.\nctrl_interface=/run/wpa_supplicant\ncountry={}\nnetwork={{\n\tssid=",
            self.country
        );
        for byte in self.network.bytes() {
            // Writing into a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
        if self.hidden {
            text.push_str("\tscan_ssid=1\n");
        }
        match &self.password {
            Some(password) => {
                let _ = writeln!(text, "\tpsk=\"{password}\"");
            }
            None => text.push_str("\tkey_mgmt=NONE\n"),
        }
        text.push_str("}\n");
        text
    }
}

/// A line `key = value`, with its place.
struct Line<'a> {
    position: Position,
    key: &'a str,
    /// `None` where it cannot be told what it is.
    value: Option<&'a str>,
    /// What is to be told of how the value was read.
    note: Option<value::Doubt>,
}

impl Line<'_> {
    fn problem(&self, what: impl Into<String>, todo: impl Into<String>) -> Problem {
        Problem {
            position: self.position,
            key: self.key.into(),
            what: what.into(),
            todo: todo.into(),
        }
    }

    /// What is wrong with the value.
    fn check(&self) -> Option<Problem> {
        let value = self.value?;
        match self.key {
            "country" => {
                let (what, todo) = country::check(value).err()?;
                Some(self.problem(what, todo))
            }
            "network" if value.is_empty() || value.len() > 32 => Some(self.problem(
                if value.is_empty() {
                    "the name is empty"
                } else {
                    "the name is too long"
                },
                "a network's name has 1 to 32 bytes",
            )),
            "password" if !(value.is_empty() || is_passphrase(value)) => Some(self.problem(
                "the password cannot be one",
                "it has 8 to 63 letters, digits and signs of an English keyboard; leave the line out for an open network",
            )),
            "hidden" if !matches!(value, "yes" | "no") => Some(self.problem(
                "it is neither yes nor no",
                "write yes if the network hides its name",
            )),
            _ => None,
        }
    }

    fn note(&self) -> Option<Problem> {
        let (what, todo) = self.note.clone()?;
        Some(self.problem(what, todo))
    }
}

fn is_passphrase(value: &str) -> bool {
    (8..=63).contains(&value.len()) && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Reads the text; `file` names it in messages. What is to be told of the lines that were taken is beside it.
///
/// # Errors
/// Every problem of the text, by place.
pub(super) fn parse(text: &str, file: &Path) -> Result<(Wifi, Option<Report>), Report> {
    // Old Macs, and some programs that move files, end lines with a carriage return alone.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut problems = Vec::new();
    let lines = lines(&text, &mut problems);
    let mut value = |key: &str| {
        let mut with_key = lines.iter().filter(|line| line.key == key);
        let first = with_key.next();
        problems.extend(
            with_key.map(|line| line.problem("stands there twice", "keep one of the lines")),
        );
        first
    };
    let [country, network, password, hidden] = KEYS.map(&mut value);
    // The column would tell how long the last line is.
    let end = line_at(text.lines().count());
    let missing = |key: &str, todo: &str| Problem {
        position: end,
        key: key.into(),
        what: "is missing".into(),
        todo: todo.into(),
    };
    if country.is_none() {
        problems.push(missing("country", "add a line such as `country = DE`"));
    }
    if network.is_none() {
        problems.push(missing("network", "add a line `network = NAME`"));
    }
    problems.extend(lines.iter().filter_map(Line::check));
    if !problems.is_empty() {
        return Err(Report::new(file.into(), problems));
    }
    let text_of = |line: Option<&Line<'_>>| {
        line.and_then(|line| line.value)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
    };
    let wifi = Wifi {
        country: text_of(country).unwrap_or_default(),
        network: text_of(network).unwrap_or_default(),
        password: text_of(password),
        hidden: text_of(hidden).as_deref() == Some("yes"),
    };
    let notes: Vec<Problem> = lines.iter().filter_map(Line::note).collect();
    let notes = (!notes.is_empty()).then(|| Report::new(file.into(), notes));
    Ok((wifi, notes))
}

/// The lines that say something; empty ones and those that begin with `#` do not.
fn lines<'a>(text: &'a str, problems: &mut Vec<Problem>) -> Vec<Line<'a>> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let position = line_at(index);
        let Some((key, value)) = line.split_once('=') else {
            problems.push(Problem {
                position,
                key: String::new(),
                what: "no `=` in this line".into(),
                todo: "write `key = value`, or # before a remark".into(),
            });
            continue;
        };
        let mut line = Line {
            position,
            key: key.trim(),
            value: None,
            note: None,
        };
        if !KEYS.contains(&line.key) {
            problems.push(Problem {
                position,
                key: String::new(),
                what: "unknown key".into(),
                todo: suggestion(line.key, &KEYS),
            });
            continue;
        }
        match value::read(value.trim(), FREE.contains(&line.key), &KEYS) {
            Ok(read) => (line.value, line.note) = (Some(read.text), read.note),
            Err((what, todo)) => problems.push(line.problem(what, todo)),
        }
        found.push(line);
    }
    found
}

/// The beginning of a line, counted from 0.
const fn line_at(index: usize) -> Position {
    Position {
        line: index + 1,
        column: 1,
    }
}

#[cfg(test)]
mod tests;
