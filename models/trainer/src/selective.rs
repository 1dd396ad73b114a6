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

/// Where less than this is left for an item, what it would be is not known any better, as in the daemon.
const LEAST_ITEM: f64 = 1e-3;

/// What one view of each photograph says.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Whether it shows the whole photograph.
    pub whole: bool,
    /// The probabilities, one row a photograph.
    pub rows: Vec<Vec<f64>>,
}

/// What several views of the same photographs say together, as the daemon's decision weighs its looks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Together {
    /// Views of each photograph.
    pub views: usize,
    /// Photographs.
    pub images: u64,
    /// Those whose likeliest label is right.
    pub correct: u64,
    /// The risk–coverage curve.
    pub selective: Vec<Selective>,
}

impl Together {
    /// The mean of what some views say of an item, and what the latest one of the whole says of there being none.
    #[must_use]
    pub fn of(views: &[Seen], truths: &[usize], bins: &[Option<usize>]) -> Self {
        let of_photo = |photo: usize| together(views, photo, bins);
        let rows: Vec<Vec<f64>> = (0..truths.len()).map(of_photo).collect();
        let right = |(row, &truth): (&Vec<f64>, &usize)| {
            highest(row).is_some_and(|(best, _)| best == truth)
        };
        Self {
            views: views.len(),
            images: truths.len() as u64,
            correct: rows.iter().zip(truths).filter(|&pair| right(pair)).count() as u64,
            selective: curve(&rows, truths, bins),
        }
    }
}

/// The probabilities of a photograph by all its views.
fn together(views: &[Seen], photo: usize, bins: &[Option<usize>]) -> Vec<f64> {
    let nothing_in = |row: &[f64]| -> f64 {
        let labels = row.iter().zip(bins);
        labels
            .filter(|(_, bin)| bin.is_none())
            .map(|(share, _)| share)
            .sum()
    };
    let whole = views.iter().rfind(|view| view.whole);
    let nothing = whole.map_or(0.0, |view| nothing_in(&view.rows[photo]));
    let share = (1.0 - nothing) / views.len().max(1) as f64;
    let of_label = |label: usize| match (bins[label], whole) {
        (None, Some(view)) => view.rows[photo][label],
        (None, None) => 0.0,
        (Some(_), _) => {
            let views = views.iter().map(|view| &view.rows[photo]);
            views
                .map(|row| share * row[label] / (1.0 - nothing_in(row)).max(LEAST_ITEM))
                .sum()
        }
    };
    (0..bins.len()).map(of_label).collect()
}

/// The probabilities of many photographs.
#[must_use]
pub fn rows(logits: &[Vec<f32>], temperature: f64) -> Vec<Vec<f64>> {
    logits
        .iter()
        .map(|row| probabilities(row, temperature))
        .collect()
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

    fn seen(whole: bool, row: [f64; 4]) -> Seen {
        let rows = vec![row.to_vec()];
        Seen { whole, rows }
    }

    #[test]
    fn views_that_err_apart_are_right_together() {
        let views = [
            seen(true, [0.4, 0.0, 0.6, 0.0]),
            seen(false, [0.7, 0.0, 0.3, 0.0]),
            seen(false, [0.6, 0.1, 0.3, 0.0]),
        ];
        let correct = |count: usize| Together::of(&views[..count], &[0], &BINS).correct;
        assert_eq!([1, 2, 3].map(correct), [0, 1, 1]);
    }

    #[test]
    fn a_near_view_does_not_say_that_nothing_is_there() {
        let whole = seen(true, [0.5, 0.0, 0.3, 0.2]);
        let near = seen(false, [0.1, 0.0, 0.0, 0.9]);
        let row = together(&[whole.clone(), near.clone()], 0, &BINS);
        assert!((row[3] - 0.2).abs() < 1e-9 && row[0] > 0.6, "{row:?}");
        let row = together(&[whole, near, seen(true, [0.1, 0.0, 0.0, 0.9])], 0, &BINS);
        assert!((row[3] - 0.9).abs() < 1e-9, "{row:?}");
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
