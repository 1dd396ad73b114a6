//! How good a classifier is: confusion, accuracy with its interval, likelihood and temperature.

use serde::{Deserialize, Serialize};

/// Quantile of the normal distribution for a two-sided 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;

/// The 95 % confidence interval of a share (Wilson 1927), which stays inside 0..=1 and is honest
/// for few trials too.
#[must_use]
pub fn wilson(correct: u64, total: u64) -> (f64, f64) {
    if total == 0 {
        return (0.0, 1.0);
    }
    let (share, trials) = (correct as f64 / total as f64, total as f64);
    let square = Z_95 * Z_95;
    let centre = share + square / (2.0 * trials);
    let spread = Z_95 * (share * (1.0 - share) / trials + square / (4.0 * trials * trials)).sqrt();
    let scale = 1.0 + square / trials;
    // Rounding must not put an end outside, where it lies at the end exactly.
    (
        ((centre - spread) / scale).max(0.0),
        ((centre + spread) / scale).min(1.0),
    )
}

/// How often each class was taken for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confusion {
    /// `counts[truth][answer]`.
    pub counts: Vec<Vec<u64>>,
}

impl Confusion {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        Self {
            counts: vec![vec![0; classes]; classes],
        }
    }

    /// Counts the answers to `truths`; `logits` holds one row a picture.
    #[must_use]
    pub fn of(logits: &[Vec<f32>], truths: &[usize], classes: usize) -> Self {
        let mut confusion = Self::new(classes);
        for (row, &truth) in logits.iter().zip(truths) {
            confusion.counts[truth][best(row)] += 1;
        }
        confusion
    }

    /// Pictures seen.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// Right answers.
    #[must_use]
    pub fn correct(&self) -> u64 {
        (0..self.counts.len())
            .map(|class| self.counts[class][class])
            .sum()
    }

    /// Answers that are right when the classes of each group count as one.
    #[must_use]
    pub fn correct_by_group(&self, groups: &[usize]) -> u64 {
        let counted = self.counts.iter().enumerate().flat_map(|(truth, row)| {
            row.iter()
                .enumerate()
                .filter(move |(answer, _)| groups[truth] == groups[*answer])
        });
        counted.map(|(_, count)| count).sum()
    }

    /// Of the pictures of `class`, the share that was recognised; none where there were none.
    #[must_use]
    pub fn recall(&self, class: usize) -> Option<f64> {
        share(self.counts[class][class], self.counts[class].iter().sum())
    }

    /// Of the answers `class`, the share that was right; none where it was never answered.
    #[must_use]
    pub fn precision(&self, class: usize) -> Option<f64> {
        share(
            self.counts[class][class],
            self.counts.iter().map(|row| row[class]).sum(),
        )
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The place of the largest number; the first of equals.
#[must_use]
pub fn best(row: &[f32]) -> usize {
    let mut best = 0;
    for (place, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = place;
        }
    }
    best
}

/// Mean negative log-likelihood of the truths, in nats, with logits divided by `temperature`.
#[must_use]
pub fn negative_log_likelihood(logits: &[Vec<f32>], truths: &[usize], temperature: f64) -> f64 {
    let losses = logits.iter().zip(truths).map(|(row, &truth)| {
        let scaled = row.iter().map(|value| f64::from(*value) / temperature);
        let highest = scaled.clone().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scaled.map(|value| (value - highest).exp()).sum();
        highest + sum.ln() - f64::from(row[truth]) / temperature
    });
    losses.sum::<f64>() / truths.len().max(1) as f64
}

/// Bins of confidence in an expected calibration error.
const BINS: usize = 15;

/// The expected calibration error (Guo et al. 2017, arXiv 1706.04599): how far the confidence in the
/// first class lies from the share of right answers, in 15 bins of confidence, weighed by their answers.
#[must_use]
pub fn calibration_error(logits: &[Vec<f32>], truths: &[usize], temperature: f64) -> f64 {
    // The sum of the confidences less the right answers of each bin.
    let mut excess = [0.0; BINS];
    for (row, &truth) in logits.iter().zip(truths) {
        let first = best(row);
        let highest = f64::from(row[first]);
        let sum: f64 = row
            .iter()
            .map(|value| ((f64::from(*value) - highest) / temperature).exp())
            .sum();
        let confidence = 1.0 / sum;
        let bin = ((confidence * BINS as f64) as usize).min(BINS - 1);
        excess[bin] += confidence - f64::from(u8::from(first == truth));
    }
    excess.iter().map(|excess: &f64| excess.abs()).sum::<f64>() / truths.len().max(1) as f64
}

