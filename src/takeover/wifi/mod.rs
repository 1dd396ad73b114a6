//! `wifi.txt`: the access to a wireless network, in lines that anybody can write.
//!
//! ```text
//! country = DE
//! network = Workshop
//! password = what is on the router
//! ```
//!
//! What may be meant in two ways is never taken in silence: `value` says what is refused and what is told.

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
                format!("the name has {} bytes", value.len()),
                "a network's name has 1 to 32",
            )),
            "password" if !(value.is_empty() || is_passphrase(value)) => Some(self.problem(
                "the password cannot be one",
                "it has 8 to 63 letters, digits and signs of an English keyboard; leave the line out for an open network",
            )),
            "hidden" if !matches!(value, "yes" | "no") => Some(self.problem(
                format!("`{value}` is neither yes nor no"),
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
    let mut problems = Vec::new();
    let lines = lines(text, &mut problems);
    let mut value = |key: &str| {
        let mut with_key = lines.iter().filter(|line| line.key == key);
        let first = with_key.next();
        problems.extend(
            with_key.map(|line| line.problem("stands there twice", "keep one of the lines")),
        );
        first
    };
    let [country, network, password, hidden] = KEYS.map(&mut value);
    let end = Position::of(text, text.len());
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
        let position = Position {
            line: index + 1,
            column: 1,
        };
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
            problems.push(line.problem("unknown key", suggestion(line.key, &KEYS)));
            continue;
        }
        match value::read(value.trim(), FREE.contains(&line.key)) {
            Ok(read) => (line.value, line.note) = (Some(read.text), read.note),
            Err((what, todo)) => problems.push(line.problem(what, todo)),
        }
        found.push(line);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(text: &str) -> String {
        parse(text, Path::new("wifi.txt"))
            .expect_err("it is wrong")
            .to_string()
    }

    #[test]
    fn what_a_person_writes_becomes_an_access() {
        let text = "# the workshop's\r\ncountry = DE\r\nnetwork = Werk \"statt\" #2\r\npassword = a \"b\" c = d\r\n";
        let (wifi, notes) = parse(text, Path::new("wifi.txt")).expect("it is right");
        assert_eq!(
            notes.map(|notes| notes.to_string()).as_deref(),
            Some(
                "wifi.txt:3:1: network: taken as it stands, with its quotes; if that is right, write \" before and behind \
                 all of it; then this is told no more\n\
                 wifi.txt:4:1: password: taken as it stands, with its quotes; if that is right, write \" before and behind \
                 all of it; then this is told no more"
            )
        );
        assert_eq!(
            wifi.for_wpa_supplicant(),
            "# Written by `sortd takeover` from wifi.txt.\nctrl_interface=/run/wpa_supplicant\ncountry=DE\n\
             network={\n\tssid=5765726b2022737461747422202332\n\tpsk=\"a \"b\" c = d\"\n}\n"
        );
    }

    #[test]
    fn an_open_network_needs_no_password_and_a_hidden_one_is_asked_for() {
        let (wifi, notes) = parse(
            "country=US\nnetwork=\"Café\"\nhidden=yes",
            Path::new("wifi.txt"),
        )
        .expect("it is right");
        assert_eq!(notes, None);
        assert!(
            wifi.for_wpa_supplicant()
                .contains("ssid=436166c3a9\n\tscan_ssid=1\n\tkey_mgmt=NONE\n")
        );
    }

    #[test]
    fn every_problem_is_told_with_its_line() {
        assert_eq!(
            refusal(
                "country = Germany\nnetwrk = a\npassword = short\nhello\nhidden = 1\nhidden = no\n"
            ),
            "wifi.txt:1:1: country: `Germany` is no country; write two capital letters, such as DE or US\n\
             wifi.txt:2:1: netwrk: unknown key; did you mean `network`?\n\
             wifi.txt:3:1: password: the password cannot be one; it has 8 to 63 letters, digits and signs of an English \
             keyboard; leave the line out for an open network\n\
             wifi.txt:4:1: no `=` in this line; write `key = value`, or # before a remark\n\
             wifi.txt:5:1: hidden: `1` is neither yes nor no; write yes if the network hides its name\n\
             wifi.txt:6:1: hidden: stands there twice; keep one of the lines\n\
             wifi.txt:7:1: network: is missing; add a line `network = NAME`"
        );
    }

    #[test]
    fn what_may_be_meant_in_two_ways_is_refused_with_how_to_write_it() {
        assert_eq!(
            refusal(
                "country = UK\nnetwork = Workshop # upstairs\npassword = \"secret1234\nhidden = “yes"
            ),
            "wifi.txt:1:1: country: `UK` is no country; write GB\n\
             wifi.txt:2:1: network: what stands behind # may be a remark; write remarks on lines of their own; if the # \
             belongs to it, write \" before and behind all of it\n\
             wifi.txt:3:1: password: a quote stands at one end only; write \" at both ends or at none; if the sign belongs \
             to it, write \" before and behind all of it\n\
             wifi.txt:4:1: hidden: a quote stands at one end only; write \" at both ends or at none; if the sign belongs \
             to it, write \" before and behind all of it"
        );
    }

    /// The lines of the settings in their order, and the name and the password in them.
    fn told_to_the_radio(wifi: &Wifi) -> (Vec<u8>, Option<String>) {
        let text = wifi.for_wpa_supplicant();
        let mut lines = text.lines().skip(2);
        assert_eq!(
            lines.next(),
            Some(format!("country={}", wifi.country).as_str())
        );
        assert_eq!(lines.next(), Some("network={"));
        let name = lines
            .next()
            .and_then(|line| line.strip_prefix("\tssid="))
            .expect("a name");
        let name = (0..name.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&name[at..at + 2], 16).expect("hexadecimal"))
            .collect();
        let mut next = lines.next();
        if next == Some("\tscan_ssid=1") {
            next = lines.next();
        }
        // It reads up to the last quote of the line.
        let password = next
            .and_then(|line| line.strip_prefix("\tpsk=\""))
            .and_then(|rest| rest.strip_suffix('"'))
            .map(str::to_owned);
        assert!(
            password.is_some() || next == Some("\tkey_mgmt=NONE"),
            "{text}"
        );
        assert_eq!((lines.next(), lines.next()), (Some("}"), None), "{text}");
        (name, password)
    }

    proptest! {
        /// What is accepted gets to the radio as it was written, and adds no line to its settings.
        #[test]
        fn what_stands_between_plain_quotes_is_taken_as_it_stands(
            name in "[^\\n\"]{1,8}",
            password in "[ -~]{8,63}",
        ) {
            let text = format!("country = DE\nnetwork = \"{name}\"\npassword = \"{password}\"");
            if let Ok((wifi, notes)) = parse(&text, Path::new("wifi.txt")) {
                prop_assert_eq!(notes, None);
                prop_assert_eq!(told_to_the_radio(&wifi), (name.into_bytes(), Some(password)));
            } else {
                // A # behind a quote, as where a remark has quotes of its own.
                prop_assert!(password.split('"').skip(1).any(|rest| rest.trim_start().starts_with('#')));
            }
        }

        /// Without quotes, what is accepted in silence is what was written; where something was left out,
        /// that is told.
        #[test]
        fn nothing_is_changed_in_silence(
            name in "[“”„'\"`#; a-zé]{1,10}",
            password in "['\"`#; -~]{8,63}",
        ) {
            let text = format!("country = DE\nnetwork = {name}\npassword = {password}");
            if let Ok((wifi, notes)) = parse(&text, Path::new("wifi.txt")) {
                let (told_name, told_password) = told_to_the_radio(&wifi);
                let told = notes.map(|notes| notes.to_string()).unwrap_or_default();
                let plain = |value: &str| {
                    let value = value.trim();
                    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                    inner.unwrap_or(value).to_owned()
                };
                if !told.contains("network: taken without") && !told.contains("network: what stands behind #") {
                    prop_assert_eq!(told_name, plain(&name).into_bytes());
                }
                if !told.contains("password: taken without") && !told.contains("password: what stands behind #") {
                    prop_assert_eq!(told_password, Some(plain(&password)).filter(|password| !password.is_empty()));
                }
                let odd = |value: &str| value.contains(['“', '”', '„', '`', '#']) && !value.trim().starts_with('"');
                prop_assert!(!odd(&name) || told.contains("network: "), "{}", text);
                prop_assert!(!odd(&password) || told.contains("password: "), "{}", text);
            }
        }

        /// No value can add a line of its own to the settings of the radio.
        #[test]
        fn nothing_breaks_out_of_its_place(text in "(country|network|password|hidden)?[ =]{0,2}[^x]{0,40}") {
            if let Ok((wifi, _)) = parse(&format!("country = DE\nnetwork = n\n{text}"), Path::new("wifi.txt")) {
                told_to_the_radio(&wifi);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = parse(&text, Path::new("wifi.txt"));
        }
    }
}
