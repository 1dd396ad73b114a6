//! Fake quantisation: activations are rounded as the integer engine would while a network is computed in real numbers,
//! and their ranges follow what is seen.

use burn::tensor::Tensor;

use super::range::{Quantisation, Range, Ranges};
use crate::kernels;

/// The fake quantisation of one node's activations.
///
/// Slot 0 is the node's result. A channel attention also quantises its pooled vectors (1), hidden
/// vectors (2) and outputs (3), each with one range for the means and the maxima; a spatial attention
/// its two pooled feature maps (1) and the output of its convolution (2).
#[derive(Debug)]
pub struct FakeQuantiser<'a> {
    /// The ranges of all nodes.
    pub ranges: &'a mut Ranges,
    /// The node.
    pub place: usize,
    /// Whether ranges follow what is seen.
    pub observes: bool,
    /// Whether activations are quantised.
    pub quantises: bool,
}

impl FakeQuantiser<'_> {
    /// `map` quantised with a slot's range, or as it is where nothing is quantised.
    #[must_use]
    pub fn apply(&mut self, slot: usize, map: Tensor<4>) -> Tensor<4> {
        if self.observes {
            self.ranges.follow(self.place, slot, Range::of(&map));
        }
        match self.ranges.quantisation(self.place, slot) {
            Some(known) if self.quantises => {
                kernels::fake_quantise(map, known.scale, i32::from(known.zero_point), -128, 127)
            }
            _ => map,
        }
    }

    /// The scale of a slot of the node at `place`, if it is known.
    #[must_use]
    pub fn scale_of(&self, place: usize, slot: usize) -> Option<f32> {
        let quantisation = match place {
            0 => Some(Quantisation::PICTURE),
            _ => self.ranges.quantisation(place, slot),
        };
        quantisation.map(|known| known.scale)
    }

    /// Both of two vectors, with the quantisation that they share.
    ///
    /// # Panics
    /// Never: what was joined has two halves.
    #[must_use]
    pub fn apply_both(&mut self, slot: usize, [a, b]: [Tensor<4>; 2]) -> [Tensor<4>; 2] {
        if !self.observes && !self.quantises {
            return [a, b];
        }
        let length = a.dims()[0];
        let both = self.apply(slot, Tensor::cat(vec![a, b], 0));
        let mut halves = both.split(length, 0).into_iter();
        let half = |halves: &mut std::vec::IntoIter<Tensor<4>>| {
            halves.next().expect("two halves were joined")
        };
        [half(&mut halves), half(&mut halves)]
    }
}
