//! `sortd-report.txt`: what a technician reads on a laptop, beside the files that he or she wrote.

use std::path::Path;

use super::{Outcome, Verdict, linkless, place, unwritten, whereabouts};
use crate::config::Listen;
use crate::error::Result;
use crate::files;
use crate::machine;
use crate::visible::visible;

/// What was taken and what was not, for people; written onto the boot partition.
const SHEET: &str = "sortd-report.txt";

/// A report is shorter.
const LARGEST: u64 = 1 << 20;

/// The text: first what became of each file, then what is in force, then the machine.
#[must_use]
pub fn sheet(outcome: &Outcome) -> String {
    let mut lines = vec![
        "What sortd found here when it started".to_owned(),
        String::new(),
    ];
    for (name, verdict) in &outcome.verdicts {
        let (said, why) = match verdict {
            Verdict::Absent => ("not there", ""),
            Verdict::AsBefore => ("as before", ""),
            Verdict::Taken => ("taken over", ""),
            Verdict::Refused(why) => ("REFUSED; the last good one goes on", why.as_str()),
            Verdict::Note(why) => ("please read", why.as_str()),
            Verdict::Left => ("removed: not on the card, and not named", ""),
        };
        lines.push(entry(name, said));
        lines.extend(indented(why));
    }
    if let Some(failure) = &outcome.failure {
        lines.push(entry("NOT TAKEN OVER", &failure.to_string()));
    }
    lines.extend([String::new(), "What is in force".into(), String::new()]);
    lines.push(entry("sortd", env!("CARGO_PKG_VERSION")));
    match &outcome.in_force {
        Ok(plan) => lines.extend(plan.describe().iter().map(|(name, said)| entry(name, said))),
        Err(error) => lines.push(entry("NOTHING", &error.to_string())),
    }
    match &outcome.committed {
        Ok(Some(number)) => lines.push(entry("BUT", &format!(
            "generation {number}, committed on the bin's own page, in place of sortd.toml; to have sortd.toml again, change it"
        ))),
        Err(error) => {
            let text = "what was committed on the bin's own page: it cannot be in force";
            lines.push(entry("PASSED OVER", text));
            lines.extend(indented(&error.to_string()));
        }
        Ok(None) => {}
    }
    let page = match outcome.listen {
        Listen::Off => {
            "closed; listen = \"lan\" below [web] in sortd.toml opens it to the local network"
        }
        Listen::Lan => {
            "open to the local network; its address follows below, as soon as there is one"
        }
    };
    lines.push(entry("page", page));
    let temperature = machine::temperature().map(|degrees| format!("{degrees:.0} °C"));
    lines.extend([
        String::new(),
        "The machine".into(),
        String::new(),
        entry("board", machine::board().as_deref().unwrap_or("unknown")),
        entry("temperature", temperature.as_deref().unwrap_or("unknown")),
    ]);
    if let Ok(plan) = &outcome.in_force {
        let findings = machine::inspect(&plan.config);
        lines.extend(findings.iter().map(ToString::to_string));
    }
    lines.join("\n") + "\n"
}

/// What is said in more than one line, below a line of the report.
fn indented(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| format!("    {}", visible(line)))
}

/// A line of the report.
pub(super) fn entry(name: &str, said: &str) -> String {
    format!("  {:<24} {}", visible(name), visible(said))
}

/// Writes the report onto the boot partition, with the line ends that every editor understands.
///
/// # Errors
/// The boot partition cannot be written, or a link of another user leads to it.
pub fn write_sheet(boot: &Path, text: &str) -> Result<()> {
    let file = place::way(boot)?.join(SHEET);
    files::write_durably(&file, text.replace('\n', "\r\n").as_bytes(), 0o644)
        .map_err(|error| unwritten(&file, error))
}

/// Adds what [`Whereabouts::section`](super::Whereabouts::section) says to the report, in place of what was added before.
///
/// # Errors
/// As for [`write_sheet`].
pub fn add_to_sheet(boot: &Path, section: &str) -> Result<()> {
    let boot = place::way(boot)?;
    // What cannot be read is written anew: the rest of it comes again with the next start.
    let bytes = linkless::read_at_most(&boot.join(SHEET), LARGEST)
        .ok()
        .flatten();
    let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).replace("\r\n", "\n");
    let lines = text
        .lines()
        .take_while(|line| *line != whereabouts::HEADING);
    let before: Vec<&str> = lines.collect();
    let before = before.join("\n");
    let gap = if before.is_empty() { "" } else { "\n\n" };
    write_sheet(&boot, &format!("{}{gap}{section}", before.trim_end()))
}
