//! `[decision]`: when a recognition is good enough to act on.

use std::time::Duration;

use super::place::Position;
use super::problem::Located;
use super::table::Table;
use crate::units::Confidence;

/// The `[decision]` table.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionConfig {
    /// Where the table stands.
    pub position: Position,
    /// How many of the latest looks at an item are counted; their mean is the evidence.
    pub window: usize,
    /// With how many of them the mean until then must name the same bin.
    pub agree: usize,
    /// The mean names a bin from this confidence on.
    pub min_confidence: Confidence,
    /// ... and when it leads the second bin by this much.
    pub min_margin: Confidence,
    /// A signal that is on stays on while its bin keeps this confidence.
    pub keep_confidence: Confidence,
    /// A signal stays on for at least this long.
    pub hold: Duration,
    /// The zone must be empty for this long before the next signal.
    pub rearm: Duration,
    /// Looks without agreement for this long mean *unsure*.
    pub unsure_after: Duration,
    /// The bin that is shown then; `None` shows none.
    pub unsure_bin: Option<Located<String>>,
}

impl DecisionConfig {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let window = table.integer("window", 5, 1..=60);
        let agree = table.integer("agree", 3, 1..=60);
        if agree > window {
            table.problem(
                "agree",
                format!("{agree} looks can never agree among the latest {window}"),
                "make it at most as large as window",
            );
        }
        let confidence = |key, default: &'static str| {
            table.measure(key, default, Confidence::new).map_or_else(
                || Confidence::saturating(default.parse().expect("the default is a number")),
                |found| found.value,
            )
        };
        let min_confidence = confidence("min-confidence", "0.7");
        let min_margin = confidence("min-margin", "0.2");
        let keep_confidence = confidence("keep-confidence", "0.4");
        if keep_confidence > min_confidence {
            table.problem(
                "keep-confidence",
                format!("{keep_confidence} is above min-confidence, {min_confidence}"),
                "make it smaller, so that a signal that is on does not flicker",
            );
        }
        let config = Self {
            position: table.position(),
            window: window as usize,
            agree: agree as usize,
            min_confidence,
            min_margin,
            keep_confidence,
            hold: table.millis("hold-ms", 4_000, 200..=60_000),
            rearm: table.millis("rearm-ms", 600, 0..=60_000),
            unsure_after: table.millis("unsure-after-ms", 2_500, 200..=60_000),
            unsure_bin: table.text("unsure-bin"),
        };
        table.finish();
        config
    }
}
