//! Mobile_BLNet (Yuan et al. 2023): Big-Little stages (Chen et al. 2018, arXiv 1807.03848) built from
//! inverted residuals of depthwise separable convolutions.
//!
//! A stage has two branches. The *big* one is deep and sees the feature map at half resolution; the *little*
//! one is shallow and narrow and sees it whole. The big branch's feature map is enlarged, both are added, and
//! an inverted residual merges them; most of the work so lies where feature maps are small.

use sortd::error::{Error, Result};

use super::plan::{Builder, Layer, Plan};
use super::{Architecture, Head};
use crate::kernels::Activation;

/// One Big-Little stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlStage {
    /// Channels of its result.
    pub channels: usize,
    /// Inverted residuals of the big branch.
    pub big: usize,
    /// Stride of the merging block.
    pub stride: usize,
}

/// Which `Mobile_BLNet` to make.
#[derive(Debug, Clone, PartialEq)]
pub struct MobileBlNet {
    /// Data set of the paper's table that the size is made for, or another word for the size.
    pub size: String,
    /// Stride of the stem.
    pub stem_stride: usize,
    /// Channels of the stem.
    pub stem: usize,
    /// The stages.
    pub stages: Vec<BlStage>,
    /// How many times wider an inverted residual is inside (Sandler et al. 2018, arXiv 1801.04381).
    pub expansion: usize,
    /// The little branch is this many times narrower than the big one before both are added.
    pub little: usize,
    /// Whether there is a little branch; without, the stage is only the big one.
    pub with_little: bool,
    /// Channels of a last pointwise layer; none without.
    pub last: Option<usize>,
    /// How it ends.
    pub head: Head,
}

impl MobileBlNet {
    /// The sizes of the paper's table, by data set. The abstract gives parameters and FLOPs only, so
    /// the channels are chosen here to meet both, FLOPs counted as multiply-accumulates.
    ///
    /// # Errors
    /// The table has no such row.
    pub fn of_paper(size: &str) -> Result<Self> {
        let stage = |channels, big, stride| BlStage {
            channels,
            big,
            stride,
        };
        let (stem_stride, stem, stages, last) = match size {
            "cifar-10" => (
                1,
                16,
                vec![stage(24, 1, 2), stage(40, 3, 2), stage(64, 2, 1)],
                192,
            ),
            "cifar-100" => (
                1,
                16,
                vec![stage(24, 1, 2), stage(40, 2, 2), stage(72, 3, 1)],
                896,
            ),
            "food-101" => (
                2,
                16,
                vec![
                    stage(24, 2, 2),
                    stage(48, 3, 2),
                    stage(104, 4, 2),
                    stage(192, 4, 1),
                ],
                768,
            ),
            "imagenet" => (
                2,
                16,
                vec![
                    stage(24, 2, 2),
                    stage(56, 3, 2),
                    stage(112, 4, 2),
                    stage(200, 4, 1),
                ],
                1024,
            ),
            other => {
                return Err(Error::usage(format!("Mobile_BLNet has no size {other}"))
                    .advice("sizes are cifar-10, cifar-100, food-101 and imagenet"));
            }
        };
        Ok(Self {
            size: size.to_owned(),
            stem_stride,
            stem,
            stages,
            expansion: 4,
            little: 2,
            with_little: true,
            last: Some(last),
            head: Head::Classic,
        })
    }

    /// One Big-Little stage behind the feature map at `from`.
    fn stage(&self, builder: &mut Builder, from: usize, stage: BlStage, name: &str) -> usize {
        let inside = builder.shape(from).channels;
        // Half the resolution, then the deep part.
        let mut big = self.residual(builder, from, inside, 2, &format!("{name}_big1"));
        for block in 2..=stage.big {
            big = self.residual(builder, big, inside, 1, &format!("{name}_big{block}"));
        }
        let mut merged = builder.add(
            &format!("{name}_enlarged"),
            vec![big],
            Layer::Enlarge { factor: 2 },
        );
        if self.with_little {
            let narrow = (inside / self.little).max(8);
            let mut little = builder.pointwise(
                &format!("{name}_little_in"),
                from,
                narrow,
                1,
                Activation::Relu6,
            );
            little = builder.depthwise(
                &format!("{name}_little_depthwise"),
                little,
                1,
                1,
                Activation::Relu6,
            );
            little = builder.pointwise(
                &format!("{name}_little_out"),
                little,
                inside,
                1,
                Activation::None,
            );
            merged = builder.sum(&format!("{name}_merged"), merged, little, Activation::Relu6);
        }
        self.residual(
            builder,
            merged,
            stage.channels,
            stage.stride,
            &format!("{name}_merge"),
        )
    }

