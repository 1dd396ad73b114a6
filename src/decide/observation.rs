//! What the decider is told: the scores of a look, added up by bin.

use std::time::Instant;

use crate::classify::Scores;
use crate::config::Config;
use crate::units::Confidence;

/// Index of a bin in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BinId(pub usize);

/// The most bins that a decision can be about; the configuration allows no more.
pub const MOST_BINS: usize = crate::config::MOST_BINS;

/// One picture, judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// When the picture was taken.
    pub captured_at: Instant,
    /// What it shows.
    pub sight: Sight,
}

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sight {
    /// An empty drop zone.
    Empty,
    /// Something, with the confidence in each bin.
    Item(BinScores),
}

/// Confidence in each bin: the sum over the labels that it accepts, because an item that may be paper
/// or cardboard is certain to belong into a bin that takes both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinScores {
    confidences: [f32; MOST_BINS],
    bins: usize,
    label: usize,
    /// Confidence that nothing is there.
    empty: f32,
}

impl BinScores {
    /// The confidence in `bin`.
    #[must_use]
    pub fn of(&self, bin: BinId) -> Confidence {
        Confidence::saturating(self.confidences.get(bin.0).copied().unwrap_or_default())
    }

    /// Confidence that nothing is there; 0 for a model that cannot say so.
    #[must_use]
    pub fn empty(&self) -> Confidence {
        Confidence::saturating(self.empty)
    }

    /// Whether that nothing is there is likelier than any bin, and has at least this confidence.
    #[must_use]
    pub fn shows_nothing(&self, least: Confidence) -> bool {
        self.empty() > self.of(self.best().0) && self.empty() >= least
    }

    /// The likeliest bin and its lead over the second, or over that nothing is there; the first of
    /// equals.
    #[must_use]
    pub fn best(&self) -> (BinId, Confidence) {
        let mut best = 0;
        for bin in 1..self.bins {
            if self.confidences[bin] > self.confidences[best] {
                best = bin;
            }
        }
        let others = (0..self.bins).filter(|bin| *bin != best);
        let second = others.map(|bin| self.confidences[bin]);
        let second = second.fold(self.empty, f32::max);
        (
            BinId(best),
            Confidence::saturating(self.confidences[best] - second),
        )
    }

    /// Index of the likeliest label.
    #[must_use]
    pub const fn label(&self) -> usize {
        self.label
    }
}

/// Which label belongs into which bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sorting {
    bin_of_label: Vec<Option<BinId>>,
    empty_label: Option<usize>,
    bins: usize,
    unsure_bin: Option<BinId>,
}

impl Sorting {
    /// The sorting of a configuration, for a model's labels; a label that no bin accepts belongs
    /// into the unsure bin.
    #[must_use]
    pub fn new(config: &Config, labels: &[String], empty_label: Option<usize>) -> Self {
        let named = |name: &str| config.bins.iter().position(|bin| bin.name.value == name);
        let unsure_bin = config
            .decision
            .unsure_bin
            .as_ref()
            .and_then(|name| named(&name.value))
            .map(BinId);
        let bin_of = |(index, label): (usize, &String)| {
            if Some(index) == empty_label {
                return None;
            }
            config
                .bins
                .iter()
                .position(|bin| bin.takes(label))
                .map(BinId)
                .or(unsure_bin)
        };
        Self {
            bin_of_label: labels.iter().enumerate().map(bin_of).collect(),
            empty_label,
            bins: config.bins.len().min(MOST_BINS),
            unsure_bin,
        }
    }

    /// The bin for items that are not recognised.
    #[must_use]
    pub const fn unsure_bin(&self) -> Option<BinId> {
        self.unsure_bin
    }

    /// The bin of a label.
    #[must_use]
    pub fn bin_of(&self, label: usize) -> Option<BinId> {
        self.bin_of_label.get(label).copied().flatten()
    }

    /// Adds up the scores of a look by bin.
    #[must_use]
    pub fn by_bin(&self, scores: &Scores) -> BinScores {
        let mut confidences = [0.0; MOST_BINS];
        for (label, probability) in scores.probabilities().iter().enumerate() {
            if let Some(BinId(bin)) = self.bin_of(label) {
                confidences[bin] += probability;
            }
        }
        BinScores {
            confidences,
            bins: self.bins,
            label: scores.best().0,
            empty: self
                .empty_label
                .map_or(0.0, |label| scores.confidence(label).value()),
        }
    }
}

#[cfg(test)]
impl BinScores {
    /// Scores as a test wants them.
    pub(super) fn with(confidences: &[f32]) -> Self {
        let mut all = [0.0; MOST_BINS];
        all[..confidences.len()].copy_from_slice(confidences);
        Self {
            confidences: all,
            bins: confidences.len(),
            label: 0,
            empty: 0.0,
        }
    }

    /// The same, with this confidence that nothing is there.
    pub(super) fn and_empty(self, empty: f32) -> Self {
        Self { empty, ..self }
    }
}
