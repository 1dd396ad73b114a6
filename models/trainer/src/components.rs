//! Principal components of standardised vectors.

use burn::tensor::{Device, Tensor, TensorData};

use crate::rng::{Purpose, Rng};

/// Rounds of orthogonal iteration. The space that is found is what counts, not each direction in it.
const ROUNDS: usize = 20;

/// A number that hardly varies is not blown up.
const LEAST_DEVIATION: f32 = 1e-2;

/// A dense layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dense {
    /// `[outputs, inputs]`, row by row.
    pub weights: Vec<f32>,
    /// One number an output.
    pub bias: Vec<f32>,
}

impl Dense {
    /// A layer of the same inputs that has the outputs of both.
    #[must_use]
    pub fn beside(mut self, other: Self) -> Self {
        self.weights.extend(other.weights);
        self.bias.extend(other.bias);
        self
    }
}

/// The space in which vectors vary most, once each of their dimensions is standardised.
#[derive(Debug, Clone, PartialEq)]
pub struct Components {
    /// Mean of each number.
    pub mean: Vec<f32>,
    /// Standard deviation of each number.
    pub deviation: Vec<f32>,
    /// `[dimensions, components]`, row by row; the columns are orthonormal.
    pub basis: Vec<f32>,
}

impl Components {
    /// The first `count` components of `rows`, of which there are as many as they have dimensions at most.
    #[must_use]
    pub fn of(rows: &[Vec<f32>], count: usize, device: &Device) -> Self {
        let (mean, deviation) = statistics(rows);
        let length = mean.len();
        let count = count.min(length);
        let standardised: Vec<f32> = rows
            .iter()
            .flat_map(|row| {
                let pairs = row.iter().zip(&mean).zip(&deviation);
                pairs.map(|((number, mean), deviation)| (number - mean) / deviation)
            })
            .collect();
        let matrix =
            Tensor::<2>::from_data(TensorData::new(standardised, [rows.len(), length]), device);
        let covariance = matrix.clone().transpose().matmul(matrix) / rows.len() as f32;
        let mut rng = Rng::new(0, Purpose::Components, 0, 0);
        let mut basis: Vec<f32> = (0..length * count)
            .map(|_| rng.between(-1.0, 1.0))
            .collect();
        for _ in 0..ROUNDS {
            orthonormalise(&mut basis, count);
            let columns = Tensor::<2>::from_data(TensorData::new(basis, [length, count]), device);
            let turned = covariance.clone().matmul(columns);
            basis = turned.into_data().iter::<f32>().collect();
        }
        orthonormalise(&mut basis, count);
        Self {
            mean,
            deviation,
            basis,
        }
    }

    /// How many components there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.basis.len() / self.mean.len().max(1)
    }

    /// A vector on the components.
    #[must_use]
    pub fn project(&self, row: &[f32]) -> Vec<f32> {
        let count = self.count();
        let mut projected = vec![0.0; count];
        for (place, number) in row.iter().enumerate() {
            let standardised = (number - self.mean[place]) / self.deviation[place];
            let parts = &self.basis[place * count..][..count];
            for (sum, part) in projected.iter_mut().zip(parts) {
                *sum += standardised * part;
            }
        }
        projected
    }

    /// The components as a dense layer of the vectors.
    #[must_use]
    pub fn as_dense(&self) -> Dense {
        let count = self.count();
        let component = |at: usize| self.basis.iter().skip(at).step_by(count).copied();
        self.dense((0..count).map(|at| component(at).collect()))
    }

    /// A dense layer of the vectors that predicts `targets` from `rows`, by least squares on each component alone: they
    /// are uncorrelated. What it gives is on the mean as long as the components are.
    #[must_use]
    pub fn predicting(&self, rows: &[&[f32]], targets: &[&[f32]]) -> Dense {
        let count = self.count();
        let outputs = targets.first().map_or(0, |target| target.len());
        let projected: Vec<Vec<f32>> = rows.iter().map(|row| self.project(row)).collect();
        let square = |numbers: &[f32]| numbers.iter().map(|number| number * number).sum::<f32>();
        let mut factors = vec![vec![0.0_f32; count]; outputs];
        for component in 0..count {
            let own: f32 = projected.iter().map(|row| row[component].powi(2)).sum();
            for (output, factors) in factors.iter_mut().enumerate() {
                let pairs = projected.iter().zip(targets);
                let common: f32 = pairs
                    .map(|(row, target)| row[component] * target[output])
                    .sum();
                factors[component] = common / own.max(f32::MIN_POSITIVE);
            }
        }
        let said = |row: &Vec<f32>| -> Vec<f32> {
            factors
                .iter()
                .map(|factors| product(factors, row))
                .collect()
        };
        let given: f32 = projected.iter().map(|row| square(row)).sum();
        let predicted: f32 = projected.iter().map(|row| square(&said(row))).sum();
        let scale = (given / predicted.max(f32::MIN_POSITIVE)).sqrt();
        self.dense(factors.iter().map(|factors| {
            let parts = self.basis.chunks_exact(count.max(1));
            parts.map(|parts| scale * product(factors, parts)).collect()
        }))
    }

    /// A dense layer whose outputs are these directions' products with the standardised vectors.
    fn dense(&self, directions: impl Iterator<Item = Vec<f32>>) -> Dense {
        let mut dense = Dense::default();
        for direction in directions {
            let parts = direction.iter().zip(&self.deviation);
            let row: Vec<f32> = parts.map(|(part, deviation)| part / deviation).collect();
            dense.bias.push(-product(&row, &self.mean));
            dense.weights.extend(row);
        }
        dense
    }
}

