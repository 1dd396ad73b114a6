//! From a [`ModelInput`] to [`Scores`].
//!
//! [`Classifier`] is what the loop needs of a network; [`TractClassifier`] runs a [`bundle`] with
//! tract. Nothing here decides what a score means for a bin.

mod budget;
pub mod bundle;
mod compute;
mod exports;
mod int8;
mod network;
mod onnx;
mod sanity;
mod scores;
mod tract;

pub use compute::Compute;
pub use int8::{Backend, Coverage, Layer, LayerKind};
pub use network::Network;
pub use scores::Scores;
pub use tract::TractClassifier;

use crate::error::Result;
use crate::preprocess::{ModelInput, Size};

/// A network that tells what a picture shows.
pub trait Classifier: Send {
    /// Its labels, in the order of the scores.
    fn labels(&self) -> &[String];

    /// Index of the label that means that nothing is there, if it has one.
    fn empty_label(&self) -> Option<usize>;

    /// The size of picture that it wants.
    fn input_size(&self) -> Size;

    /// Looks at `picture` and writes what it thinks into `scores`.
    ///
    /// # Errors
    /// The network failed, or answered with something that is no number.
    fn classify(&mut self, picture: &ModelInput, scores: &mut Scores) -> Result<()>;

    /// The embedding of the picture that was classified last: near to those of pictures of the same
    /// class. `None` where the network gives none, or has not seen a picture.
    fn embedding(&self) -> Option<&[f32]>;
}
