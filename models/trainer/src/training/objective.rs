//! What a network is trained by: the labels of a batch, and the logits and features of its teachers for the same pictures.

use burn::tensor::{Device, Tensor};

use super::embeddings::EmbeddingTeacher;
use super::features::FeatureTeacher;
use super::loss;
use crate::config::RunConfig;
use crate::data::batches::{Batch, Source};
use crate::nets::net::{Answer, Net, Pass};

/// The sum of the losses that a run's configuration names, and what they need.
#[derive(Debug)]
pub struct Objective<'a> {
    /// The exact configuration.
    pub config: &'a RunConfig,
    /// The batches.
    pub source: &'a Source<'a>,
    /// Where to compute, without gradients.
    pub device: &'a Device,
    teachers: Vec<&'a Net>,
    features: Option<&'a FeatureTeacher>,
    embeddings: Option<&'a EmbeddingTeacher>,
    class_weights: Vec<f32>,
}

impl<'a> Objective<'a> {
    /// The losses of `config`. `teachers` give the logits that are a target besides the labels, `features` what the first
    /// numbers of the embedding are to predict and `embeddings` what the last are, where the configuration names them.
    #[must_use]
    pub fn new(
        config: &'a RunConfig,
        source: &'a Source<'a>,
        teachers: Vec<&'a Net>,
        features: Option<&'a FeatureTeacher>,
        embeddings: Option<&'a EmbeddingTeacher>,
        device: &'a Device,
    ) -> Self {
        Self {
            config,
            source,
            device,
            teachers,
            features,
            embeddings,
            class_weights: loss::class_weights(source, config),
        }
    }

    /// How many classes there are.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.class_weights.len()
    }

    /// The loss of a network's outputs for a batch, whose pictures are `[batch, 3, side, side]`. Penalties on weights
    /// are no part of it.
    #[must_use]
    pub fn loss(&self, answer: Answer, pictures: Tensor<4>, batch: &Batch) -> Tensor<1> {
        let (config, labels) = (self.config, &batch.labels);
        let mut loss = loss::of_labels(
            answer.logits.clone(),
            labels,
            &self.class_weights,
            config.training.label_smoothing,
            &answer.logits.device(),
        );
        if let Some(settings) = &config.distillation {
            let target = Tensor::from_inner(self.teacher_logits(&pictures));
            let of_teachers = loss::of_teachers(answer.logits, target, settings.temperature);
            loss = loss * (1.0 - settings.share) + of_teachers * settings.share;
        }
        if let (Some(settings), Some(teacher)) = (&config.features, self.features) {
            loss = loss + teacher.loss(answer.embedding.clone(), pictures) * settings.weight;
        }
        if let (Some(settings), Some(teacher)) = (&config.embeddings, self.embeddings) {
            loss = loss + teacher.loss(answer.embedding.clone(), &batch.photos) * settings.weight;
        }
        if let Some(settings) = &config.metric
            && let Some(of_neighbours) =
                loss::of_neighbours(answer.embedding, labels, settings.temperature)
        {
            loss = loss + of_neighbours * settings.share;
        }
        loss
    }

    /// The mean of the teachers' logits.
    fn teacher_logits(&self, pictures: &Tensor<4>) -> Tensor<2> {
        let logits = self
            .teachers
            .iter()
            .map(|teacher| teacher.forward(pictures.clone(), Pass::Evaluate).logits);
        Tensor::stack::<3>(logits.collect(), 0)
            .mean_dim(0)
            .squeeze_dim(0)
    }
}
