//! What may be asked of the memory, and what it answers: counts, by bin, label, hour, day or outcome.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::tally::{Key, Outcome, Tally};
use crate::report::Counters;
use crate::time_zone::TimeZone;

/// Rows of an answer; of hours and days the newest are told, of names those that were counted most.
pub(super) const MOST_ROWS: usize = 1_000;

/// Bins whose signals over the whole life are told.
const MOST_BINS: usize = 100;

/// What is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Of hours that began at this second since 1970 or after it; of all where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// Of hours that began before this second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// What the rows are.
    #[serde(default)]
    pub by: Grouping,
}

impl Query {
    /// The first second that is asked about, and the one after the last.
    pub(super) fn range(&self) -> (i64, i64) {
        let second = |second: u64| i64::try_from(second).unwrap_or(i64::MAX);
        (
            self.from.map_or(i64::MIN, second),
            self.to.map_or(i64::MAX, second),
        )
    }
}

/// What the rows of an answer are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grouping {
    /// Bins.
    #[default]
    Bin,
    /// Labels.
    Label,
    /// Hours.
    Hour,
    /// Days of the machine's time zone.
    Day,
    /// What became of the items.
    Outcome,
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// What the rows are.
    pub by: Grouping,
    /// The rows: hours and days in their order, names with the most counted first.
    pub rows: Vec<Row>,
    /// How many rows are left out, since an answer has a thousand at most.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left_out: u64,
    /// All that was asked about, together.
    pub total: Counts,
    /// How many of the items came while the machine's clock was not set, so that their hours may be wrong.
    #[serde(default, skip_serializing_if = "is_none")]
    pub clock_unset: u64,
    /// What was counted over the whole life.
    pub ever: Counters,
    /// How many bins are left out of that, since it has a hundred at most; those that signalled most are told.
    #[serde(default, skip_serializing_if = "is_none")]
    pub ever_left_out: u64,
    /// How many events were not remembered, because too many came at once or could not be written.
    #[serde(default, skip_serializing_if = "is_none")]
    pub lost: u64,
    /// What is wrong with the memory, so that older counts may be missing, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
}

/// One line of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The bin, label or outcome; empty for what has none. Of an hour or a day, how the machine's time zone writes it.
    pub name: String,
    /// The second at which the hour or the day began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,
    /// What was counted.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What was counted; what was not is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Items that came.
    #[serde(default, skip_serializing_if = "is_none")]
    pub items: u64,
    /// Those that were recognised.
    #[serde(default, skip_serializing_if = "is_none")]
    pub recognised: u64,
    /// Those that were not.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unsure: u64,
    /// Those that left before.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left: u64,
    /// How often bins signalled.
    #[serde(default, skip_serializing_if = "is_none")]
    pub signals: u64,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Counts {
    fn add(&mut self, outcome: Outcome, count: u64) {
        let place = match outcome {
            Outcome::Came => &mut self.items,
            Outcome::Recognised => &mut self.recognised,
            Outcome::Unsure => &mut self.unsure,
            Outcome::Left => &mut self.left,
            Outcome::Signalled => &mut self.signals,
        };
        *place = place.saturating_add(count);
    }

    /// How much was counted, whatever it was.
    const fn all(self) -> u64 {
        self.items
            .saturating_add(self.recognised)
            .saturating_add(self.unsure)
            .saturating_add(self.left)
            .saturating_add(self.signals)
    }
}

/// What counts belong to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// An hour or a day that began at this second.
    Start(i64),
    /// A name.
    Name(String),
}

/// Adds up an answer.
#[derive(Debug)]
pub(super) struct Sum {
    query: Query,
    zone: TimeZone,
    groups: BTreeMap<Group, Counts>,
    total: Counts,
    clock_unset: u64,
    ever: Counters,
}

