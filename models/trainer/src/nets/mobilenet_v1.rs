//! MobileNet v1 (Howard et al. 2017, arXiv 1704.04861) of any width, laid out as Keras does, so
//! that its ImageNet weights fit.
//!
//! A 3×3 convolution of stride 2, then thirteen blocks of a depthwise 3×3 and a pointwise 1×1
//! convolution, each followed by batch normalisation and `ReLU6`.

use sortd::error::Result;

use super::plan::{Builder, Plan};
use super::{Architecture, Head};
use crate::kernels::Activation;

/// Output channels at width 1 and stride of each of the thirteen blocks.
const BLOCKS: [(usize, usize); 13] = [
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
];

/// Output channels of the first convolution at width 1.
const STEM_CHANNELS: usize = 32;

/// Which MobileNet v1 to make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MobileNetV1 {
    /// Multiplier of every layer's channels, such as 0.25.
    pub width: f64,
    /// Stride of the stem: 2 as published; 1 for pictures of some 32 pixels.
    pub stem_stride: usize,
    /// How it ends.
    pub head: Head,
}

impl Architecture for MobileNetV1 {
    fn name(&self) -> String {
        format!("mobilenet-v1-{}", self.width)
    }

    fn plan(&self, side: usize, classes: usize) -> Result<Plan> {
        let mut builder = Builder::new(self.name(), side);
        let last = body(&mut builder, self.width, self.stem_stride, |_| {
            Extras::default()
        });
        self.head.end(builder, last, classes)
    }
}

/// What a block has that MobileNet v1's blocks have not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extras {
    /// Dilation of the depthwise convolution.
    pub dilation: usize,
    /// How many times narrower the perceptron of an attention behind the block is; none without.
    pub attention: Option<usize>,
}

impl Default for Extras {
    fn default() -> Self {
        Self {
            dilation: 1,
            attention: None,
        }
    }
}

/// Adds the stem and the blocks; `extras` says what each block has besides, by its number from 1.
pub(super) fn body(
    builder: &mut Builder,
    width: f64,
    stem_stride: usize,
    extras: impl Fn(usize) -> Extras,
) -> usize {
    let channels = |base: usize| ((base as f64 * width) as usize).max(1);
    builder.stage("stem");
    let mut last = builder.conv(
        "stem",
        0,
        channels(STEM_CHANNELS),
        3,
        stem_stride,
        Activation::Relu6,
    );
    for (number, (outputs, stride)) in (1..).zip(BLOCKS) {
        let extras = extras(number);
        // A stride of two already widens the receptive field, and a dilated kernel would skip pixels between them.
        let dilation = if stride == 1 { extras.dilation } else { 1 };
        builder.stage(format!("block {number}"));
        last = builder.depthwise(
            &format!("block{number}_depthwise"),
            last,
            stride,
            dilation,
            Activation::Relu6,
        );
        last = builder.pointwise(
            &format!("block{number}_pointwise"),
            last,
            channels(outputs),
            1,
            Activation::Relu6,
        );
        if let Some(reduction) = extras.attention {
            last = builder.attention(&format!("block{number}_attention"), last, reduction);
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::cost;

    #[test]
    fn the_cost_is_that_of_the_paper() {
        // Howard et al. 2017, table 8 and 9: 569 M MACs and 4.2 M parameters at width 1 and 224
        // pixels for 1000 classes, 41 M and 0.5 M at width 0.25.
        let whole = MobileNetV1 {
            width: 1.0,
            stem_stride: 2,
            head: Head::Classic,
        };
        assert_eq!(whole.macs(224, 1000).unwrap(), 568_740_352);
        assert_eq!(whole.parameters(224, 1000).unwrap(), 4_221_032);
        let quarter = MobileNetV1 {
            width: 0.25,
            stem_stride: 2,
            head: Head::Classic,
        };
        assert_eq!(quarter.macs(224, 1000).unwrap() / 1_000_000, 41);
    }

    #[test]
    fn a_block_costs_eight_to_nine_times_less_than_a_standard_convolution() {
        let plan = MobileNetV1 {
            width: 1.0,
            stem_stride: 2,
            head: Head::Classic,
        }
        .plan(224, 1000)
        .unwrap();
        let ratios: Vec<f64> = cost::layers(&plan)
            .iter()
            .filter_map(|layer| layer.standard)
            .map(cost::Replaced::ratio)
            .collect();
        assert_eq!(ratios.len(), 13);
        // 1/N + 1/9 for N outputs: 64 outputs save 7.9 times, 1024 save 8.9 times.
        assert!(
            ratios.iter().all(|ratio| (7.8..9.0).contains(ratio)),
            "{ratios:?}"
        );
    }

    #[test]
    fn stages_are_the_stem_the_blocks_and_the_head() {
        let net = MobileNetV1 {
            width: 0.25,
            stem_stride: 2,
            head: Head::Embedding,
        };
        let stages = net.stages(128, 7).unwrap();
        assert_eq!(stages.len(), 1 + 1 + 13 + 1);
        assert_eq!(stages.last().map(String::as_str), Some("head"));
    }

    #[test]
    fn pictures_that_are_too_small_are_refused() {
        let net = MobileNetV1 {
            width: 0.25,
            stem_stride: 2,
            head: Head::Classic,
        };
        let error = net.plan(16, 7).unwrap_err().to_string();
        assert!(
            error.contains("16 pixels") && error.contains("block12_depthwise"),
            "{error}"
        );
    }
}
