//! ELNet (Zhang, Liu, Chen 2024) from Extremely Lightweight Blocks: a grouped pointwise convolution,
//! a channel shuffle, a depthwise convolution and a second grouped pointwise one.

use sortd::error::{Error, Result};

use super::plan::{Builder, Layer, Plan};
use super::{Architecture, Head};
use crate::kernels::Activation;

/// Which ELNet to make.
#[derive(Debug, Clone, PartialEq)]
pub struct ElNet {
    /// Stride of the stem: 2 for photographs, 1 for pictures of 32 pixels.
    pub stem_stride: usize,
    /// Channels of the stem.
    pub stem: usize,
    /// Channels and number of blocks of each stage; each stage but the first halves the feature map.
    pub stages: Vec<(usize, usize)>,
    /// Groups of the pointwise convolutions.
    pub groups: usize,
    /// Whether channels are shuffled between groups; without, the groups never meet.
    pub shuffle: bool,
    /// How it ends.
    pub head: Head,
}

impl Architecture for ElNet {
    fn name(&self) -> String {
        let widest = self.stages.last().map_or(self.stem, |stage| stage.0);
        let shuffle = if self.shuffle { "" } else { "-unshuffled" };
        format!("elnet-{widest}-g{}{shuffle}", self.groups)
    }

    fn plan(&self, side: usize, classes: usize) -> Result<Plan> {
        let channels = self.stages.iter().map(|stage| stage.0).chain([self.stem]);
        if let Some(odd) = channels
            .into_iter()
            .find(|channels| self.groups == 0 || *channels == 0 || channels % self.groups != 0)
        {
            return Err(Error::usage(format!(
                "{odd} channels cannot be split into {} groups",
                self.groups
            )));
        }
        let mut builder = Builder::new(self.name(), side);
        builder.stage("stem");
        let mut last = builder.conv("stem", 0, self.stem, 3, self.stem_stride, Activation::Relu6);
        for (stage, &(outputs, blocks)) in self.stages.iter().enumerate() {
            for block in 0..blocks {
                builder.stage(format!("stage {}", stage + 1));
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                last = self.block(
                    &mut builder,
                    last,
                    outputs,
                    stride,
                    &format!("stage{}_block{}", stage + 1, block + 1),
                );
            }
        }
        self.head.end(builder, last, classes)
    }
}

impl ElNet {
    /// One Extremely Lightweight Block. Between its pointwise layers it is as wide as its result.
    fn block(
        &self,
        builder: &mut Builder,
        from: usize,
        outputs: usize,
        stride: usize,
        name: &str,
    ) -> usize {
        let mut last = builder.pointwise(
            &format!("{name}_in"),
            from,
            outputs,
            self.groups,
            Activation::Relu6,
        );
        if self.shuffle {
            last = builder.add(
                &format!("{name}_shuffle"),
                vec![last],
                Layer::Shuffle {
                    groups: self.groups,
                },
            );
        }
        last = builder.depthwise(
            &format!("{name}_depthwise"),
            last,
            stride,
            1,
            Activation::Relu6,
        );
        builder.pointwise(
            &format!("{name}_out"),
            last,
            outputs,
            self.groups,
            Activation::Relu6,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny(groups: usize) -> ElNet {
        ElNet {
            stem_stride: 1,
            stem: 16,
            stages: vec![(32, 1)],
            groups,
            shuffle: true,
            head: Head::Classic,
        }
    }

    #[test]
    fn the_cost_is_that_counted_by_hand() {
        // 8 × 8 pixels: stem 3·16·9, in 16·32/4, depthwise 32·9, out 32·32/4, head 32·5.
        let macs = 64 * (432 + 128 + 288 + 256) + 160;
        assert_eq!(tiny(4).macs(8, 5).unwrap(), macs);
        let parameters = (432 + 16) + (128 + 32) + (288 + 32) + (256 + 32) + (160 + 5);
        assert_eq!(tiny(4).parameters(8, 5).unwrap(), parameters);
    }

    #[test]
    fn channels_that_are_no_whole_groups_are_refused() {
        let error = tiny(5).plan(8, 5).unwrap_err().to_string();
        assert!(error.contains("5 groups"), "{error}");
    }
}
