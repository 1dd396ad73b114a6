//! Judges a history of events: one bin at most signals, each signal has its verdict, none lasts too long, and
//! the next one waits until the zone was empty.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

/// What events may say.
pub struct Rules {
    /// The labels of each bin.
    pub accepts: BTreeMap<String, BTreeSet<String>>,
    /// The bins for items that are not recognised.
    pub unsure: BTreeSet<String>,
    /// No signal is on for longer than this.
    pub max_on: Duration,
}

/// Hears the events of one process, in order.
pub struct Judge<'r> {
    rules: &'r Rules,
    /// How much later than allowed a signal may be told to be off: a turn.
    turn: Duration,
    signal: Option<(String, Duration)>,
    /// A bin that was named, until its signal is on.
    verdict: Option<String>,
    /// Whether the next item may have a signal.
    armed: bool,
    /// What was wrong.
    pub complaints: Vec<String>,
    /// How often each event was told.
    pub counts: BTreeMap<String, u64>,
    /// The longest signal.
    pub longest: Duration,
}

impl<'r> Judge<'r> {
    /// A judge of a process that begins at rest.
    pub fn new(rules: &'r Rules, turn: Duration) -> Self {
        Self {
            rules,
            turn,
            signal: None,
            verdict: None,
            armed: true,
            complaints: Vec::new(),
            counts: BTreeMap::new(),
            longest: Duration::ZERO,
        }
    }

    /// Hears one event, as its JSON form.
    pub fn hear(&mut self, at: Duration, event: &Value) {
        let text = |field: &str| event[field].as_str().unwrap_or_default();
        let name = text("event");
        *self.counts.entry(name.into()).or_default() += 1;
        match name {
            "item-seen" | "item-left" => {
                self.expect_armed(at, name);
                self.expect_no_verdict(at, name);
            }
            "rearmed" => {
                if self.armed || self.signal.is_some() {
                    self.complain(at, "rearmed, though nothing had to go first");
                }
                self.expect_no_verdict(at, name);
                self.armed = true;
            }
            "blind" => {
                self.expect_no_verdict(at, name);
                if self.signal.is_some() {
                    self.complain(at, "blind while a bin signals");
                }
                self.armed = false;
            }
            "recognised" => {
                let (bin, label) = (text("bin"), text("label"));
                if !self.takes(bin, label) {
                    self.complain(at, &format!("{label:?} does not belong into {bin:?}"));
                }
                self.decide(at, name, Some(bin));
            }
            "unsure" => {
                let bin = event["bin"].as_str();
                if bin.is_some_and(|bin| !self.rules.unsure.contains(bin)) {
                    self.complain(at, &format!("{bin:?} is not for what is unsure"));
                }
                self.decide(at, name, bin);
            }
            "signal-on" => self.switch_on(at, text("bin")),
            "signal-off" => self.switch_off(at, text("bin")),
            "config-reloaded" if self.signal.is_some() => {
                self.complain(at, "reloaded while a bin signals");
            }
            "dropping-began" | "dropping-ended" => {
                self.complain(at, "events were dropped, and cannot be judged");
            }
            _ => {}
        }
    }

    /// Nothing more comes; where the process brought itself to rest, no signal is left.
    pub fn end(&mut self, at: Duration, at_rest: bool) {
        if let Some((bin, _)) = self.signal.take().filter(|_| at_rest) {
            self.complain(at, &format!("{bin:?} was never told to be off"));
        }
    }

    fn takes(&self, bin: &str, label: &str) -> bool {
        let labels = self.rules.accepts.get(bin);
        labels.is_some_and(|labels| labels.contains(label))
    }

    fn decide(&mut self, at: Duration, name: &str, bin: Option<&str>) {
        self.expect_armed(at, name);
        self.expect_no_verdict(at, name);
        self.armed = false;
        self.verdict = bin.map(Into::into);
    }

    fn switch_on(&mut self, at: Duration, bin: &str) {
        if let Some((other, _)) = &self.signal {
            self.complain(at, &format!("{bin:?} signals while {other:?} does"));
        }
        let verdict = self.verdict.take();
        if verdict.as_deref() != Some(bin) {
            self.complain(
                at,
                &format!("{bin:?} signals after the verdict {verdict:?}"),
            );
        }
        self.signal = Some((bin.into(), at));
    }

    fn switch_off(&mut self, at: Duration, bin: &str) {
        self.expect_no_verdict(at, "signal-off");
        match self.signal.take() {
            Some((on, since)) if on == bin => {
                let lasted = at.saturating_sub(since);
                self.longest = self.longest.max(lasted);
                if lasted > self.rules.max_on + self.turn {
                    self.complain(at, &format!("{bin:?} signalled for {lasted:?}"));
                }
            }
            on => self.complain(at, &format!("{bin:?} goes off while {on:?} is on")),
        }
    }

