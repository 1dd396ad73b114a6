//! The options that choose a network.

use clap::{Args, ValueEnum};
use sortd::error::{Error, Result};

use crate::nets::plan::Plan;
use crate::nets::{Architecture, ElNet, Head, MobileBlNet, MobileNetCbam, MobileNetV1};

/// The families of networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Family {
    /// MobileNet v1 (Howard et al. 2017)
    MobilenetV1,
    /// MobileNet v1 with convolutional block attention and dilation (Zhao et al. 2022)
    MobilenetCbam,
    /// Big-Little stages of inverted residuals (Yuan et al. 2023)
    MobileBlnet,
    /// Grouped pointwise convolutions and channel shuffles (Zhang et al. 2024)
    Elnet,
}

/// Which network.
#[derive(Debug, Clone, Args)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub struct NetworkOptions {
    /// Family of the network
    #[arg(long, value_enum, default_value = "mobilenet-cbam")]
    pub net: Family,

    /// Side of the network's input, in pixels [default: 128, or that of the run it starts from]
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(16..=512))]
    pub side: Option<u32>,

    /// MobileNet: multiplier of every layer's channels
    #[arg(long, value_name = "FACTOR", default_value_t = 0.75, value_parser = super::values::width)]
    pub width: f64,

    /// How the network ends
    #[arg(long, value_enum, default_value = "embedding")]
    pub head: Head,

    /// MobileNet-CBAM: blocks that an attention follows
    #[arg(long, value_name = "BLOCKS", value_delimiter = ',', default_values_t = [5, 11, 13])]
    pub attention: Vec<usize>,

    /// MobileNet-CBAM: blocks whose depthwise convolution is dilated
    #[arg(long, value_name = "BLOCKS", value_delimiter = ',', default_values_t = [10, 11])]
    pub dilated: Vec<usize>,

    /// MobileNet-CBAM: no attention at all
    #[arg(long)]
    pub no_attention: bool,

    /// MobileNet-CBAM: no dilation at all
    #[arg(long)]
    pub no_dilation: bool,

    /// Mobile_BLNet: size from the paper's table (cifar-10, cifar-100, food-101, imagenet)
    #[arg(long, value_name = "SIZE", default_value = "food-101")]
    pub size: String,

    /// Mobile_BLNet: leave the little branch out
    #[arg(long)]
    pub no_little: bool,

    /// ELNet: channels of the stem
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub stem: usize,

    /// ELNet: stages as channels x blocks; each but the first halves the map
    #[arg(
        long,
        value_name = "LIST",
        default_value = "64x1,128x2,256x2,512x4,768x2"
    )]
    pub stages: String,

    /// ELNet: groups of the pointwise convolutions
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub groups: usize,

    /// ELNet: leave the channel shuffles out
    #[arg(long)]
    pub no_shuffle: bool,
}

/// Side of the input of a network that starts from no other run, in pixels.
const USUAL_SIDE: u32 = 128;

impl NetworkOptions {
    /// The network's plan, for `classes` classes.
    ///
    /// # Errors
    /// An option makes no sense, or the network does not fit pictures of that side.
    pub fn plan(&self, classes: usize) -> Result<Plan> {
        let side = self.side.unwrap_or(USUAL_SIDE);
        self.architecture(side)?.plan(side as usize, classes)
    }

    /// The network that the options describe, for pictures of `side` pixels.
    fn architecture(&self, side: u32) -> Result<Box<dyn Architecture>> {
        let unless = |left_out: bool, blocks: &[usize]| {
            if left_out {
                Vec::new()
            } else {
                blocks.to_vec()
            }
        };
        // Small pictures keep their pixels; photographs are halved at once.
        let stem_stride = if side <= 48 { 1 } else { 2 };
        Ok(match self.net {
            Family::MobilenetV1 => Box::new(MobileNetV1 {
                width: self.width,
                stem_stride,
                head: self.head,
            }),
            Family::MobilenetCbam => Box::new(MobileNetCbam {
                width: self.width,
                stem_stride,
                attention: unless(self.no_attention, &self.attention),
                dilated: unless(self.no_dilation, &self.dilated),
                head: self.head,
            }),
            Family::MobileBlnet => {
                let paper = MobileBlNet::of_paper(&self.size)?;
                Box::new(MobileBlNet {
                    with_little: !self.no_little,
                    head: self.head,
                    ..paper
                })
            }
            Family::Elnet => Box::new(ElNet {
                stem_stride,
                stem: self.stem,
                stages: stages(&self.stages)?,
                groups: self.groups,
                shuffle: !self.no_shuffle,
                head: self.head,
            }),
        })
    }
}

/// Reads stages such as `64x1,128x2`.
fn stages(text: &str) -> Result<Vec<(usize, usize)>> {
    text.split(',')
        .map(|stage| {
            let numbers = stage.trim().split_once('x');
            let parsed = numbers.and_then(|(channels, blocks)| {
                Some((channels.parse().ok()?, blocks.parse().ok()?))
            });
            parsed.ok_or_else(|| {
                Error::usage(format!(
                    "--stages: `{stage}` is not of the form CHANNELSxBLOCKS"
                ))
                .advice("such as 64x1,128x2,256x2")
            })
        })
        .collect()
}
