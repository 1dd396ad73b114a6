//! `sortd status` and `sortd resume`: a running daemon, asked.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Sockets, output, watch};
use crate::control::client::Client;
use crate::control::protocol::{Health, KeptIn, Request, Status, TurnTimes};
use crate::error::Result;
use crate::visible::visible;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sockets: Sockets,
    /// Print one JSON object, as docs/protocol.md describes it.
    #[arg(long)]
    json: bool,
    /// Show it in the terminal as it changes, with the votes of the looks at an item and the latest events.
    #[arg(long, conflicts_with = "json")]
    watch: bool,
}

pub(super) fn status(args: &Args) -> Result<()> {
    let mut daemon = Client::connect(args.sockets.folder())?;
    if args.watch {
        return watch::watch(daemon, Client::connect(args.sockets.folder())?);
    }
    let status: Status = daemon.ask(&Request::Status {})?;
    if args.json {
        return output::json(&status);
    }
    output::lines(told(&status, &daemon.hello.sortd).trim_end())
}

pub(super) fn resume(sockets: &Sockets) -> Result<()> {
    let _: Value = Client::connect(sockets.folder())?.ask(&Request::Resume {})?;
    output::line("sorting again")
}

/// The status for people, a line each.
pub(super) fn told(status: &Status, version: &str) -> String {
    let counters = &status.counters;
    let health = match (status.health, status.paused_s) {
        (Health::Fine, _) => "fine".to_owned(),
        (Health::Paused, Some(left)) => {
            format!("at rest for {}, or until `sortd resume`", duration(left))
        }
        (Health::Paused, None) => "at rest".to_owned(),
        (Health::NoCamera, _) => "no pictures come from the camera".to_owned(),
        (Health::BadPicture, _) => "the pictures are not to be trusted".to_owned(),
        (Health::ConfigRefused, _) => "a new configuration was refused".to_owned(),
    };
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing into a string cannot fail. A line break is part of a name, but for what is wrong with a configuration.
        let _ = writeln!(text, "{name:<12} {}", visible(value));
    };
    line("health", &health);
    for trouble in status.trouble.iter().flat_map(|trouble| trouble.lines()) {
        line("", trouble);
    }
    line("looking for", &duration(status.uptime_s));
    line("camera", status.camera.as_deref().unwrap_or("not open"));
    line("model", &status.model);
    line("config", &status.config);
    match (status.source.source, status.source.generation) {
        (KeptIn::Committed, Some(number)) => {
            let text =
                format!("generation {number} is in force in its place, until that file changes");
            line("", &text);
        }
        (KeptIn::Tried, _) => line("", "another is tried in its place, and ends by itself"),
        _ => {}
    }
    if let Some(code) = &status.pairing {
        line("browser", &format!("let in by the code {code}"));
    }
    line("version", version);
    line(
        "drop zone",
        if status.item {
            "something is there"
        } else {
            "empty"
        },
    );
    line("signal", status.signal.as_deref().unwrap_or("none"));
    line(
        "items",
        &format!(
            "{}: {} recognised, {} unsure, {} gone before",
            counters.items, counters.recognised, counters.unsure, counters.left
        ),
    );
    for (bin, count) in &counters.signals {
        line("", &format!("{bin}: {count}"));
    }
    if let Some(trouble) = &status.memory {
        line("memory", trouble);
    }
    let pictures = status.pictures.to_string();
    let took = |times: TurnTimes| {
        let (median, p99) = (times.median, times.p99);
        format!("{pictures}, {median:.1} ms each, 99 % within {p99:.1} ms")
    };
    line("pictures", &status.turn_ms.map_or(pictures.clone(), took));
    if let Some(degrees) = status.temperature_c {
        line("temperature", &format!("{degrees:.0} °C"));
    }
    match status.undervoltage {
        Some(true) => line(
            "supply",
            "the voltage is too low; use a stronger power supply",
        ),
        Some(false) => line("supply", "fine"),
        None => {}
    }
    text
}

/// `2 h 5 min`, `3 min 20 s`, `7 s`.
fn duration(seconds: u64) -> String {
    let (minutes, rest) = (seconds / 60, seconds % 60);
    let (hours, minutes_left) = (minutes / 60, minutes % 60);
    match (hours / 24, hours % 24, minutes_left) {
        (0, 0, 0) => format!("{rest} s"),
        (0, 0, minutes) => format!("{minutes} min {rest} s"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::committed::Origin;
    use crate::report::Counters;

    #[test]
    fn times_are_told_in_two_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (200, "3 min 20 s"),
            (7_500, "2 h 5 min"),
            (200_000, "2 d 7 h"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn what_is_wrong_stands_below_the_health_with_its_cure() {
        let status = Status {
            health: Health::NoCamera,
            trouble: Some("camera: /dev/video0 is busy; close the other program".into()),
            uptime_s: 61,
            camera: None,
            model: "waste 1".into(),
            config: "/etc/sortd/sortd.toml".into(),
            source: Origin::Committed(3).into(),
            bins: vec!["paper".into()],
            pairing: Some("012345".into()),
            item: false,
            votes: None,
            signal: None,
            paused_s: None,
            pictures: 0,
            turn_ms: None,
            counters: Counters::default(),
            memory: Some("the memory cannot be written; make room on its disk".into()),
            temperature_c: Some(48.3),
            undervoltage: Some(true),
        };
        let told = told(&status, "0.1.0");
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[0], "health       no pictures come from the camera");
        assert!(lines[1].ends_with("close the other program"), "{told}");
        assert!(told.contains("temperature  48 °C"), "{told}");
        assert!(told.contains("memory       the memory cannot"), "{told}");
        assert!(told.contains("stronger power supply"), "{told}");
        assert!(told.contains("generation 3 is in force"), "{told}");
        assert!(told.contains("code 012345"), "{told}");
    }
}
