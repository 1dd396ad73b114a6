//! Few-shot accuracy: how good a classifier is that a few photographs of each class make, on embeddings that stay as they are.

mod head;
mod solve;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::rng::{Purpose, Rng};

pub use head::Head;

/// How often a support set is drawn.
const DRAWS: usize = 100;

/// The few-shot accuracy with a number of photographs of each class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KShot {
    /// The classifier that the support set makes.
    #[serde(default)]
    pub head: Head,
    /// Photographs of each class in the support set.
    pub shots: usize,
    /// Labels that took part: those with more photographs than that.
    pub labels: Vec<String>,
    /// How often a support set was drawn.
    pub draws: usize,
    /// Mean accuracy on the other photographs, over the draws.
    pub mean: f64,
    /// Standard deviation of the accuracy over the draws.
    pub deviation: f64,
}

impl KShot {
    /// Draws support sets and classifies the other photographs by `head`, all embeddings being scaled to the length 1; none
    /// where fewer than two classes take part.
    #[must_use]
    pub fn measure(
        head: Head,
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
            .into_par_iter()
            .map(|draw| {
                let drawn = Draw::new(shots, &classes, seed, draw as u64);
                drawn.accuracy(head, &embeddings, classes.len())
            })
            .collect();
        let mean = accuracies.iter().sum::<f64>() / DRAWS as f64;
        let squares = accuracies.iter().map(|accuracy| (accuracy - mean).powi(2));
        Some(Self {
            head,
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

/// Photographs with the places of their classes: the support set, and the queries.
struct Draw {
    support: Vec<(usize, usize)>,
    queries: Vec<(usize, usize)>,
}

impl Draw {
    fn new(shots: usize, classes: &[(usize, Vec<usize>)], seed: u64, draw: u64) -> Self {
        let (mut support, mut queries) = (Vec::new(), Vec::new());
        for (place, (class, photos)) in classes.iter().enumerate() {
            // The support set of a class is the same whatever else the list holds of other classes.
            let mut rng = Rng::new(seed, Purpose::Shots, draw, *class as u64);
            let order = rng.order(photos.len());
            let placed = order.iter().map(|&photo| (photos[photo], place));
            support.extend(placed.clone().take(shots));
            queries.extend(placed.skip(shots));
        }
        Self { support, queries }
    }

    /// The share of right answers.
    fn accuracy(&self, head: Head, embeddings: &[Vec<f32>], classes: usize) -> f64 {
        let mut centre = vec![0.0; embeddings[self.support[0].0].len()];
        if head.centres() {
            for (photo, _) in &self.support {
                for (sum, number) in centre.iter_mut().zip(&embeddings[*photo]) {
                    *sum += number / self.support.len() as f32;
                }
            }
        }
        let from_centre = |photo: usize| -> Vec<f32> {
            let numbers = embeddings[photo].iter().zip(&centre);
            numbers.map(|(number, centre)| number - centre).collect()
        };
        let support: Vec<Vec<f32>> = self
            .support
            .iter()
            .map(|(photo, _)| from_centre(*photo))
            .collect();
        let products = |row: &[f32]| -> Vec<f64> {
            support
                .iter()
                .map(|other| f64::from(product(row, other)))
                .collect()
        };
        let gram: Vec<f64> = support.iter().flat_map(|row| products(row)).collect();
        let truths: Vec<usize> = self.support.iter().map(|(_, class)| *class).collect();
        let coefficients = head.coefficients(&gram, &truths, classes);
        let right = self.queries.iter().filter(|(photo, truth)| {
            let mut scores = vec![0.0; classes];
            let products = products(&from_centre(*photo));
            for (product, row) in products.iter().zip(coefficients.chunks_exact(classes)) {
                for (score, coefficient) in scores.iter_mut().zip(row) {
                    *score += product * coefficient;
                }
            }
            let scores: Vec<f32> = scores.iter().map(|score| *score as f32).collect();
            crate::metrics::best(&scores) == *truth
        });
        right.count() as f64 / self.queries.len() as f64
    }
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
    fn classes_that_lie_apart_need_one_photograph_each() {
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
        let found =
            KShot::measure(Head::NearestMean, 1, &embeddings, &truths, &labels(), 7).unwrap();
        assert!(found.mean > 0.999 && found.deviation < 1e-6, "{found:?}");
        assert_eq!(found.labels, ["a", "b"]);
        truths.reverse();
        truths[..10].rotate_left(1);
        let mixed =
            KShot::measure(Head::NearestMean, 3, &embeddings, &truths, &labels(), 7).unwrap();
        assert!(mixed.mean < 0.9 && mixed.deviation > 0.0, "{mixed:?}");
        assert_eq!(
            Some(mixed),
            KShot::measure(Head::NearestMean, 3, &embeddings, &truths, &labels(), 7)
        );
    }

    #[test]
    fn heads_that_weigh_what_differs_see_through_what_is_alike() {
        // What all photographs share outweighs what tells the classes apart, and a third direction is noise.
        let noise = |photo: usize| (photo * 7 % 11) as f32 / 11.0 - 0.5;
        let embeddings: Vec<Vec<f32>> = (0..40)
            .map(|photo| {
                let sign = if photo % 2 == 0 { 0.3 } else { -0.3 };
                vec![3.0, sign, noise(photo), noise(photo * 3 + 1)]
            })
            .collect();
        let truths: Vec<usize> = (0..40).map(|photo| photo % 2).collect();
        let of = |head| {
            KShot::measure(head, 8, &embeddings, &truths, &labels(), 7)
                .unwrap()
                .mean
        };
        for head in [Head::CentredMean, Head::Ridge, Head::Logistic] {
            assert!(of(head) > 0.95, "{head:?}: {}", of(head));
        }
        assert!(of(Head::Ridge) >= of(Head::NearestMean));
    }

    #[test]
    fn a_single_class_is_no_question() {
        let embeddings = vec![vec![1.0]; 4];
        assert_eq!(
            KShot::measure(Head::Ridge, 1, &embeddings, &[0; 4], &labels(), 1),
            None
        );
    }
}
