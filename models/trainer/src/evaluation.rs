//! Measuring a network on photographs that it did not learn from.

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use sortd::error::Result;

use crate::data::batches::to_tensor;
use crate::data::photo::Squeezed;
use crate::metrics::{self, Confusion};
use crate::nets::net::{Net, Pass};

/// Photographs shown at once.
const BATCH: usize = 50;

/// The figures of one evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// The list, such as `trashnet/blocked-test`.
    pub list: String,
    /// The list that the network learnt from.
    pub trained_on: String,
    /// The network.
    pub architecture: String,
    /// The epoch whose weights were measured, and how many there were.
    pub epoch: usize,
    /// See `epoch`.
    pub epochs: usize,
    /// Photographs seen.
    pub images: u64,
    /// Files that could not be read.
    pub skipped: u64,
    /// Photographs recognised.
    pub correct: u64,
    /// `correct / images`.
    pub accuracy: f64,
    /// The accuracy's 95 % confidence interval (Wilson).
    pub interval: (f64, f64),
    /// Photographs whose bin is right where cardboard and paper share one.
    pub correct_paper_with_cardboard: u64,
    /// Mean negative log-likelihood in nats.
    pub loss: f64,
    /// Labels, in the order of rows and columns.
    pub labels: Vec<String>,
    /// `confusion[truth][answer]`.
    pub confusion: Confusion,
}

/// What was measured and with which network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// See [`Evaluation::list`].
    pub list: String,
    /// See [`Evaluation::trained_on`].
    pub trained_on: String,
    /// See [`Evaluation::architecture`].
    pub architecture: String,
    /// See [`Evaluation::epoch`].
    pub epoch: usize,
    /// See [`Evaluation::epochs`].
    pub epochs: usize,
    /// See [`Evaluation::labels`].
    pub labels: Vec<String>,
}

impl Evaluation {
    /// The figures of `logits`, one row a photograph, whose truths are `truths`.
    #[must_use]
    pub fn new(subject: Subject, logits: &[Vec<f32>], truths: &[usize], skipped: usize) -> Self {
        let confusion = Confusion::of(logits, truths, subject.labels.len());
        let (correct, images) = (confusion.correct(), confusion.total());
        let groups: Vec<usize> = (0..subject.labels.len())
            .map(|class| match subject.labels[class].as_str() {
                "cardboard" => subject
                    .labels
                    .iter()
                    .position(|label| label == "paper")
                    .unwrap_or(class),
                _ => class,
            })
            .collect();
        Self {
            images,
            skipped: skipped as u64,
            correct,
            accuracy: correct as f64 / images.max(1) as f64,
            interval: metrics::wilson(correct, images),
            correct_paper_with_cardboard: confusion.correct_by_group(&groups),
            loss: metrics::negative_log_likelihood(logits, truths, 1.0),
            confusion,
            list: subject.list,
            trained_on: subject.trained_on,
            architecture: subject.architecture,
            epoch: subject.epoch,
            epochs: subject.epochs,
            labels: subject.labels,
        }
    }
}

/// What a network answers, one row a photograph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// Logits of the classes.
    pub logits: Vec<Vec<f32>>,
    /// What the classifier reads.
    pub embeddings: Vec<Vec<f32>>,
}

/// Shows photographs to a network.
///
/// # Errors
/// A photograph is not of `side` × `side` pixels.
pub fn answers(
    network: &Net,
    pass: Pass,
    photos: &[Squeezed],
    side: usize,
    device: &Device,
) -> Result<Answers> {
    let mut found = Answers::default();
    for batch in photos.chunks(BATCH) {
        let pixels: Vec<u8> = batch
            .iter()
            .flat_map(|photo| photo.pixels.iter().copied())
            .collect();
        let answer = network.forward(to_tensor(&pixels, side, device)?, pass);
        found.logits.extend(rows(answer.logits));
        found.embeddings.extend(rows(answer.embedding));
    }
    Ok(found)
}

/// The rows of a matrix.
#[must_use]
pub fn rows(matrix: Tensor<2>) -> Vec<Vec<f32>> {
    let [_, columns] = matrix.dims();
    let values: Vec<f32> = matrix.into_data().iter::<f32>().collect();
    values.chunks(columns).map(<[f32]>::to_vec).collect()
}