    fn expect_armed(&mut self, at: Duration, name: &str) {
        if !self.armed || self.signal.is_some() {
            self.complain(at, &format!("{name} before the zone was empty"));
        }
    }

    fn expect_no_verdict(&mut self, at: Duration, name: &str) {
        if let Some(bin) = self.verdict.take() {
            self.complain(at, &format!("{name} before the signal of {bin:?}"));
        }
    }

    fn complain(&mut self, at: Duration, what: &str) {
        self.complaints.push(format!("{at:?}: {what}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Events, each 100 ms after the one before; `on`, `off`, `cans` and so on are short for whole ones.
    fn judged(events: &[&str]) -> Vec<String> {
        let bins = [("cans", "metal"), ("paper", "paper")];
        let rules = Rules {
            accepts: bins
                .map(|(bin, label)| (bin.into(), [label.into()].into()))
                .into(),
            unsure: ["paper".into()].into(),
            max_on: Duration::from_secs(1),
        };
        let mut judge = Judge::new(&rules, Duration::from_millis(50));
        let mut at = Duration::ZERO;
        for words in events {
            at += Duration::from_millis(100);
            let words: Vec<&str> = words.split(' ').collect();
            let event = match words[..] {
                ["wait", millis] => {
                    at += Duration::from_millis(millis.parse().unwrap());
                    continue;
                }
                ["recognised", label, bin] => {
                    json!({"event": "recognised", "label": label, "bin": bin})
                }
                [name, bin] => json!({"event": name, "bin": bin}),
                _ => json!({"event": words[0]}),
            };
            judge.hear(at, &event);
        }
        judge.end(at, true);
        judge.complaints
    }

    const SHOWN: [&str; 4] = [
        "item-seen",
        "recognised metal cans",
        "signal-on cans",
        "signal-off cans",
    ];

    #[test]
    fn right_histories_are_not_complained_of() {
        let nothing: [String; 0] = [];
        let next = [
            "rearmed",
            "unsure paper",
            "signal-on paper",
            "config-refused",
            "signal-off paper",
        ];
        assert_eq!(judged(&[&SHOWN[..], &next].concat()), nothing);
        let left = [
            "item-seen",
            "item-left",
            "item-seen",
            "blind",
            "rearmed",
            "unsure",
        ];
        assert_eq!(judged(&left), nothing);
    }

    #[test]
    fn each_broken_promise_is_told() {
        let told = |events: &[&str], said: &str| {
            let complaints = judged(events);
            assert!(
                complaints.iter().any(|told| told.contains(said)),
                "{said}: {complaints:?}"
            );
        };
        let on = &SHOWN[..3];
        told(&[on, &["signal-on paper"]].concat(), "while \"cans\" does");
        told(
            &[on, &["wait 1000", "signal-off cans"]].concat(),
            "signalled for 1.2s",
        );
        told(
            &[&SHOWN[..], &["recognised metal cans"]].concat(),
            "before the zone was empty",
        );
        told(
            &[&SHOWN[..], &["item-seen"]].concat(),
            "before the zone was empty",
        );
        told(&["unsure", "item-seen"], "before the zone was empty");
        told(
            &["blind", "recognised metal cans"],
            "before the zone was empty",
        );
        told(&[on, &["rearmed"]].concat(), "nothing had to go first");
        told(on, "never told to be off");
        told(&[on, &["signal-off paper"]].concat(), "goes off while");
        told(&["signal-off cans"], "goes off while None");
        told(&["recognised paper cans"], "does not belong into");
        told(&["recognised empty cans"], "does not belong into");
        told(&["recognised metal tins"], "does not belong into");
        told(&["unsure cans"], "is not for what is unsure");
        told(&["signal-on cans"], "after the verdict None");
        told(
            &["recognised metal cans", "signal-on paper"],
            "after the verdict",
        );
        told(&["recognised metal cans", "rearmed"], "before the signal");
        told(&[on, &["config-reloaded"]].concat(), "reloaded while");
        told(&[on, &["blind"]].concat(), "blind while");
        told(&["dropping-began"], "cannot be judged");
    }

    #[test]
    fn who_was_killed_need_not_have_told_of_rest() {
        let rules = crate::setups::rules();
        let mut judge = Judge::new(&rules, Duration::ZERO);
        for event in [
            json!({"event": "recognised", "label": "metal", "bin": "a-cans"}),
            json!({"event": "signal-on", "bin": "a-cans"}),
        ] {
            judge.hear(Duration::ZERO, &event);
        }
        judge.end(Duration::ZERO, false);
        assert!(judge.complaints.is_empty(), "{:?}", judge.complaints);
    }
}