/// Mean and standard deviation of each number.
fn statistics(rows: &[Vec<f32>]) -> (Vec<f32>, Vec<f32>) {
    let length = rows.first().map_or(0, Vec::len);
    let over = |value: &dyn Fn(usize, f32) -> f64| -> Vec<f64> {
        let sum = |at: usize| rows.iter().map(|row| value(at, row[at])).sum::<f64>();
        (0..length).map(|at| sum(at) / rows.len() as f64).collect()
    };
    let mean = over(&|_, number| f64::from(number));
    let variance = over(&|at, number| (f64::from(number) - mean[at]).powi(2));
    let deviation = variance
        .iter()
        .map(|variance| (variance.sqrt() as f32).max(LEAST_DEVIATION));
    let deviation = deviation.collect();
    (mean.iter().map(|mean| *mean as f32).collect(), deviation)
}

/// Makes the columns of `basis` orthonormal, one after the other (modified Gram-Schmidt, twice for accuracy).
fn orthonormalise(basis: &mut [f32], count: usize) {
    let rows = basis.len() / count.max(1);
    let mut columns: Vec<Vec<f32>> = (0..count)
        .map(|column| (0..rows).map(|row| basis[row * count + column]).collect())
        .collect();
    for at in 0..count {
        let (before, rest) = columns.split_at_mut(at);
        let column = &mut rest[0];
        for other in before.iter().chain(before.iter()) {
            let along = product(column, other);
            for (number, other) in column.iter_mut().zip(other) {
                *number -= along * other;
            }
        }
        let length = product(column, column).sqrt();
        for number in column.iter_mut() {
            // A space of fewer dimensions has no further direction.
            *number = if length > 1e-6 { *number / length } else { 0.0 };
        }
    }
    for (column, numbers) in columns.iter().enumerate() {
        for (row, number) in numbers.iter().enumerate() {
            basis[row * count + column] = *number;
        }
    }
}

fn product(a: &[f32], b: &[f32]) -> f32 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum();
    sum as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of four numbers that vary in a plane, and a little beside it.
    fn rows() -> Vec<Vec<f32>> {
        let mut rng = Rng::new(3, Purpose::Components, 1, 0);
        (0..200)
            .map(|_| {
                let (a, b) = (rng.between(-1.0, 1.0), rng.between(-1.0, 1.0));
                let noise = 0.01 * rng.unit();
                vec![5.0 + a, 2.0 * a - 1.0, b, 3.0 * b + noise]
            })
            .collect()
    }

    #[test]
    fn the_components_hold_nearly_all_that_varies() {
        let rows = rows();
        let found = Components::of(&rows, 2, &Device::flex());
        let Dense { weights, bias } = found.as_dense();
        let (mut kept, mut all) = (0.0, 0.0);
        for row in &rows {
            for component in 0..2 {
                let number = bias[component] + product(&weights[component * 4..][..4], row);
                assert!((number - found.project(row)[component]).abs() < 1e-4);
                kept += number * number;
            }
            let standardised = row.iter().zip(&found.mean).zip(&found.deviation);
            all += standardised
                .map(|((x, mean), deviation)| ((x - mean) / deviation).powi(2))
                .sum::<f32>();
        }
        assert!(kept > 0.999 * all && kept < 1.001 * all, "{kept} of {all}");
    }

    #[test]
    fn what_depends_on_the_components_is_predicted() {
        let rows = rows();
        let found = Components::of(&rows, 2, &Device::flex());
        let targets: Vec<Vec<f32>> = rows
            .iter()
            .map(|row| vec![row[0] - 5.0, 0.5 * row[2]])
            .collect();
        let by_row: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let by_target: Vec<&[f32]> = targets.iter().map(Vec::as_slice).collect();
        let Dense { weights, bias } = found.predicting(&by_row, &by_target);
        for (row, target) in rows.iter().zip(&targets) {
            let said = [0, 1].map(|at| bias[at] + product(&weights[at * 4..][..4], row));
            let along = product(&said, target);
            let lengths = product(&said, &said) * product(target, target);
            assert!(
                lengths < 1e-3 || along / lengths.sqrt() > 0.98,
                "{said:?} for {target:?}"
            );
        }
    }

    #[test]
    fn there_are_no_more_components_than_dimensions() {
        assert_eq!(Components::of(&rows(), 9, &Device::flex()).count(), 4);
    }
}
