//! The networks, what they all can do, and what they cost when deployed.

pub mod cost;
pub mod layer;
pub mod mobilenet_v1;

use burn::module::{Module, ParamGroup};
use burn::tensor::Tensor;

use layer::Layer;

/// An image classifier that the training loop can teach and the exporter can write.
pub trait Network: Module {
    /// Logits `[batch, classes]` of images `[batch, 3, side, side]` whose values lie in -1..=1.
    fn forward(&self, images: Tensor<4>) -> Tensor<2>;

    /// The layers next to the picture. Pretraining taught them edges and colours, which hold for
    /// any photograph, so they learn at a lower rate.
    fn early_layers(&self) -> ParamGroup;

    /// The classifier, which starts from nothing and learns at a higher rate.
    fn head(&self) -> ParamGroup;

    /// The network as it is deployed, with the batch normalisation folded in.
    fn deployed(&self) -> Vec<Layer>;
}
