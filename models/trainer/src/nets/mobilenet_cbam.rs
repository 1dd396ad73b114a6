//! MobileNet-CBAM (Zhao, Men, Yuan 2022): MobileNet v1 with convolutional block attention (Woo et al.
//! 2018, arXiv 1807.06521) behind chosen blocks and dilated depthwise convolutions in chosen late ones.

use sortd::error::{Error, Result};

use super::mobilenet_v1::{Extras, body};
use super::plan::{Builder, Plan};
use super::{Architecture, Head};

/// How many times narrower than the feature map the perceptron of an attention is, as in the CBAM paper.
const REDUCTION: usize = 16;

/// Number of blocks of MobileNet v1.
const BLOCKS: usize = 13;

/// Which MobileNet-CBAM to make.
#[derive(Debug, Clone, PartialEq)]
pub struct MobileNetCbam {
    /// Multiplier of every layer's channels.
    pub width: f64,
    /// Stride of the stem, as in [`super::MobileNetV1`].
    pub stem_stride: usize,
    /// Numbers of the blocks, 1 to 13, that an attention follows.
    pub attention: Vec<usize>,
    /// Numbers of the blocks whose depthwise convolution is dilated by two; those of stride 2 stay
    /// as they are.
    pub dilated: Vec<usize>,
    /// How it ends.
    pub head: Head,
}

impl Architecture for MobileNetCbam {
    fn name(&self) -> String {
        format!("mobilenet-cbam-{}", self.width)
    }

    fn plan(&self, side: usize, classes: usize) -> Result<Plan> {
        if let Some(wrong) = self
            .attention
            .iter()
            .chain(&self.dilated)
            .find(|&&block| !(1..=BLOCKS).contains(&block))
        {
            return Err(Error::usage(format!(
                "there is no block {wrong}; MobileNet has blocks 1 to {BLOCKS}"
            )));
        }
        let mut builder = Builder::new(self.name(), side);
        let last = body(&mut builder, self.width, self.stem_stride, |number| {
            Extras {
                dilation: if self.dilated.contains(&number) { 2 } else { 1 },
                attention: self.attention.contains(&number).then_some(REDUCTION),
            }
        });
        self.head.end(builder, last, classes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::MobileNetV1;
    use super::*;

    #[test]
    fn attention_costs_what_its_layers_cost_and_dilation_nothing() {
        let plain = MobileNetV1 {
            width: 0.5,
            stem_stride: 2,
            head: Head::Classic,
        };
        let dilated = MobileNetCbam {
            width: 0.5,
            stem_stride: 2,
            attention: vec![],
            dilated: vec![10, 11],
            head: Head::Classic,
        };
        assert_eq!(dilated.macs(128, 7).unwrap(), plain.macs(128, 7).unwrap());
        let attentive = MobileNetCbam {
            attention: vec![13],
            ..dilated
        };
        // 512 channels on 4×4: a perceptron of 512-32-512 twice, and 7·7·2 a pixel.
        let macs = 2 * (2 * 512 * 32) + 98 * 16;
        assert_eq!(
            attentive.macs(128, 7).unwrap() - plain.macs(128, 7).unwrap(),
            macs
        );
        let parameters = 2 * 512 * 32 + 32 + 512 + 99;
        assert_eq!(
            attentive.parameters(128, 7).unwrap() - plain.parameters(128, 7).unwrap(),
            parameters
        );
    }

    #[test]
    fn a_block_that_is_not_there_is_named() {
        let wrong = MobileNetCbam {
            width: 0.5,
            stem_stride: 2,
            attention: vec![14],
            dilated: vec![],
            head: Head::Classic,
        };
        assert!(
            wrong
                .plan(128, 7)
                .unwrap_err()
                .to_string()
                .contains("block 14")
        );
    }
}
