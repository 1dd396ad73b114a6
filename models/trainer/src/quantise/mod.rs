//! Quantisation to int8, exactly as the integer engine has it (`src/classify/int8/PATTERNS.md`).
//!
//! Activations are asymmetric: one scale and one zero point a feature map, from the range of values that it
//! takes. Weights are symmetric: one scale for each output channel. Jacob et al. 2017
//! (arXiv 1712.05877) is the source of both and of quantisation-aware training.

mod fake;
mod range;
mod weights;

pub use fake::FakeQuantiser;
pub use range::{Quantisation, Range, Ranges, SLOTS};
pub use weights::{QuantisedWeights, quantise_weights};
