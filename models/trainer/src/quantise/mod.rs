//! Quantisation to int8, exactly as the integer engine has it (`src/classify/int8/PATTERNS.md`).
//!
//! Maps are asymmetric: one scale and one zero point a map, from the range of numbers that it
//! takes. Kernels are symmetric: one scale for each output channel. Jacob et al. 2017
//! (arXiv 1712.05877) is the source of both and of learning with rounded numbers.

mod correction;
mod kernel;
mod range;
mod rounding;

pub use correction::corrected;
pub use kernel::{Steps, steps};
pub use range::{Quantisation, Range, Ranges, SLOTS};
pub use rounding::Rounding;

use crate::nets::plan::{Layer, Plan};

impl Plan {
    /// Whether the result of the node at `place` is a map of bytes of its own. Shuffles, enlargements
    /// and dropout pass on the bytes that they are given; between the two halves of an attention the
    /// engine keeps real numbers.
    #[must_use]
    pub fn is_quantised(&self, place: usize) -> bool {
        match self.nodes[place].layer {
            Layer::Picture
            | Layer::Conv(_)
            | Layer::Sum { .. }
            | Layer::PixelGate { .. }
            | Layer::Mean => true,
            Layer::ChannelGate(_) => !self.readers(place).iter().all(|&reader| {
                matches!(
                    self.nodes[reader].layer,
                    Layer::PixelGate { .. } | Layer::Mean
                )
            }),
            Layer::Shuffle { .. } | Layer::Enlarge { .. } | Layer::Dropout { .. } => false,
        }
    }

    /// The node whose bytes the node at `place` gives: itself, or the one that it passes on.
    #[must_use]
    pub fn bytes_of(&self, place: usize) -> usize {
        match self.nodes[place].layer {
            Layer::Shuffle { .. } | Layer::Enlarge { .. } | Layer::Dropout { .. } => {
                self.bytes_of(self.nodes[place].inputs[0])
            }
            _ => place,
        }
    }
}
