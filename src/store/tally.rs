//! What events add up to, by hour, bin, label and outcome, and over the whole life.

use std::collections::BTreeMap;

use crate::report::Event;

/// More different counts than these are not kept in memory: months of a bin whose disk fails.
const MOST_KEYS: usize = 5_000;

/// What became of an item, as far as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// An item came.
    Came,
    /// It was recognised.
    Recognised,
    /// It was not.
    Unsure,
    /// It left before.
    Left,
    /// A bin signalled.
    Signalled,
}

impl Outcome {
    const ALL: [Self; 5] = [
        Self::Came,
        Self::Recognised,
        Self::Unsure,
        Self::Left,
        Self::Signalled,
    ];

    /// Its name in the file and in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Came => "came",
            Self::Recognised => "recognised",
            Self::Unsure => "unsure",
            Self::Left => "left",
            Self::Signalled => "signalled",
        }
    }

    /// That of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// What is counted apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The second at which the hour began.
    pub hour: i64,
    /// Whether the machine's clock was set.
    pub clock_set: bool,
    /// The bin; empty where there is none.
    pub bin: String,
    /// The label; empty where there is none.
    pub label: String,
    /// What happened.
    pub outcome: Outcome,
}

/// Counts that are not in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// By hour.
    pub hours: BTreeMap<Key, u64>,
    /// Over the whole life, by outcome and bin.
    pub ever: BTreeMap<(Outcome, String), u64>,
    /// How much is counted in no hour any more, since there were too many.
    pub dropped: u64,
}

impl Tally {
    /// Counts what happened in the hour that began at `hour`.
    pub fn count(&mut self, event: &Event, hour: i64, clock_set: bool) {
        let (outcome, bin, label) = match event {
            Event::ItemSeen => (Outcome::Came, "", ""),
            Event::Recognised { label, bin, .. } => (Outcome::Recognised, &**bin, &**label),
            Event::Unsure { label, bin } => (
                Outcome::Unsure,
                bin.as_deref().unwrap_or_default(),
                &**label,
            ),
            Event::ItemLeft => (Outcome::Left, "", ""),
            Event::SignalOn { bin } => (Outcome::Signalled, &**bin, ""),
            _ => return,
        };
        *self.ever.entry((outcome, bin.into())).or_default() += 1;
        let key = Key {
            hour,
            clock_set,
            bin: bin.into(),
            label: label.into(),
            outcome,
        };
        self.add(key, 1);
    }

    /// Adds what another counted.
    pub fn merge(&mut self, other: Self) {
        for (key, count) in other.hours {
            self.add(key, count);
        }
        for (key, count) in other.ever {
            *self.ever.entry(key).or_default() += count;
        }
        self.dropped += other.dropped;
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.ever.is_empty() && self.hours.is_empty()
    }

    fn add(&mut self, key: Key, count: u64) {
        *self.hours.entry(key).or_default() += count;
        if self.hours.len() > MOST_KEYS
            && let Some((_, count)) = self.hours.pop_first()
        {
            self.dropped += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(tally: &Tally) -> Vec<(i64, &str, &str, &str, u64)> {
        let rows = tally.hours.iter();
        rows.map(|(key, count)| {
            let name = key.outcome.name();
            (key.hour, &*key.bin, &*key.label, name, *count)
        })
        .collect()
    }

    #[test]
    fn each_item_is_counted_with_its_bin_label_and_outcome() {
        let mut tally = Tally::default();
        let bin = || "glass".to_owned();
        let unsure = |bin| Event::Unsure {
            label: "metal".into(),
            bin,
        };
        for event in [
            Event::ItemSeen,
            Event::Recognised {
                label: "jar".into(),
                bin: bin(),
                confidence: 0.9,
            },
            Event::SignalOn { bin: bin() },
            Event::ItemSeen,
            unsure(Some("rest".into())),
            unsure(None),
            Event::ItemLeft,
            Event::Rearmed,
        ] {
            tally.count(&event, 7200, true);
        }
        assert_eq!(
            counted(&tally),
            [
                (7200, "", "", "came", 2),
                (7200, "", "", "left", 1),
                (7200, "", "metal", "unsure", 1),
                (7200, "glass", "", "signalled", 1),
                (7200, "glass", "jar", "recognised", 1),
                (7200, "rest", "metal", "unsure", 1),
            ]
        );
        assert_eq!(tally.ever[&(Outcome::Came, String::new())], 2);
        let mut twice = tally.clone();
        twice.merge(tally.clone());
        assert_eq!(counted(&twice)[0].4, 4);
        assert_eq!(twice.ever[&(Outcome::Signalled, bin())], 2);
    }

    #[test]
    fn the_oldest_hours_go_first_and_the_whole_life_keeps_them() {
        let mut tally = Tally::default();
        let hours = MOST_KEYS.cast_signed() as i64 + 3;
        for hour in 0..hours {
            tally.count(&Event::ItemSeen, hour, true);
        }
        assert_eq!(tally.hours.len(), MOST_KEYS);
        assert_eq!(tally.hours.keys().next().map(|key| key.hour), Some(3));
        assert_eq!(tally.dropped, 3);
        assert_eq!(tally.ever[&(Outcome::Came, String::new())], hours as u64);
    }
}
