//! Distillation of stored embeddings: the last numbers of the embedding are to predict what a large model says of the
//! whole photograph, however it is augmented.
//!
//! The large model is too slow to be asked in each step, and knows things that no network of this size finds by itself in
//! a few thousand photographs. The targets are the first principal components of its embeddings, and the loss is one less
//! the cosine.

use burn::tensor::{Device, Tensor, TensorData};

use super::features::cosines;
use crate::components::Components;

/// What the last numbers of the embedding are to be for each training photograph.
#[derive(Debug)]
pub struct EmbeddingTeacher {
    /// By the photographs' places in the source; none where the large model was not asked.
    targets: Vec<Option<Vec<f32>>>,
    count: usize,
}

impl EmbeddingTeacher {
    /// Finds the first `count` components of the rows that training photographs have.
    #[must_use]
    pub fn new(rows: &[Option<&[f32]>], count: usize, device: &Device) -> Self {
        let known: Vec<Vec<f32>> = rows.iter().flatten().map(|row| row.to_vec()).collect();
        let components = Components::of(&known, count, device);
        let targets = rows
            .iter()
            .map(|row| row.map(|row| components.project(row)));
        Self {
            targets: targets.collect(),
            count: components.count(),
        }
    }

    /// How many numbers of the embedding it trains.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// What the numbers are to be for the photograph at `place`.
    #[must_use]
    pub fn target(&self, place: usize) -> Option<&[f32]> {
        self.targets[place].as_deref()
    }

    /// One less the mean cosine between the last numbers of each row of `embedding` and what they are to be for
    /// `photos`; pictures of photographs without a target do not count.
    #[must_use]
    pub fn loss(&self, embedding: Tensor<2>, photos: &[usize]) -> Tensor<1> {
        let device = embedding.device();
        let nothing = vec![0.0; self.count];
        let targets = photos
            .iter()
            .flat_map(|photo| self.target(*photo).unwrap_or(&nothing).iter().copied());
        let targets: Vec<f32> = targets.collect();
        let known = photos
            .iter()
            .filter(|photo| self.targets[**photo].is_some());
        let known = known.count() as f32;
        let targets = TensorData::new(targets, [photos.len(), self.count]);
        let [_, length] = embedding.dims();
        let last = embedding.narrow(1, length - self.count, self.count);
        // The cosine to nothing is 0, so that only what has a target is in the sum.
        let sum = cosines(last, Tensor::from_data(targets, &device)).sum();
        -(sum - known) / known.max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Rng};

    fn rows() -> Vec<Vec<f32>> {
        let mut rng = Rng::new(7, Purpose::Components, 0, 0);
        (0..40)
            .map(|_| (0..6).map(|_| rng.between(-1.0, 1.0)).collect())
            .collect()
    }

    fn number(loss: Tensor<1>) -> f32 {
        loss.into_scalar::<f32>()
    }

    #[test]
    fn the_last_numbers_count_where_the_photograph_has_a_target() {
        let (device, rows) = (Device::flex(), rows());
        let known = rows.iter().enumerate();
        let known: Vec<Option<&[f32]>> = known
            .map(|(at, row)| (at % 2 == 0).then_some(row.as_slice()))
            .collect();
        let teacher = EmbeddingTeacher::new(&known, 3, &device);
        assert_eq!(teacher.count(), 3);
        let said = |first: f32, factor: f32| {
            let mut numbers = vec![first, first];
            numbers.extend(
                teacher
                    .target(4)
                    .unwrap()
                    .iter()
                    .map(|number| number * factor),
            );
            // A photograph without a target.
            numbers.extend([9.0; 5]);
            Tensor::<2>::from_data(TensorData::new(numbers, [2, 5]), &device)
        };
        let loss = |first, factor| number(teacher.loss(said(first, factor), &[4, 5]));
        assert!(loss(0.0, 2.0).abs() < 1e-5);
        assert!(loss(100.0, 2.0).abs() < 1e-5);
        assert!((loss(0.0, -2.0) - 2.0).abs() < 1e-5);
    }

    #[test]
    fn a_batch_without_any_target_costs_nothing() {
        let (device, rows) = (Device::flex(), rows());
        let known = [Some(rows[0].as_slice()), Some(&rows[1]), None];
        let teacher = EmbeddingTeacher::new(&known, 2, &device);
        let said = Tensor::<2>::from_floats([[1.0, 2.0, 3.0]], &device);
        assert!(number(teacher.loss(said, &[2])).abs() < f32::EPSILON);
    }
}