/// The lowest and the highest temperature that are tried.
pub const TEMPERATURES: (f64, f64) = (0.1, 10.0);

/// What a network said of photographs of one kind, and what they show.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answered {
    /// Logits, one row a photograph.
    pub logits: Vec<Vec<f32>>,
    /// The class of each.
    pub truths: Vec<usize>,
}

/// The temperature that makes the likelihood of the truths largest (Guo et al. 2017, arXiv
/// 1706.04599), found by golden-section search within [`TEMPERATURES`]. Each kind of photographs counts the same,
/// however many there are of it.
#[must_use]
pub fn fit_temperature(kinds: &[Answered]) -> f64 {
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let loss = |logarithm: f64| -> f64 {
        let of =
            |kind: &Answered| negative_log_likelihood(&kind.logits, &kind.truths, logarithm.exp());
        kinds.iter().map(of).sum()
    };
    let (mut low, mut high) = (TEMPERATURES.0.ln(), TEMPERATURES.1.ln());
    for _ in 0..60 {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if loss(left) < loss(right) {
            high = right;
        } else {
            low = left;
        }
    }
    f64::midpoint(low, high).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_intervals_are_the_published_ones() {
        // Values from Newcombe 1998, table I, method 3.
        for ((correct, total), (low, high)) in [
            ((81, 263), (0.2553, 0.3662)),
            ((15, 148), (0.0624, 0.1605)),
            ((0, 20), (0.0, 0.1611)),
            ((1, 29), (0.0061, 0.1718)),
        ] {
            let found = wilson(correct, total);
            assert!(
                (found.0 - low).abs() < 5e-5 && (found.1 - high).abs() < 5e-5,
                "{found:?}"
            );
        }
        assert!(wilson(5, 5).1 > 1.0 - 1e-12);
    }

    #[test]
    fn confusion_counts_truth_by_row_and_answer_by_column() {
        let logits = vec![vec![1.0, 0.0], vec![2.0, 3.0], vec![5.0, 1.0]];
        let confusion = Confusion::of(&logits, &[0, 1, 1], 2);
        assert_eq!(confusion.counts, [[1, 0], [1, 1]]);
        assert_eq!((confusion.correct(), confusion.total()), (2, 3));
        assert_eq!(confusion.recall(1), Some(0.5));
        assert_eq!(confusion.precision(0), Some(0.5));
        assert_eq!(confusion.correct_by_group(&[0, 0]), 3);
    }

    #[test]
    fn a_temperature_above_one_tames_an_overconfident_model() {
        // Three of four answers are right, each claimed with near certainty.
        let logits = vec![vec![9.0, 0.0]; 4];
        let truths = vec![0, 0, 0, 1];
        let temperature = fit_temperature(&[Answered { logits, truths }]);
        // Then the confidence should be 3/4, which needs 9 / T = ln 3.
        assert!(
            (temperature - 9.0 / 3.0_f64.ln()).abs() < 1e-4,
            "{temperature}"
        );
    }

    #[test]
    fn each_kind_of_photographs_counts_the_same_for_the_temperature() {
        let kind = |count: usize, wrong: usize| Answered {
            logits: vec![vec![5.0, 0.0]; count],
            truths: (0..count).map(|place| usize::from(place < wrong)).collect(),
        };
        let many = fit_temperature(&[kind(4, 1), kind(400, 40)]);
        let few = fit_temperature(&[kind(4, 1), kind(10, 1)]);
        assert!((many - few).abs() < 1e-6, "{many} {few}");
    }

    #[test]
    fn a_calibration_error_is_the_distance_of_confidence_and_truth() {
        // Sure to 3/4, and right three times of four, and then only twice.
        let logits = vec![vec![3.0_f32.ln(), 0.0]; 4];
        let error = |truths: &[usize]| calibration_error(&logits, truths, 1.0);
        assert!(error(&[0, 0, 0, 1]) < 1e-6);
        assert!((error(&[0, 1, 0, 1]) - 0.25).abs() < 1e-6);
    }
}
