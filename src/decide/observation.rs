//! What the decider is told: what a picture shows, with the network's scores added up by bin.

use std::time::Instant;

use crate::classify::Scores;
use crate::config::Config;
use crate::units::Confidence;

/// Index of a bin in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BinId(pub usize);

/// The most bins that a decision can be about; the configuration allows no more.
pub const MOST_BINS: usize = crate::config::MOST_BINS;

/// Where less than this is left for an item, what it would be is not known any better.
const LEAST_ITEM: f32 = 1e-3;

/// One picture and what it shows.
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
    /// Something is there, or may be, and nothing is known of it: nobody asked the network. That is
    /// neither an empty zone nor an item to decide about.
    Unjudged,
    /// Something, with the confidence in each bin.
    Item(BinScores),
}

/// Confidence in each bin: the sum over the labels that it accepts, because an item that may be paper
/// or cardboard is certain to belong into a bin that takes both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinScores {
    confidences: [f32; MOST_BINS],
    /// The likeliest label of each bin; a bin that no label belongs into has none.
    labels: [Option<u16>; MOST_BINS],
    bins: usize,
    /// The likeliest label that means an item.
    item: usize,
    /// Confidence that nothing is there.
    empty: f32,
}

impl BinScores {
    /// The confidence in `bin`.
    #[must_use]
    pub fn of(&self, bin: BinId) -> Confidence {
        Confidence::saturating(self.confidences.get(bin.0).copied().unwrap_or_default())
    }

    /// The same, as if it were certain that something is there.
    pub(super) fn given_an_item(&self) -> Self {
        let item = (1.0 - self.empty).max(LEAST_ITEM);
        Self {
            confidences: self.confidences.map(|confidence| confidence / item),
            empty: 0.0,
            ..*self
        }
    }

    /// The mean of looks that are certain of an item, less the confidence that there is none; with the labels of the
    /// `latest`.
    pub(super) fn mean(looks: &[Self], latest: &Self, empty: f32) -> Self {
        let share = (1.0 - empty) / looks.len().max(1) as f32;
        let of_bin = |bin: usize| looks.iter().map(|look| look.confidences[bin]).sum::<f32>();
        Self {
            confidences: std::array::from_fn(|bin| of_bin(bin) * share),
            empty,
            ..*latest
        }
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

    /// Index of the label to name beside `bin`: the likeliest of those that belong into it.
    #[must_use]
    pub fn label_of(&self, bin: BinId) -> usize {
        self.labels
            .get(bin.0)
            .copied()
            .flatten()
            .map_or(self.item, usize::from)
    }

    /// Index of the label to name where no bin is recognised: the likeliest that means an item.
    #[must_use]
    pub const fn item_label(&self) -> usize {
        self.item
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

    /// The label to name, with its bin: the likeliest label of the likeliest bin; or, where that
    /// nothing is there is likelier than any bin, the label that says so, with none.
    #[must_use]
    pub fn name(&self, scores: &Scores) -> (usize, Option<BinId>) {
        let by_bin = self.by_bin(scores);
        match self.empty_label {
            Some(empty) if by_bin.shows_nothing(Confidence::saturating(0.0)) => (empty, None),
            _ => {
                let (bin, _) = by_bin.best();
                (by_bin.label_of(bin), Some(bin))
            }
        }
    }

    /// Adds up the scores of a picture by bin.
    #[must_use]
    pub fn by_bin(&self, scores: &Scores) -> BinScores {
        let mut confidences = [0.0; MOST_BINS];
        let mut labels: [Option<usize>; MOST_BINS] = [None; MOST_BINS];
        for (label, probability) in scores.probabilities().iter().enumerate() {
            if let Some(BinId(bin)) = self.bin_of(label) {
                confidences[bin] += probability;
                let best = labels[bin].get_or_insert(label);
                *best = scores.likelier(*best, label);
            }
        }
        let items =
            (0..scores.probabilities().len()).filter(|label| Some(*label) != self.empty_label);
        BinScores {
            confidences,
            // A bundle has fewer labels than this type has numbers.
            labels: labels.map(|label| label.and_then(|label| u16::try_from(label).ok())),
            bins: self.bins,
            item: items
                .reduce(|best, label| scores.likelier(best, label))
                .unwrap_or_default(),
            empty: self
                .empty_label
                .map_or(0.0, |label| scores.confidence(label).value()),
        }
    }
}

#[cfg(test)]
impl BinScores {
    /// Scores as a test wants them; the label of each bin has the bin's own number.
    pub(crate) fn with(confidences: &[f32]) -> Self {
        let mut all = [0.0; MOST_BINS];
        all[..confidences.len()].copy_from_slice(confidences);
        let mut scores = Self {
            confidences: all,
            labels: std::array::from_fn(|bin| u16::try_from(bin).ok()),
            bins: confidences.len(),
            item: 0,
            empty: 0.0,
        };
        scores.item = scores.best().0.0;
        scores
    }

    /// The same, with this confidence that nothing is there.
    pub(crate) fn and_empty(self, empty: f32) -> Self {
        Self { empty, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Three bins, the last for what is unsure, and seven labels of which any may mean that nothing
    /// is there.
    fn sortings() -> impl Strategy<Value = Sorting> {
        let bins = prop::collection::vec(0..3usize, 7);
        (bins, prop::option::of(0..7usize)).prop_map(|(bins, empty_label)| {
            let bin_of = |(label, bin)| (Some(label) != empty_label).then_some(BinId(bin));
            Sorting {
                bin_of_label: bins.into_iter().enumerate().map(bin_of).collect(),
                empty_label,
                bins: 3,
                unsure_bin: Some(BinId(2)),
            }
        })
    }

    proptest! {
        #[test]
        fn the_label_that_is_named_belongs_to_the_bin_that_is_named(
            sorting in sortings(), probabilities in prop::collection::vec(0.01..0.2f32, 7),
        ) {
            let scores = Scores::of(&probabilities);
            let by_bin = sorting.by_bin(&scores);
            let (best, _) = by_bin.best();
            let label = by_bin.label_of(best);
            prop_assert_eq!(sorting.bin_of(label), Some(best));
            for other in (0..7).filter(|other| sorting.bin_of(*other) == Some(best)) {
                prop_assert!(probabilities[label] >= probabilities[other]);
            }
            let item = by_bin.item_label();
            prop_assert_ne!(Some(item), sorting.empty_label);
            for other in (0..7).filter(|other| Some(*other) != sorting.empty_label) {
                prop_assert!(probabilities[item] >= probabilities[other]);
            }
            match sorting.name(&scores) {
                (named, Some(bin)) => prop_assert_eq!((named, bin), (label, best)),
                (named, None) => {
                    prop_assert_eq!(Some(named), sorting.empty_label);
                    prop_assert!(probabilities[named] > by_bin.of(best).value());
                }
            }
        }
    }

    #[test]
    fn two_labels_of_a_bin_outweigh_a_likelier_one_of_another() {
        let sorting = Sorting {
            bin_of_label: vec![Some(BinId(0)), Some(BinId(1)), Some(BinId(0)), None],
            empty_label: Some(3),
            bins: 2,
            unsure_bin: None,
        };
        let named = |probabilities: &[f32]| sorting.name(&Scores::of(probabilities));
        assert_eq!(named(&[0.3, 0.36, 0.32, 0.02]), (2, Some(BinId(0))));
        assert_eq!(named(&[0.1, 0.3, 0.2, 0.4]), (3, None));
        // The label for nothing leads, but the bin leads over it.
        assert_eq!(named(&[0.3, 0.03, 0.31, 0.36]), (2, Some(BinId(0))));
    }
}
