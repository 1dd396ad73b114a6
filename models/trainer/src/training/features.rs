//! Feature distillation: the embedding is to predict the features that a frozen network gives for the same augmented
//! picture.
//!
//! Fine-tuning on the labels of a few rooms makes a network forget what it knows of all other things from ImageNet. A bin
//! is taught by that later, so it is held: the target is the teacher's pooled features, standardised, on their first
//! principal components, and the loss is one less the cosine.

use burn::tensor::{Device, Tensor, TensorData};

use crate::components::{Components, Dense};
use crate::nets::net::{Net, Pass};

/// Added to lengths, so that zeros have a direction's cosine of 0.
const TINY: f32 = 1e-8;

/// A frozen network, and the principal components of its features, which are to be predicted.
#[derive(Debug)]
pub struct FeatureTeacher {
    network: Net,
    /// Those of photographs without augmentation.
    pub components: Components,
    weights: Tensor<2>,
    bias: Tensor<2>,
}

impl FeatureTeacher {
    /// Finds the first `count` components of `features`, which `network` gave for photographs.
    #[must_use]
    pub fn new(network: Net, features: &[Vec<f32>], count: usize, device: &Device) -> Self {
        let components = Components::of(features, count, device);
        let Dense { weights, bias } = components.as_dense();
        let (count, length) = (components.count(), components.mean.len());
        let weights = Tensor::<2>::from_data(TensorData::new(weights, [count, length]), device);
        Self {
            network,
            weights: weights.transpose(),
            bias: Tensor::from_data(TensorData::new(bias, [1, count]), device),
            components,
        }
    }

    /// What the embedding is to be for pictures, `[batch, length]`.
    #[must_use]
    pub fn targets(&self, pictures: Tensor<4>) -> Tensor<2> {
        let features = self.network.forward(pictures, Pass::Evaluate).embedding;
        features.matmul(self.weights.clone()) + self.bias.clone()
    }

    /// One less the mean cosine between the first numbers of each row of `embedding` and what they are to be for
    /// `pictures`.
    #[must_use]
    pub fn loss(&self, embedding: Tensor<2>, pictures: Tensor<4>) -> Tensor<1> {
        let first = embedding.narrow(1, 0, self.components.count());
        let targets = Tensor::from_inner(self.targets(pictures));
        -cosines(first, targets).mean() + 1.0
    }
}

/// The cosine between each row and its target, `[batch, 1]`; no gradient reaches the targets.
#[must_use]
pub fn cosines(rows: Tensor<2>, targets: Tensor<2>) -> Tensor<2> {
    let targets = targets.detach();
    let length = |rows: Tensor<2>| rows.powf_scalar(2.0).sum_dim(1).add_scalar(TINY).sqrt();
    let lengths = length(rows.clone()) * length(targets.clone());
    (rows * targets).sum_dim(1) / lengths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers;
    use crate::data::photo::Squeezed;
    use crate::nets::parameters::{self, Parameters};
    use crate::nets::{Architecture, Head, MobileNetV1};
    use crate::quantise::Ranges;
    use crate::rng::{Purpose, Rng};

    const SIDE: usize = 32;

    fn photos() -> Vec<Squeezed> {
        let mut rng = Rng::new(5, Purpose::Augmentation, 0, 0);
        (0..24)
            .map(|photo| Squeezed {
                pixels: (0..SIDE * SIDE * 3)
                    .map(|at| (rng.bits() % 64) as u8 + (at * photo % 190) as u8)
                    .collect(),
                label: 0,
                path: "photo".into(),
            })
            .collect()
    }

    fn network(head: Head, change: impl Fn(&mut Parameters)) -> Net {
        let network = MobileNetV1 {
            width: 0.25,
            stem_stride: 2,
            head,
        };
        let plan = network.plan(SIDE, 3).unwrap();
        let mut parameters = parameters::random(&plan, &mut Rng::new(1, Purpose::Weights, 0, 0));
        change(&mut parameters[plan.embedding]);
        let ranges = Ranges::unseen(plan.nodes.len());
        Net::new(plan, &parameters, &ranges, &Device::flex())
    }

    #[test]
    fn a_network_of_the_same_features_begins_by_predicting_what_the_teacher_gives() {
        let (device, photos) = (Device::flex(), photos());
        let frozen = network(Head::Classic, |_| {});
        let said = answers::answers(&frozen, Pass::Evaluate, &photos, SIDE, &device).unwrap();
        let teacher = FeatureTeacher::new(frozen, &said.embeddings, 256, &device);
        let begun = network(Head::Features, |embedding| {
            let Parameters::Conv(embedding) = embedding else {
                panic!("the embedding is a dense layer")
            };
            let Dense { weights, bias } = teacher.components.as_dense();
            (embedding.weights, embedding.beta) = (weights, bias);
        });
        let fresh = network(Head::Features, |_| {});
        let apart = |network: &Net| {
            let batch = answers::batches(&photos, SIDE, &device).next().unwrap();
            let pictures = batch.unwrap();
            let said = network.forward(pictures.clone(), Pass::Evaluate).embedding;
            let pictures = Tensor::from_inner(pictures);
            teacher
                .loss(Tensor::from_inner(said), pictures)
                .into_scalar::<f32>()
        };
        assert!(apart(&begun) < 1e-3, "{}", apart(&begun));
        assert!(apart(&fresh) > 0.5, "{}", apart(&fresh));
    }

    #[test]
    fn the_direction_alone_counts() {
        let device = Device::flex();
        let rows = Tensor::<2>::from_floats([[1.0, 2.0], [-3.0, 0.5]], &device);
        let mean = |said: Tensor<2>| cosines(said, rows.clone()).mean().into_scalar::<f32>();
        assert!((mean(rows.clone() * 4.0) - 1.0).abs() < 1e-5);
        assert!((mean(rows.clone() * -1.0) + 1.0).abs() < 1e-5);
        let across = Tensor::<2>::from_floats([[2.0, -1.0], [0.5, 3.0]], &device);
        assert!(mean(across).abs() < 1e-5);
    }
}
