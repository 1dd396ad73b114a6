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
    /// Side of the network's input, in pixels [default: 128, or that of the run it starts from]
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(16..=512))]
    pub side: Option<u32>,

    /// Family of the network [default: mobilenet-cbam]
    #[arg(long, value_enum)]
    net: Option<Family>,

    /// How the network ends [default: embedding]
    #[arg(long, value_enum)]
    head: Option<Head>,

    /// MobileNet: multiplier of every layer's channels [default: 0.75]
    #[arg(long, value_name = "FACTOR", value_parser = super::values::width)]
    width: Option<f64>,

    /// MobileNet-CBAM: blocks that an attention follows [default: 5,11,13]
    #[arg(long, value_name = "BLOCKS", value_delimiter = ',')]
    attention: Option<Vec<usize>>,

    /// MobileNet-CBAM: blocks whose depthwise convolution is dilated [default: 10,11]
    #[arg(long, value_name = "BLOCKS", value_delimiter = ',')]
    dilated: Option<Vec<usize>>,

    /// MobileNet-CBAM: no attention at all
    #[arg(long, conflicts_with = "attention")]
    no_attention: bool,

    /// MobileNet-CBAM: no dilation at all
    #[arg(long, conflicts_with = "dilated")]
    no_dilation: bool,

    /// Mobile_BLNet: size from the paper's table (cifar-10, cifar-100, food-101, imagenet) [default: food-101]
    #[arg(long, value_name = "SIZE")]
    size: Option<String>,

    /// Mobile_BLNet: leave the little branch out
    #[arg(long)]
    no_little: bool,

    /// ELNet: channels of the stem [default: 32]
    #[arg(long, value_name = "N")]
    stem: Option<usize>,

    /// ELNet: stages as channels x blocks; each but the first halves the feature map [default:
    /// 64x1,128x2,256x2,512x4,768x2]
    #[arg(long, value_name = "LIST")]
    stages: Option<String>,

    /// ELNet: groups of the pointwise convolutions [default: 4]
    #[arg(long, value_name = "N")]
    groups: Option<usize>,

    /// ELNet: leave the channel shuffles out
    #[arg(long)]
    no_shuffle: bool,
}

/// Side of the input of a network that starts from no other run, in pixels.
const USUAL_SIDE: u32 = 128;
/// A MobileNet's width where none is given.
const USUAL_WIDTH: f64 = 0.75;
/// An `ELNet`'s stages where none are given.
const USUAL_STAGES: &str = "64x1,128x2,256x2,512x4,768x2";

impl NetworkOptions {
    /// The network's plan, for `classes` classes.
    ///
    /// # Errors
    /// An option makes no sense or is another family's, or the network does not fit pictures of that
    /// side.
    pub fn plan(&self, classes: usize) -> Result<Plan> {
        let side = self.side.unwrap_or(USUAL_SIDE);
        self.require_one_family()?;
        self.architecture(side)?.plan(side as usize, classes)
    }

    /// Multiplier of a MobileNet's channels.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.width.unwrap_or(USUAL_WIDTH)
    }

    /// Refuses options that choose a network, where another option, `with`, brings one.
    ///
    /// # Errors
    /// One of them is given.
    pub fn require_none(&self, with: &str) -> Result<()> {
        match self.given().next() {
            Some(Choice { option, .. }) => Err(Error::usage(format!(
                "{option} chooses a new network, and {with} takes that of a run"
            ))
            .advice(format!("leave out {option} or {with}"))),
            None => Ok(()),
        }
    }

    fn family(&self) -> Family {
        self.net.unwrap_or(Family::MobilenetCbam)
    }

    /// The network that the options describe, for pictures of `side` pixels.
    fn architecture(&self, side: u32) -> Result<Box<dyn Architecture>> {
        let blocks = |left_out: bool, given: &Option<Vec<usize>>, usual: &[usize]| {
            if left_out {
                Vec::new()
            } else {
                given.clone().unwrap_or_else(|| usual.to_vec())
            }
        };
        let (width, head) = (self.width(), self.head.unwrap_or(Head::Embedding));
        // Small pictures keep their pixels; photographs are halved at once.
        let stem_stride = if side <= 48 { 1 } else { 2 };
        Ok(match self.family() {
            Family::MobilenetV1 => Box::new(MobileNetV1 {
                width,
                stem_stride,
                head,
            }),
            Family::MobilenetCbam => Box::new(MobileNetCbam {
                width,
                stem_stride,
                attention: blocks(self.no_attention, &self.attention, &[5, 11, 13]),
                dilated: blocks(self.no_dilation, &self.dilated, &[10, 11]),
                head,
            }),
            Family::MobileBlnet => {
                let paper = MobileBlNet::of_paper(self.size.as_deref().unwrap_or("food-101"))?;
                Box::new(MobileBlNet {
                    with_little: !self.no_little,
                    head,
                    ..paper
                })
            }
            Family::Elnet => Box::new(ElNet {
                stem_stride,
                stem: self.stem.unwrap_or(32),
                stages: stages(self.stages.as_deref().unwrap_or(USUAL_STAGES))?,
                groups: self.groups.unwrap_or(4),
                shuffle: !self.no_shuffle,
                head,
            }),
        })
    }

    /// Refuses options that the chosen family does not have.
    fn require_one_family(&self) -> Result<()> {
        let net = self.family();
        let foreign = self.given().find(|choice| !choice.families.contains(&net));
        let Some(Choice {
            option, families, ..
        }) = foreign
        else {
            return Ok(());
        };
        let its: Vec<String> = families.iter().map(|family| family.option()).collect();
        let what = format!("{} has no {option}", net.option());
        let advice = format!("leave {option} out; it goes with {}", its.join(" or "));
        Err(Error::usage(what).advice(advice))
    }

    /// The choices that the command line makes.
    fn given(&self) -> impl Iterator<Item = Choice> {
        use Family::{Elnet, MobileBlnet, MobilenetCbam, MobilenetV1};
        let choice = |option, given, families| Choice {
            option,
            given,
            families,
        };
        [
            choice("--net", self.net.is_some(), Family::value_variants()),
            choice("--head", self.head.is_some(), Family::value_variants()),
            choice(
                "--width",
                self.width.is_some(),
                &[MobilenetV1, MobilenetCbam],
            ),
            choice("--attention", self.attention.is_some(), &[MobilenetCbam]),
            choice("--dilated", self.dilated.is_some(), &[MobilenetCbam]),
            choice("--no-attention", self.no_attention, &[MobilenetCbam]),
            choice("--no-dilation", self.no_dilation, &[MobilenetCbam]),
            choice("--size", self.size.is_some(), &[MobileBlnet]),
            choice("--no-little", self.no_little, &[MobileBlnet]),
            choice("--stem", self.stem.is_some(), &[Elnet]),
            choice("--stages", self.stages.is_some(), &[Elnet]),
            choice("--groups", self.groups.is_some(), &[Elnet]),
            choice("--no-shuffle", self.no_shuffle, &[Elnet]),
        ]
        .into_iter()
        .filter(|choice| choice.given)
    }
}

/// What may be chosen of a network.
struct Choice {
    /// The option that chooses it.
    option: &'static str,
    /// Whether the command line has it.
    given: bool,
    /// The families that have such a choice.
    families: &'static [Family],
}

impl Family {
    /// The option that chooses the family.
    fn option(self) -> String {
        let value = self.to_possible_value().expect("no family is hidden");
        format!("--net {}", value.get_name())
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
