//! Classifiers that a support set of a few photographs of each class makes, on embeddings that stay as they are.
//!
//! All of them are linear in the embedding, so each is a table of coefficients, one a support
//! photograph and class: the score of a class is the sum of their coefficients times their products with the query. What
//! they need of the support set is the matrix of its products (the Gram matrix).

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::solve::{largest_eigenvalue_bound, solve_symmetric};

/// How a support set becomes a classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// The nearest mean of a class by cosine
    #[default]
    NearestMean,
    /// The same, measured from the mean of the support set (Wang et al. 2019, arXiv 1911.04623)
    CentredMean,
    /// Least squares to one-hot targets with a penalty on the weights
    Ridge,
    /// Multinomial logistic regression with a penalty on the weights
    Logistic,
}

/// The penalty of [`Head::Ridge`], for embeddings of length 1.
const RIDGE: f64 = 0.1;

/// The penalty of [`Head::Logistic`]: scikit-learn's `C` of 100.
const LOGISTIC: f64 = 0.01;

/// Steps of the logistic regression.
const STEPS: usize = 300;

impl Head {
    /// Its name in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NearestMean => "nearest mean",
            Self::CentredMean => "centred mean",
            Self::Ridge => "ridge",
            Self::Logistic => "logistic",
        }
    }

    /// Whether embeddings are measured from the mean of the support set.
    #[must_use]
    pub const fn centres(self) -> bool {
        !matches!(self, Self::NearestMean)
    }

    /// The coefficients, a row for each support photograph and in it one number for each of `classes`. `gram` holds
    /// the products of the support photographs, row by row; `truths` their classes.
    #[must_use]
    pub fn coefficients(self, gram: &[f64], truths: &[usize], classes: usize) -> Vec<f64> {
        match self {
            Self::NearestMean | Self::CentredMean => means(gram, truths, classes),
            Self::Ridge => {
                let count = truths.len();
                let mut matrix = gram.to_vec();
                for at in 0..count {
                    matrix[at * count + at] += RIDGE;
                }
                solve_symmetric(&matrix, &targets(truths, classes), classes)
            }
            Self::Logistic => logistic(gram, truths, classes),
        }
    }
}

/// One by the length of the sum of a class, for its own photographs.
fn means(gram: &[f64], truths: &[usize], classes: usize) -> Vec<f64> {
    let count = truths.len();
    let mut lengths = vec![0.0; classes];
    for (row, truth) in truths.iter().enumerate() {
        let same = (0..count).filter(|other| truths[*other] == *truth);
        lengths[*truth] += same.map(|other| gram[row * count + other]).sum::<f64>();
    }
    let mut coefficients = vec![0.0; count * classes];
    for (row, truth) in truths.iter().enumerate() {
        // A class whose photographs cancel out has no direction.
        coefficients[row * classes + truth] = 1.0 / lengths[*truth].max(1e-12).sqrt();
    }
    coefficients
}

/// One-hot rows, less their mean.
fn targets(truths: &[usize], classes: usize) -> Vec<f64> {
    let mut targets = vec![-1.0 / classes as f64; truths.len() * classes];
    for (row, truth) in truths.iter().enumerate() {
        targets[row * classes + truth] += 1.0;
    }
    targets
}

/// Gradient descent on the weights with Nesterov's momentum, written in the coefficients of the support photographs.
fn logistic(gram: &[f64], truths: &[usize], classes: usize) -> Vec<f64> {
    let count = truths.len();
    // The curvature of a softmax is at most a half.
    let rate = 1.0 / (0.5 * largest_eigenvalue_bound(gram, count) + LOGISTIC);
    let mut coefficients = vec![0.0; count * classes];
    let mut ahead = coefficients.clone();
    for step in 0..STEPS {
        let next: Vec<f64> = gradient(gram, truths, classes, &ahead)
            .iter()
            .zip(&ahead)
            .map(|(slope, number)| number - rate * slope)
            .collect();
        let momentum = step as f64 / (step + 3) as f64;
        ahead = next
            .iter()
            .zip(&coefficients)
            .map(|(next, last)| next + momentum * (next - last))
            .collect();
        coefficients = next;
    }
    coefficients
}

fn gradient(gram: &[f64], truths: &[usize], classes: usize, coefficients: &[f64]) -> Vec<f64> {
    let count = truths.len();
    let mut slopes = Vec::with_capacity(count * classes);
    for (row, truth) in truths.iter().enumerate() {
        let mut logits = vec![0.0; classes];
        for (product, coefficients) in gram[row * count..][..count]
            .iter()
            .zip(coefficients.chunks_exact(classes))
        {
            for (logit, coefficient) in logits.iter_mut().zip(coefficients) {
                *logit += product * coefficient;
            }
        }
        let most = logits.iter().copied().fold(f64::MIN, f64::max);
        let powers: Vec<f64> = logits.iter().map(|logit| (logit - most).exp()).collect();
        let sum: f64 = powers.iter().sum();
        let penalty = &coefficients[row * classes..][..classes];
        slopes.extend(powers.iter().zip(penalty).enumerate().map(
            |(class, (power, coefficient))| {
                power / sum - f64::from(class == *truth) + LOGISTIC * coefficient
            },
        ));
    }
    slopes
}
