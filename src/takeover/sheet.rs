//! `sortd-report.txt`: what a technician reads on a laptop, beside the files that he or she wrote.

use super::{Outcome, Verdict};
use crate::machine;
use crate::visible::visible;

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
        lines.extend(why.lines().map(|why| format!("    {}", visible(why))));
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
    if let Some(number) = outcome.committed {
        let text = format!(
            "generation {number}, committed on the bin's own page, in place of sortd.toml; to have sortd.toml again, change it"
        );
        lines.push(entry("BUT", &text));
    }
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

fn entry(name: &str, said: &str) -> String {
    format!("  {:<24} {}", visible(name), visible(said))
}