    /// An inverted residual: widen, depthwise, narrow, and the sum with its input where it fits.
    fn residual(
        &self,
        builder: &mut Builder,
        from: usize,
        outputs: usize,
        stride: usize,
        name: &str,
    ) -> usize {
        let inputs = builder.shape(from).channels;
        let wide = builder.pointwise(
            &format!("{name}_widen"),
            from,
            inputs * self.expansion,
            1,
            Activation::Relu6,
        );
        let seen = builder.depthwise(
            &format!("{name}_depthwise"),
            wide,
            stride,
            1,
            Activation::Relu6,
        );
        let narrow = builder.pointwise(
            &format!("{name}_narrow"),
            seen,
            outputs,
            1,
            Activation::None,
        );
        if stride == 1 && inputs == outputs {
            builder.sum(&format!("{name}_sum"), from, narrow, Activation::None)
        } else {
            narrow
        }
    }
}

impl Architecture for MobileBlNet {
    fn name(&self) -> String {
        let little = if self.with_little { "" } else { "-big-only" };
        format!("mobile-blnet-{}{little}", self.size)
    }

    fn plan(&self, side: usize, classes: usize) -> Result<Plan> {
        let halvings = self.stem_stride
            * self
                .stages
                .iter()
                .map(|stage| stage.stride)
                .product::<usize>();
        if !side.is_multiple_of(halvings * 2) {
            return Err(Error::usage(format!(
                "{} needs pictures whose side is a multiple of {}, not {side}",
                self.name(),
                halvings * 2
            )));
        }
        let mut builder = Builder::new(self.name(), side);
        builder.stage("stem");
        let mut last = builder.conv("stem", 0, self.stem, 3, self.stem_stride, Activation::Relu6);
        for (number, stage) in (1..).zip(&self.stages) {
            builder.stage(format!("stage {number}"));
            last = self.stage(&mut builder, last, *stage, &format!("stage{number}"));
        }
        if let Some(channels) = self.last {
            builder.stage("last");
            last = builder.pointwise("last", last, channels, 1, Activation::Relu6);
        }
        self.head.end(builder, last, classes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_meet_the_table_of_the_paper() {
        // Yuan et al. 2023: data set, side, classes, parameters and FLOPs in millions.
        for (size, side, classes, parameters, flops) in [
            ("cifar-10", 32, 10, 0.1, 9.6),
            ("cifar-100", 32, 100, 0.3, 12.7),
            ("food-101", 224, 101, 1.0, 203.0),
            ("imagenet", 224, 1000, 2.1, 249.6),
        ] {
            let net = MobileBlNet::of_paper(size).unwrap();
            let millions = |count: u64| count as f64 / 1e6;
            let (own, macs) = (
                millions(net.parameters(side, classes).unwrap()),
                millions(net.macs(side, classes).unwrap()),
            );
            assert!(
                own <= parameters && own > 0.8 * parameters,
                "{size}: {own} M parameters"
            );
            assert!(macs <= flops && macs > 0.9 * flops, "{size}: {macs} M MACs");
        }
    }

    #[test]
    fn the_cost_is_that_counted_by_hand() {
        let net = MobileBlNet {
            size: "tiny".to_owned(),
            stem_stride: 1,
            stem: 8,
            stages: vec![BlStage {
                channels: 8,
                big: 1,
                stride: 1,
            }],
            expansion: 2,
            little: 1,
            with_little: true,
            last: None,
            head: Head::Classic,
        };
        // Side 8. Stem 3·8·9 · 64. Big: 8·16 · 64, 16·9 · 16, 16·8 · 16. Little: 8·8, 8·9, 8·8, all · 64.
        // Merge: 8·16, 16·9, 16·8, all · 64. Classifier 8·4.
        let macs = 216 * 64
            + 128 * 64
            + (144 + 128) * 16
            + (64 + 72 + 64) * 64
            + (128 + 144 + 128) * 64
            + 32;
        assert_eq!(net.macs(8, 4).unwrap(), macs);
    }

    #[test]
    fn a_side_that_cannot_be_halved_often_enough_is_refused() {
        let error = MobileBlNet::of_paper("cifar-10")
            .unwrap()
            .plan(30, 10)
            .unwrap_err()
            .to_string();
        assert!(error.contains("multiple of 8"), "{error}");
    }
}
