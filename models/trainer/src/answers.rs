//! The outputs of networks for photographs.

use burn::tensor::{Device, Tensor};
use sortd::error::Result;

use crate::data::batches::to_tensor;
use crate::data::photo::Squeezed;
use crate::nets::net::{Net, Pass};

/// Photographs shown at once.
const BATCH: usize = 50;

/// Logits and embeddings, one row a photograph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// Logits of the classes.
    pub logits: Vec<Vec<f32>>,
    /// What describes the item.
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
    for batch in batches(photos, side, device) {
        let answer = network.forward(batch?, pass);
        found.logits.extend(rows(answer.logits));
        found.embeddings.extend(rows(answer.embedding));
    }
    Ok(found)
}

/// Photographs as tensors, a batch each.
///
/// # Errors
/// A photograph is not of `side` × `side` pixels.
pub fn batches(
    photos: &[Squeezed],
    side: usize,
    device: &Device,
) -> impl Iterator<Item = Result<Tensor<4>>> {
    photos.chunks(BATCH).map(move |batch| {
        let pixels: Vec<u8> = batch
            .iter()
            .flat_map(|photo| photo.pixels.iter().copied())
            .collect();
        to_tensor(&pixels, side, device)
    })
}

/// The rows of a matrix.
#[must_use]
pub fn rows(matrix: Tensor<2>) -> Vec<Vec<f32>> {
    let [_, columns] = matrix.dims();
    let values: Vec<f32> = matrix.into_data().iter::<f32>().collect();
    values.chunks(columns).map(<[f32]>::to_vec).collect()
}
