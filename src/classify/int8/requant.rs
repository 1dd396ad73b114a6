//! How sums become bytes again: the one definition of rounding.
//!
//! A sum of products is an exact 32-bit integer. It is converted to `f32`, multiplied with the real
//! factor of its channel, rounded to the nearest integer (halves to the even one), moved by the zero
//! point and held within the limits. Each of these operations is defined to the last bit by IEEE 754,
//! so every backend that performs them in this order gives the same bytes; it is also what ONNX
//! Runtime's quantised convolution does.

/// Adding this to an `f32` of magnitude below 2²² leaves the number, rounded to even, in the low
/// bits of the sum. Unlike `round_ties_even` it is a vector instruction on every processor.
const MAGIC: f32 = 12_582_912.0;

/// Far beyond every byte, and within what [`MAGIC`] can round.
const BEYOND: f32 = 65_536.0;

/// What sums may reach after scaling, so that no backend's conversion to integers overflows.
const LARGEST: f32 = 1e9;

/// Rounds to the nearest integer, halves to the even one; what is far beyond a byte stays so, and what
/// is no number becomes the lowest: its bits differ from processor to processor.
#[inline]
pub(super) fn round(value: f32) -> i32 {
    let held = if value > -BEYOND { value } else { -BEYOND };
    let held = if held < BEYOND { held } else { BEYOND };
    (held + MAGIC).to_bits().cast_signed() - MAGIC.to_bits().cast_signed()
}

/// Where the output's zero lies, and what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    /// The byte that stands for zero.
    pub zero: i8,
    /// The lowest byte that may come out: a fused activation may narrow it.
    pub low: i8,
    /// The highest one.
    pub high: i8,
}

impl Range {
    /// All bytes.
    pub const fn full(zero: i8) -> Self {
        Self {
            zero,
            low: i8::MIN,
            high: i8::MAX,
        }
    }

    /// The byte for a scaled sum.
    #[inline]
    pub fn byte(self, scaled: f32) -> i8 {
        (round(scaled) + i32::from(self.zero)).clamp(i32::from(self.low), i32::from(self.high))
            as i8
    }
}

/// Biases and factors of a layer's output channels, with the range of its output.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Requant {
    /// What the sums begin with: the bias, less the weights' sum times the input's zero point.
    pub bias: Vec<i32>,
    /// Input scale times weight scale by output scale, of each channel.
    pub scale: Vec<f32>,
    /// The output.
    pub range: Range,
}

impl Requant {
    /// Makes the sums of `weights` (one slice a channel) over inputs with zero point `input_zero`
    /// into bytes.
    ///
    /// # Errors
    /// A factor is not a positive number, or a sum could leave 32 bits.
    pub fn new<'w>(
        weights: impl Iterator<Item = &'w [i8]>,
        bias: &[i32],
        scale: Vec<f32>,
        input_zero: i8,
        range: Range,
    ) -> Result<Self, String> {
        let mut folded = Vec::with_capacity(scale.len());
        for (channel, weights) in weights.enumerate() {
            let (sum, reach) = sum_and_reach(weights);
            let start = i64::from(bias[channel]) - sum * i64::from(input_zero);
            // AVX-512 multiplies inputs that are moved by 128, which the second sum accounts for.
            if start.abs() + sum.abs() * 128 + 2 * reach > i64::from(i32::MAX) {
                return Err(format!("the sums of channel {channel} may leave 32 bits"));
            }
            let factor = scale[channel];
            let positive = factor.is_finite() && factor > 0.0;
            if !positive || (start.abs() + reach) as f32 * factor > LARGEST {
                return Err(format!("the scale of channel {channel} is {factor}"));
            }
            folded.push(start as i32);
        }
        Ok(Self {
            bias: folded,
            scale,
            range,
        })
    }
}

/// The sum of weights, and the most that their products with bytes can sum up to.
fn sum_and_reach(weights: &[i8]) -> (i64, i64) {
    /// So many bytes have a sum of 32 bits, which is quicker to add up than one of 64.
    const PART: usize = 1 << 16;
    let (mut sum, mut size) = (0, 0);
    for part in weights.chunks(PART) {
        sum += i64::from(part.iter().map(|weight| i32::from(*weight)).sum::<i32>());
        let sizes = part.iter().map(|weight| i32::from(*weight).abs());
        size += i64::from(sizes.sum::<i32>());
    }
    (sum, 128 * size)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Range, round};

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let rounded = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5].map(round);
        assert_eq!(rounded, [-2, -2, 0, 0, 2, 2]);
    }

    #[test]
    fn what_is_far_away_ends_at_the_limits() {
        let range = Range {
            zero: 3,
            low: -100,
            high: 90,
        };
        assert_eq!(range.byte(1e30), 90);
        assert_eq!(range.byte(-1e30), -100);
        assert_eq!(range.byte(0.0), 3);
        assert_eq!(
            [f32::NAN, -f32::NAN].map(|value| range.byte(value)),
            [-100; 2]
        );
    }

    proptest! {
        #[test]
        fn rounds_like_ieee(value in -60_000.0_f32..60_000.0) {
            prop_assert_eq!(round(value), value.round_ties_even() as i32);
        }
    }
}
