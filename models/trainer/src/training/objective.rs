//! What a network is trained by: the labels of a batch, and the logits and features of its teachers for the same pictures.

use burn::tensor::{Device, Tensor};

use super::features::{self, FeatureTeacher};
use super::loss;
use crate::config::RunConfig;
use crate::data::batches::Source;
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
    class_weights: Vec<f32>,
}

impl<'a> Objective<'a> {
    /// The losses of `config`. `teachers` give the logits that are a target besides the labels, and `features` what
    /// the embedding is to predict, where the configuration names them.
    #[must_use]
    pub fn new(
        config: &'a RunConfig,
        source: &'a Source<'a>,
        teachers: Vec<&'a Net>,
        features: Option<&'a FeatureTeacher>,
        device: &'a Device,
    ) -> Self {
        Self {
            config,
            source,
            device,
            teachers,
            features,
            class_weights: loss::class_weights(source, config),
        }
    }

    /// How many classes there are.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.class_weights.len()
    }

    /// The loss of a network's outputs for a batch of pictures, `[batch, 3, side, side]`. Penalties on weights are no
    /// part of it.
    #[must_use]
    pub fn loss(&self, answer: Answer, pictures: Tensor<4>, labels: &[usize]) -> Tensor<1> {
        let config = self.config;
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
            let targets = Tensor::from_inner(teacher.targets(pictures));
            loss = loss + features::loss(answer.embedding.clone(), targets) * settings.weight;
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
