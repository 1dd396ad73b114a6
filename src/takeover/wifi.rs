//! `wifi.txt`: the access to a wireless network, in lines that anybody can write.
//!
//! ```text
//! country = DE
//! network = Workshop
//! password = what is on the router
//! ```

use std::fmt::Write as _;
use std::path::Path;

use crate::config::{Position, Problem, Report, suggestion};

/// The keys, in the order of what is written out.
const KEYS: [&str; 4] = ["country", "network", "password", "hidden"];

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
    value: &'a str,
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
}

/// Reads the text; `file` names it in messages.
///
/// # Errors
/// Every problem of the text, by place.
pub(super) fn parse(text: &str, file: &Path) -> Result<Wifi, Report> {
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
    match country {
        None => problems.push(missing("country", "add a line such as `country = DE`")),
        Some(line)
            if line.value.len() != 2
                || !line.value.bytes().all(|byte| byte.is_ascii_uppercase()) =>
        {
            problems.push(line.problem(
                format!("`{}` is no country", line.value),
                "write two capital letters, such as DE or US",
            ));
        }
        Some(_) => {}
    }
    match network {
        None => problems.push(missing("network", "add a line `network = NAME`")),
        Some(line) if line.value.is_empty() || line.value.len() > 32 => {
            problems.push(line.problem(
                format!("the name has {} bytes", line.value.len()),
                "a network's name has 1 to 32",
            ));
        }
        Some(_) => {}
    }
    if let Some(line) = password.filter(|line| !line.value.is_empty()) {
        let printable = line.value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !printable || !(8..=63).contains(&line.value.len()) {
            problems.push(line.problem(
                "the password cannot be one",
                "it has 8 to 63 letters, digits and signs of an English keyboard; leave the line out for an open network",
            ));
        }
    }
    if let Some(line) = hidden.filter(|line| !matches!(line.value, "yes" | "no")) {
        problems.push(line.problem(
            format!("`{}` is neither yes nor no", line.value),
            "write yes if the network hides its name",
        ));
    }
    if !problems.is_empty() {
        return Err(Report::new(file.into(), problems));
    }
    let text_of = |line: Option<&Line<'_>>| {
        line.map(|line| line.value.to_owned())
            .filter(|value| !value.is_empty())
    };
    Ok(Wifi {
        country: text_of(country).unwrap_or_default(),
        network: text_of(network).unwrap_or_default(),
        password: text_of(password),
        hidden: hidden.is_some_and(|line| line.value == "yes"),
    })
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
        let line = Line {
            position,
            key: key.trim(),
            value: unquoted(value.trim()),
        };
        if KEYS.contains(&line.key) {
            found.push(line);
        } else {
            problems.push(line.problem("unknown key", suggestion(line.key, &KEYS)));
        }
    }
    found
}

/// Quotes around the whole value are allowed, since the other file has them.
fn unquoted(value: &str) -> &str {
    value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(value)
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
        let wifi = parse(text, Path::new("wifi.txt")).expect("it is right");
        assert_eq!(
            wifi.for_wpa_supplicant(),
            "# Written by `sortd takeover` from wifi.txt.\nctrl_interface=/run/wpa_supplicant\ncountry=DE\n\
             network={\n\tssid=5765726b2022737461747422202332\n\tpsk=\"a \"b\" c = d\"\n}\n"
        );
    }

    #[test]
    fn an_open_network_needs_no_password_and_a_hidden_one_is_asked_for() {
        let wifi = parse(
            "country=US\nnetwork=\"Café\"\nhidden=yes",
            Path::new("wifi.txt"),
        )
        .expect("it is right");
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

    proptest! {
        /// No value can add a line of its own to the settings of the radio.
        #[test]
        fn nothing_breaks_out_of_its_place(text in "(country|network|password|hidden)?[ =]{0,2}[^x]{0,40}") {
            if let Ok(wifi) = parse(&format!("country = DE\nnetwork = n\n{text}"), Path::new("wifi.txt")) {
                let lines = wifi.for_wpa_supplicant();
                prop_assert!((6..=8).contains(&lines.lines().count()), "{lines}");
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = parse(&text, Path::new("wifi.txt"));
        }
    }
}