impl Sum {
    pub fn new(query: Query, zone: TimeZone) -> Self {
        Self {
            query,
            zone,
            groups: BTreeMap::new(),
            total: Counts::default(),
            clock_unset: 0,
            ever: Counters::default(),
        }
    }

    /// Adds what was counted of a group.
    pub fn add(&mut self, group: Group, outcome: Outcome, clock_set: bool, count: u64) {
        let group = match group {
            Group::Start(hour) if self.query.by == Grouping::Day => {
                Group::Start(self.zone.day_of(hour))
            }
            group => group,
        };
        self.groups.entry(group).or_default().add(outcome, count);
        self.total.add(outcome, count);
        if !clock_set && outcome == Outcome::Came {
            self.clock_unset = self.clock_unset.saturating_add(count);
        }
    }

    /// Adds what was counted over a life.
    pub fn add_ever(&mut self, outcome: Outcome, bin: &str, count: u64) {
        let place = match outcome {
            Outcome::Came => &mut self.ever.items,
            Outcome::Recognised => &mut self.ever.recognised,
            Outcome::Unsure => &mut self.ever.unsure,
            Outcome::Left => &mut self.ever.left,
            Outcome::Signalled => self.ever.signals.entry(bin.to_owned()).or_default(),
        };
        *place = place.saturating_add(count);
    }

    /// Adds what is not in the file.
    pub fn add_unwritten(&mut self, tally: &Tally) {
        let (from, to) = self.query.range();
        for (key, count) in &tally.hours {
            if (from..to).contains(&key.hour) {
                self.add(self.group_of(key), key.outcome, key.clock_set, *count);
            }
        }
        for ((outcome, bin), count) in &tally.ever {
            self.add_ever(*outcome, bin, *count);
        }
    }

    fn group_of(&self, key: &Key) -> Group {
        match self.query.by {
            Grouping::Bin => Group::Name(key.bin.clone()),
            Grouping::Label => Group::Name(key.label.clone()),
            Grouping::Outcome => Group::Name(key.outcome.name().into()),
            Grouping::Hour | Grouping::Day => Group::Start(key.hour),
        }
    }

    /// The answer.
    pub fn told(self) -> Stats {
        let by = self.query.by;
        let row = |(group, counts)| match group {
            Group::Name(name) => Row {
                name,
                start: None,
                counts,
            },
            Group::Start(start) => Row {
                name: match by {
                    Grouping::Day => self.zone.date(start),
                    _ => self.zone.minute(start),
                },
                start: Some(start),
                counts,
            },
        };
        // The newest first, or those that were counted most: what is left out is at the end.
        let mut rows: Vec<Row> = self.groups.into_iter().rev().map(row).collect();
        let left_out = rows.len().saturating_sub(MOST_ROWS);
        if matches!(by, Grouping::Hour | Grouping::Day) {
            rows.truncate(MOST_ROWS);
            rows.reverse();
        } else {
            rows.sort_by(|one, other| {
                let most_first = other.counts.all().cmp(&one.counts.all());
                most_first.then_with(|| one.name.cmp(&other.name))
            });
            rows.truncate(MOST_ROWS);
        }
        let (ever, ever_left_out) = with_most_bins(self.ever);
        Stats {
            by,
            rows,
            left_out: left_out as u64,
            total: self.total,
            clock_unset: self.clock_unset,
            ever,
            ever_left_out,
            ..Stats::default()
        }
    }
}

/// The counters without the bins that signalled least, where there are too many; and how many those are.
fn with_most_bins(mut counters: Counters) -> (Counters, u64) {
    let mut bins: Vec<_> = counters.signals.into_iter().collect();
    let left_out = bins.len().saturating_sub(MOST_BINS);
    bins.sort_by_key(|(_, signals)| std::cmp::Reverse(*signals));
    bins.truncate(MOST_BINS);
    counters.signals = bins.into_iter().collect();
    (counters, left_out as u64)
}

#[cfg(test)]
#[path = "stats_tests.rs"]
mod tests;
