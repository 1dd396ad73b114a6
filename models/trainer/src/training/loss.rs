//! The losses: of labels, of teachers' logits, of neighbours in the embedding.

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Device, Tensor, TensorData};

use crate::config::RunConfig;
use crate::data::batches::Source;

/// A number that no similarity reaches, for what is not to be chosen.
const NEVER: f32 = -1e9;

/// Cross-entropy with smoothed labels (Szegedy et al. 2016), each photograph weighed by its class.
pub fn of_labels(
    logits: Tensor<2>,
    labels: &[usize],
    weights: &[f32],
    smoothing: f32,
    device: &Device,
) -> Tensor<1> {
    let classes = weights.len();
    let sum: f32 = labels.iter().map(|&label| weights[label]).sum();
    let mut rows = Vec::with_capacity(labels.len() * classes);
    for &label in labels {
        for class in 0..classes {
            let hit = if class == label { 1.0 - smoothing } else { 0.0 };
            rows.push((hit + smoothing / classes as f32) * weights[label] / sum);
        }
    }
    let target = Tensor::<2>::from_data(TensorData::new(rows, [labels.len(), classes]), device);
    -(log_softmax(logits, 1) * target).sum()
}

/// How far the softened logits lie from the teachers': Kullback-Leibler divergence times the square of
/// the temperature (Hinton et al. 2015, arXiv 1503.02531). No gradient reaches the teachers.
pub fn of_teachers(logits: Tensor<2>, teachers: Tensor<2>, temperature: f32) -> Tensor<1> {
    let batch = logits.dims()[0] as f32;
    let teachers = teachers.detach() / temperature;
    let (target, target_logs) = (softmax(teachers.clone(), 1), log_softmax(teachers, 1));
    let student = log_softmax(logits / temperature, 1);
    (target * (target_logs - student)).sum() * (temperature * temperature / batch)
}

/// Supervised contrastive loss (Khosla et al. 2020, arXiv 2004.11362): photographs of one class are to
/// lie nearer to each other than to all others. None where no two photographs share a class.
pub fn of_neighbours(
    embedding: Tensor<2>,
    labels: &[usize],
    temperature: f32,
) -> Option<Tensor<1>> {
    let count = labels.len();
    let device = embedding.device();
    let (mut friends, mut selves) = (vec![0.0_f32; count * count], vec![0.0_f32; count * count]);
    let mut anchors = 0.0_f32;
    for (row, label) in labels.iter().enumerate() {
        let same = (0..count).filter(|&other| other != row && labels[other] == *label);
        let number = same.clone().count();
        anchors += f32::from(number > 0);
        same.for_each(|other| friends[row * count + other] = 1.0 / number as f32);
        selves[row * count + row] = NEVER;
    }
    if anchors < 1.0 {
        return None;
    }
    let matrix =
        |numbers| Tensor::<2>::from_data(TensorData::new(numbers, [count, count]), &device);
    let length = embedding
        .clone()
        .powf_scalar(2.0)
        .sum_dim(1)
        .add_scalar(1e-12)
        .sqrt();
    let direction = embedding / length;
    let similar = direction.clone().matmul(direction.transpose()) / temperature + matrix(selves);
    Some((log_softmax(similar, 1) * matrix(friends)).sum() / -anchors)
}

/// How much a photograph of each class weighs.
pub fn class_weights(source: &Source<'_>, config: &RunConfig) -> Vec<f32> {
    let draws = source.draws_by_label(config.data.labels().len());
    let mean = draws.iter().sum::<f32>() / draws.len() as f32;
    // A class that is hardly ever drawn must not outweigh all others.
    draws
        .into_iter()
        .map(|count| (mean / count.max(1.0)).powf(config.training.class_balance))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(tensor: Tensor<1>) -> f32 {
        tensor.into_scalar::<f32>()
    }

    #[test]
    fn a_teacher_that_agrees_costs_nothing() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_floats([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]], &device);
        assert!(number(of_teachers(logits.clone(), logits.clone(), 2.0)).abs() < 1e-6);
        assert!(number(of_teachers(logits.clone(), logits * -1.0, 2.0)) > 0.1);
    }

    #[test]
    fn neighbours_of_one_class_lower_the_loss() {
        let device = Device::flex();
        let apart =
            Tensor::<2>::from_floats([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]], &device);
        let right = number(of_neighbours(apart.clone(), &[0, 0, 1, 1], 0.1).unwrap());
        let wrong = number(of_neighbours(apart.clone(), &[0, 1, 0, 1], 0.1).unwrap());
        assert!(right < 0.1 && wrong > 5.0, "{right} {wrong}");
        assert!(of_neighbours(apart, &[0, 1, 2, 3], 0.1).is_none());
    }

    #[test]
    fn plain_labels_cost_the_logarithm_of_the_answer() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_floats([[0.0, 0.0]], &device);
        let loss = number(of_labels(logits, &[1], &[1.0, 1.0], 0.0, &device));
        assert!((loss - 2.0_f32.ln()).abs() < 1e-6, "{loss}");
    }
}
