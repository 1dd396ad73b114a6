//! How well a few photographs teach a bin on the spot: nearest class means of embeddings.

use serde::{Deserialize, Serialize};

use crate::data::dice::{Dice, Purpose};

/// How often photographs to teach are drawn.
const DRAWS: usize = 100;

/// The accuracy after a few photographs of each class were taught.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KShot {
    /// Photographs taught of each class.
    pub shots: usize,
    /// Labels that took part: those with more photographs than are taught.
    pub labels: Vec<String>,
    /// How often photographs were drawn.
    pub draws: usize,
    /// Mean accuracy on the photographs that were not taught, over the draws.
    pub mean: f64,
    /// Standard deviation of the accuracy over the draws.
    pub deviation: f64,
}

impl KShot {
    /// Draws photographs to teach and answers the others by the nearest mean of a class, all
    /// embeddings being scaled to the length 1; none where fewer than two classes take part.
    #[must_use]
    pub fn measure(
        shots: usize,
        embeddings: &[Vec<f32>],
        truths: &[usize],
        labels: &[String],
        seed: u64,
    ) -> Option<Self> {
        let embeddings: Vec<Vec<f32>> = embeddings.iter().map(|row| unit(row)).collect();
        let photos = |class| (0..truths.len()).filter(move |&photo| truths[photo] == class);
        let classes: Vec<(usize, Vec<usize>)> = (0..labels.len())
            .map(|class| (class, photos(class).collect::<Vec<_>>()))
            .filter(|(_, photos)| photos.len() > shots)
            .collect();
        if classes.len() < 2 || shots == 0 {
            return None;
        }
        let accuracies: Vec<f64> = (0..DRAWS)
            .map(|draw| accuracy(shots, &embeddings, &classes, seed, draw as u64))
            .collect();
        let mean = accuracies.iter().sum::<f64>() / DRAWS as f64;
        let squares = accuracies.iter().map(|accuracy| (accuracy - mean).powi(2));
        Some(Self {
            shots,
            labels: classes
                .iter()
                .map(|(class, _)| labels[*class].clone())
                .collect(),
            draws: DRAWS,
            mean,
            deviation: (squares.sum::<f64>() / (DRAWS - 1) as f64).sqrt(),
        })
    }
}

/// The share of right answers of one draw.
fn accuracy(
    shots: usize,
    embeddings: &[Vec<f32>],
    classes: &[(usize, Vec<usize>)],
    seed: u64,
    draw: u64,
) -> f64 {
    let mut asked: Vec<(usize, usize)> = Vec::new();
    let mut means: Vec<Vec<f32>> = Vec::with_capacity(classes.len());
    for (place, (class, photos)) in classes.iter().enumerate() {
        // The same photographs are taught whatever else the list holds of other classes.
        let mut dice = Dice::new(seed, Purpose::Shots, draw, *class as u64);
        let order = dice.order(photos.len());
        let (taught, others) = order.split_at(shots);
        let mut sum = vec![0.0; embeddings[photos[0]].len()];
        for &taught in taught {
            for (sum, number) in sum.iter_mut().zip(&embeddings[photos[taught]]) {
                *sum += number;
            }
        }
        means.push(unit(&sum));
        asked.extend(others.iter().map(|&other| (photos[other], place)));
    }
    let right = asked.iter().filter(|&&(photo, truth)| {
        let near: Vec<f32> = means
            .iter()
            .map(|mean| product(mean, &embeddings[photo]))
            .collect();
        crate::metrics::best(&near) == truth
    });
    right.count() as f64 / asked.len() as f64
}

/// A vector scaled to the length 1; one of zeros stays.
fn unit(vector: &[f32]) -> Vec<f32> {
    let length = product(vector, vector).sqrt().max(f32::MIN_POSITIVE);
    vector.iter().map(|number| number / length).collect()
}

fn product(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<String> {
        ["a", "b", "rare"].map(String::from).to_vec()
    }

    #[test]
    fn classes_that_lie_apart_are_learnt_from_one_photograph() {
        let embeddings: Vec<Vec<f32>> = (0..20_u8)
            .map(|photo| {
                let noise = 0.1 * f32::from(photo % 5);
                // The length of an embedding says nothing.
                let length = f32::from(1 + photo);
                match photo % 2 {
                    0 => vec![length, length * noise],
                    _ => vec![-length * noise, length],
                }
            })
            .collect();
        let mut truths: Vec<usize> = (0..20).map(|photo| photo % 2).collect();
        let found = KShot::measure(1, &embeddings, &truths, &labels(), 7).unwrap();
        assert!(found.mean > 0.999 && found.deviation < 1e-6, "{found:?}");
        assert_eq!(found.labels, ["a", "b"]);
        truths.reverse();
        truths[..10].rotate_left(1);
        let mixed = KShot::measure(3, &embeddings, &truths, &labels(), 7).unwrap();
        assert!(mixed.mean < 0.9 && mixed.deviation > 0.0, "{mixed:?}");
        assert_eq!(
            Some(mixed),
            KShot::measure(3, &embeddings, &truths, &labels(), 7)
        );
    }

    #[test]
    fn a_single_class_is_no_question() {
        let embeddings = vec![vec![1.0]; 4];
        assert_eq!(KShot::measure(1, &embeddings, &[0; 4], &labels(), 1), None);
    }
}
