//! The convolution: which of the two ways it is computed in.

use burn_flex::FlexTensor;

use super::operator::Operator;
use super::sizes::Sizes;
use super::{Sliding, dense, depthwise};

/// The operator.
#[derive(Debug, Clone, Copy)]
pub struct Convolve(pub Sliding);

impl Operator<2> for Convolve {
    type Kept = ();

    fn forward(&self, [maps, kernel]: [&FlexTensor; 2]) -> (FlexTensor, ()) {
        let sizes = Sizes::new(self.0, maps, kernel);
        let result = if sizes.depthwise() {
            depthwise::forward(&sizes, maps, kernel)
        } else {
            dense::forward(&sizes, maps, kernel)
        };
        (result, ())
    }

    fn backward(
        &self,
        [maps, kernel]: [&FlexTensor; 2],
        (): &(),
        gradient: FlexTensor,
        wanted: [bool; 2],
    ) -> [Option<FlexTensor>; 2] {
        let sizes = Sizes::new(self.0, maps, kernel);
        if sizes.depthwise() {
            depthwise::backward(&sizes, maps, kernel, gradient, wanted)
        } else {
            dense::backward(&sizes, maps, kernel, gradient, wanted)
        }
    }
}
