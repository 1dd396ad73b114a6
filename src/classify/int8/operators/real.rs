//! Small vectors and maps of real numbers, and the way from bytes to them and back.

use crate::classify::int8::requant::Range;

/// A number for each byte.
pub(in crate::classify::int8) type RealTable = [f32; 256];

/// A function of one number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::classify::int8) enum Function {
    /// The logistic function.
    Sigmoid,
    /// Times a constant.
    Times(f32),
    /// Divided by a constant.
    DividedBy(f32),
    /// Plus a constant.
    Plus(f32),
    /// At least a constant.
    AtLeast(f32),
    /// At most a constant.
    AtMost(f32),
    /// Times a constant, where it is below zero.
    Leaky(f32),
    /// `x * clamp(x / 6 + 1 / 2, 0, 1)`.
    HardSwish,
}

impl Function {
    /// Its value.
    pub fn of(self, x: f32) -> f32 {
        match self {
            Self::Sigmoid => sigmoid(x),
            Self::Times(factor) => x * factor,
            Self::DividedBy(divisor) => x / divisor,
            Self::Plus(term) => x + term,
            Self::AtLeast(least) => x.max(least),
            Self::AtMost(most) => x.min(most),
            Self::Leaky(slope) if x < 0.0 => x * slope,
            Self::Leaky(_) => x,
            Self::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        }
    }
}

/// The logistic function, the same to the last bit on every processor: the exponential is not taken
/// from the system's library, whose last bits differ from one processor to the next.
fn sigmoid(x: f32) -> f32 {
    (1.0 / (1.0 + libm::exp(-f64::from(x)))) as f32
}

/// A function of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::classify::int8) enum Combination {
    /// Their sum.
    Sum,
    /// Their product.
    Product,
}

impl Combination {
    /// Its value.
    pub fn of(self, a: f32, b: f32) -> f32 {
        match self {
            Self::Sum => a + b,
            Self::Product => a * b,
        }
    }
}

/// Quantises: `number / scale`, rounded, plus the zero point.
#[derive(Debug)]
pub(in crate::classify::int8) struct Quantise {
    /// The step.
    pub scale: f32,
    /// The result's zero point and limits.
    pub range: Range,
}

impl Quantise {
    /// Quantises `input`.
    pub fn run(&self, input: &[f32], out: &mut [i8]) {
        for (out, value) in out.iter_mut().zip(input) {
            *out = self.range.byte(value / self.scale);
        }
    }
}

/// Joins maps of the same size, pixel by pixel. `channels` are those of each input.
pub(in crate::classify::int8) fn join<'a>(
    channels: &[usize],
    inputs: impl Iterator<Item = &'a [f32]>,
    out: &mut [f32],
) {
    let all: usize = channels.iter().sum();
    let mut begin = 0;
    for (input, channels) in inputs.zip(channels) {
        let pixels = input.chunks_exact(*channels);
        for (out, input) in out.chunks_exact_mut(all).zip(pixels) {
            out[begin..begin + channels].copy_from_slice(input);
        }
        begin += channels;
    }
}
