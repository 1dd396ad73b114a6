//! Selective prediction: for how many photographs a bin's light would go on, and how many of those lights are right, at
//! each threshold of the confidence (the risk–coverage curve, El-Yaniv and Wiener 2010).

use serde::{Deserialize, Serialize};

/// How far the best bin must be ahead of the second: the daemon's `[decision] min-margin`.
const MARGIN: f64 = 0.2;

/// The thresholds that are measured. At 0 the margin alone decides.
pub const THRESHOLDS: [f64; 9] = [0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

/// One point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selective {
    /// The least confidence in a bin for which its light goes on.
    pub threshold: f64,
    /// Photographs for which a light goes on.
    pub shown: u64,
    /// Those of them for which it is the right one.
    pub right: u64,
}

impl Selective {
    /// The share of lights that are right; none where none goes on.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        (self.shown > 0).then(|| self.right as f64 / self.shown as f64)
    }
}

/// The curve of probabilities, one row a photograph, whose labels are `truths`. `bins` holds the bin of each label; the
/// label that means that nothing is there has none, and a light that goes on for its photographs is wrong.
#[must_use]
pub fn curve(
    probabilities: &[Vec<f64>],
    truths: &[usize],
    bins: &[Option<usize>],
) -> Vec<Selective> {
    let point = |threshold| {
        let (mut shown, mut right) = (0, 0);
        for (row, &truth) in probabilities.iter().zip(truths) {
            if let Some(bin) = light(row, bins, threshold) {
                shown += 1;
                right += u64::from(bins[truth] == Some(bin));
            }
        }
        Selective {
            threshold,
            shown,
            right,
        }
    };
    THRESHOLDS.map(point).to_vec()
}

/// The bin whose light goes on, as the daemon decides it of one look.
fn light(row: &[f64], bins: &[Option<usize>], threshold: f64) -> Option<usize> {
    let count = bins.iter().flatten().max().map_or(0, |last| last + 1);
    // That nothing is there competes as one more bin, whose light never goes on.
    let mut confidences = vec![0.0; count + 1];
    for (probability, bin) in row.iter().zip(bins) {
        confidences[bin.unwrap_or(count)] += probability;
    }
    let (best, confidence) = highest(&confidences)?;
    confidences[best] = f64::NEG_INFINITY;
    let second = highest(&confidences).map_or(0.0, |(_, second)| second.max(0.0));
    (best < count && confidence >= threshold && confidence - second >= MARGIN).then_some(best)
}

fn highest(numbers: &[f64]) -> Option<(usize, f64)> {
    let numbered = numbers.iter().copied().enumerate();
    numbered.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// The probabilities of many photographs.
#[must_use]
pub fn rows(logits: &[Vec<f32>], temperature: f64) -> Vec<Vec<f64>> {
    let row = |row: &Vec<f32>| probabilities(row, temperature);
    logits.iter().map(row).collect()
}

/// What logits divided by `temperature` say of each class.
#[must_use]
pub fn probabilities(logits: &[f32], temperature: f64) -> Vec<f64> {
    let scaled = logits.iter().map(|logit| f64::from(*logit) / temperature);
    let highest = scaled.clone().fold(f64::NEG_INFINITY, f64::max);
    let parts: Vec<f64> = scaled.map(|logit| (logit - highest).exp()).collect();
    let sum: f64 = parts.iter().sum();
    parts.into_iter().map(|part| part / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Paper and cardboard in one bin, glass in another, and nothing there.
    const BINS: [Option<usize>; 4] = [Some(0), Some(0), Some(1), None];

    fn at(threshold: f64, row: [f64; 4], truth: usize) -> (u64, u64) {
        let curve = curve(&[row.to_vec()], &[truth], &BINS);
        let point = curve.iter().find(|point| point.threshold >= threshold);
        point.map(|point| (point.shown, point.right)).unwrap()
    }

    #[test]
    fn labels_of_one_bin_add_up_and_either_is_right() {
        assert_eq!(at(0.6, [0.35, 0.35, 0.3, 0.0], 1), (1, 1));
        assert_eq!(at(0.75, [0.35, 0.35, 0.3, 0.0], 1), (0, 0));
        assert_eq!(at(0.6, [0.35, 0.35, 0.3, 0.0], 2), (1, 0));
    }

    #[test]
    fn no_light_goes_on_without_a_lead_or_where_nothing_is_seen() {
        assert_eq!(at(0.0, [0.3, 0.25, 0.45, 0.0], 0), (0, 0));
        assert_eq!(at(0.0, [0.1, 0.0, 0.2, 0.7], 3), (0, 0));
        assert_eq!(at(0.6, [0.0, 0.0, 0.9, 0.1], 3), (1, 0));
    }

    proptest! {
        #[test]
        fn a_higher_threshold_never_lights_more(
            rows in prop::collection::vec(prop::collection::vec(-5.0..5.0f32, 4), 1..20), truth in 0..4usize,
        ) {
            let rows: Vec<Vec<f64>> = rows.iter().map(|row| probabilities(row, 0.8)).collect();
            let truths = vec![truth; rows.len()];
            let curve = curve(&rows, &truths, &BINS);
            prop_assert!(curve.iter().all(|point| point.right <= point.shown));
            prop_assert!(curve.windows(2).all(|pair| pair[0].shown >= pair[1].shown));
        }
    }
}
