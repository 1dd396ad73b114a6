//! Which instructions the kernels may use.

use std::fmt;
use std::str::FromStr;

/// A set of kernels. All of them give the same results, bit for bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Plain Rust: the reference, and what runs on armv6 and armv7.
    Portable,
    /// x86-64 with AVX2.
    Avx2,
    /// x86-64 with AVX-512 (F, BW, VL) and its dot products (VNNI).
    Avx512Vnni,
    /// aarch64 without dot products: Cortex-A53 and A72 (Pi Zero 2 W, 3, 4).
    Neon,
    /// aarch64 with dot products: Cortex-A76 (Pi 5).
    NeonDotprod,
}

impl Backend {
    /// All of them, the slowest first.
    pub const ALL: [Self; 5] = [
        Self::Portable,
        Self::Avx2,
        Self::Avx512Vnni,
        Self::Neon,
        Self::NeonDotprod,
    ];

    /// Those that this processor can run, the slowest first.
    #[must_use]
    pub fn available() -> impl DoubleEndedIterator<Item = Self> {
        Self::ALL.into_iter().filter(|backend| backend.runs_here())
    }

    /// The fastest that this processor can run.
    #[must_use]
    pub fn best() -> Self {
        Self::available().next_back().unwrap_or(Self::Portable)
    }

    /// Whether this processor has the instructions.
    #[must_use]
    pub fn runs_here(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(target_arch = "aarch64")]
            Self::Neon => true,
            #[cfg(target_arch = "aarch64")]
            Self::NeonDotprod => std::arch::is_aarch64_feature_detected!("dotprod"),
            _ => false,
        }
    }

    /// Its name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512Vnni => "avx512-vnni",
            Self::Neon => "neon",
            Self::NeonDotprod => "neon-dotprod",
        }
    }
}

/// How the kernels want their weights; see [`packing`](super::super::packing).
impl Backend {
    /// The kernels that can take `weights`. Those that add pairs of products in 16 bits cannot take
    /// -128, which symmetric quantisation never uses.
    pub(in crate::classify::int8) fn for_weights(self, weights: &[i8]) -> Self {
        let pairs = matches!(self, Self::Avx2 | Self::Neon | Self::NeonDotprod);
        if pairs && weights.contains(&i8::MIN) {
            Self::Portable
        } else {
            self
        }
    }

    /// Bytes of a run that a kernel takes in one step.
    pub(in crate::classify::int8) fn gemm_depth(self) -> usize {
        match self {
            Self::Portable => 1,
            Self::Neon => 16,
            Self::Avx2 | Self::Avx512Vnni | Self::NeonDotprod => 4,
        }
    }

    /// Places for output channels in the next chunk, when `left` channels are left.
    pub(in crate::classify::int8) fn gemm_lanes(self, left: usize) -> usize {
        match self {
            Self::NeonDotprod => 8,
            Self::Portable | Self::Avx2 => 16,
            Self::Avx512Vnni => match left {
                0..=16 => 16,
                17..=48 => 32,
                _ => 64,
            },
            Self::Neon => 4,
        }
    }

    /// The channel, within its chunk of `lanes`, that a lane computes. On x86 this is the order that
    /// narrowing several vectors into one undoes.
    pub(in crate::classify::int8) fn gemm_channel(self, lanes: usize, lane: usize) -> usize {
        let vector = match self {
            Self::Avx2 => 8,
            Self::Avx512Vnni => 16,
            Self::Portable | Self::Neon | Self::NeonDotprod => return lane,
        };
        let (in_vector, quarter, of_four) = (lane / vector, lane % vector / 4, lane % 4);
        lanes / vector * 4 * quarter + 4 * in_vector + of_four
    }

    /// What the matrix kernel adds to each input, since its instruction wants it without a sign.
    pub(in crate::classify::int8) fn input_move(self) -> i32 {
        match self {
            Self::Avx512Vnni => 128,
            Self::Portable | Self::Avx2 | Self::Neon | Self::NeonDotprod => 0,
        }
    }

    /// Channels that a depthwise kernel computes together.
    pub(in crate::classify::int8) fn depthwise_lanes(self) -> usize {
        match self {
            Self::Portable | Self::Avx2 | Self::Neon | Self::NeonDotprod => 16,
            Self::Avx512Vnni => 32,
        }
    }

    /// The order of a block's weights: tap and lane, one after the other. On x86 two taps of a channel
    /// lie side by side, and each block holds the first four channels of each eight before the others.
    pub(in crate::classify::int8) fn depthwise_order(
        self,
        taps: usize,
    ) -> impl Iterator<Item = (usize, usize)> {
        let lanes = self.depthwise_lanes();
        let paired = matches!(self, Self::Avx2 | Self::Avx512Vnni);
        let side_by_side = if paired { 2 } else { 1 };
        (0..taps.div_ceil(side_by_side)).flat_map(move |step| {
            (0..lanes).flat_map(move |place| {
                let lane = self.depthwise_channel(place);
                (0..side_by_side).map(move |side| (step * side_by_side + side, lane))
            })
        })
    }

    /// The channel, within its block, whose sum has this place.
    pub(in crate::classify::int8) fn depthwise_channel(self, place: usize) -> usize {
        let half = match self {
            Self::Avx2 => 8,
            Self::Avx512Vnni => 16,
            Self::Portable | Self::Neon | Self::NeonDotprod => return place,
        };
        let (upper, quarter, of_four) = (place / half, place % half / 4, place % 4);
        8 * quarter + 4 * upper + of_four
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Backend {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|backend| backend.name() == name)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("there is no backend \"{name}\"; there are {names}")
            })
    }
}
