//! What the network thinks: one probability a label.

use super::bundle::{Output, OutputKind};
use crate::units::Confidence;

/// Probabilities in the order of the model's labels; they sum to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    probabilities: Vec<f32>,
}

impl Scores {
    /// The probabilities.
    #[must_use]
    pub fn probabilities(&self) -> &[f32] {
        &self.probabilities
    }

    /// The confidence of the label with this index.
    #[must_use]
    pub fn confidence(&self, label: usize) -> Confidence {
        Confidence::saturating(self.probabilities.get(label).copied().unwrap_or_default())
    }

    /// Index and confidence of the likeliest label, whatever it means; the first of equals.
    #[must_use]
    pub fn best(&self) -> (usize, Confidence) {
        let labels = 0..self.probabilities.len();
        let best = labels
            .reduce(|best, label| self.likelier(best, label))
            .unwrap_or_default();
        (best, self.confidence(best))
    }

    /// The likelier one of two labels; the first of equals.
    #[must_use]
    pub fn likelier(&self, first: usize, second: usize) -> usize {
        if self.probabilities[second] > self.probabilities[first] {
            second
        } else {
            first
        }
    }

    /// Takes over a model's raw output: a softmax with temperature over logits.
    pub(super) fn set(&mut self, raw: &[f32], output: &Output) {
        self.probabilities.clear();
        self.probabilities.extend_from_slice(raw);
        if output.kind == OutputKind::Logits {
            softmax(&mut self.probabilities, output.temperature);
        }
    }

    /// Becomes the mean of several scores, as when several crops of one photograph were looked at.
    pub fn set_mean(&mut self, all: &[Scores]) {
        let labels = all.first().map_or(0, |scores| scores.probabilities.len());
        self.probabilities.clear();
        self.probabilities.extend((0..labels).map(|label| {
            all.iter()
                .map(|scores| scores.probabilities[label])
                .sum::<f32>()
                / all.len() as f32
        }));
    }
}

#[cfg(test)]
impl Scores {
    /// Scores as a test wants them.
    pub(crate) fn of(probabilities: &[f32]) -> Self {
        Self {
            probabilities: probabilities.to_vec(),
        }
    }
}

fn softmax(values: &mut [f32], temperature: f32) {
    let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for value in values.iter_mut() {
        *value = ((*value - largest) / temperature).exp();
        sum += *value;
    }
    for value in values {
        *value /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn logits_by(temperature: f32) -> Output {
        Output {
            kind: OutputKind::Logits,
            temperature,
            name: None,
        }
    }

    proptest! {
        #[test]
        fn a_softmax_is_a_distribution_in_the_order_of_the_logits(
            logits in prop::collection::vec(-80.0..80.0f32, 2..12), temperature in 0.2..5.0f32,
        ) {
            let mut scores = Scores::default();
            scores.set(&logits, &logits_by(temperature));
            let sum: f32 = scores.probabilities().iter().sum();
            prop_assert!((sum - 1.0).abs() < 1e-4);
            let (best, confidence) = scores.best();
            prop_assert!(logits.iter().all(|logit| *logit <= logits[best]));
            prop_assert!(confidence.value() >= 0.99 / logits.len() as f32);
        }
    }

    #[test]
    fn a_higher_temperature_is_less_sure() {
        let confidence = |temperature| {
            let mut scores = Scores::default();
            scores.set(&[2.0, 0.0], &logits_by(temperature));
            scores.best().1
        };
        assert!(confidence(2.0) < confidence(1.0));
    }
}
