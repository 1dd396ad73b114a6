//! Rounding, as the integer engine defines it. Every operation on `f32` rounds once, in the order in
//! which it stands.

use crate::quantise::Quantisation;

/// Far beyond every byte; what lies farther is held here.
const BEYOND: f32 = 65_536.0;

/// A scaled number as an integer, halves to the even one.
pub fn whole(value: f32) -> i32 {
    value.clamp(-BEYOND, BEYOND).round_ties_even() as i32
}

/// A scaled number as a byte.
pub fn byte(value: f32, zero_point: i8) -> i8 {
    held(whole(value), zero_point)
}

/// An integer as a byte.
pub fn held(value: i32, zero_point: i8) -> i8 {
    (value + i32::from(zero_point)).clamp(-128, 127) as i8
}

/// A real number as a byte.
pub fn quantised(real: f32, quantisation: Quantisation) -> i8 {
    byte(real / quantisation.scale, quantisation.zero_point)
}

/// A byte less the zero point.
pub fn centred(byte: i8, quantisation: Quantisation) -> f32 {
    f32::from(i16::from(byte) - i16::from(quantisation.zero_point))
}

/// The real number that a byte means.
pub fn real(byte: i8, quantisation: Quantisation) -> f32 {
    centred(byte, quantisation) * quantisation.scale
}

/// The logistic function.
pub fn sigmoid(value: f32) -> f32 {
    (1.0 / (1.0 + (-f64::from(value)).exp())) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_to_the_even_byte_and_what_is_beyond_saturates() {
        assert_eq!(
            [0.5, 1.5, 2.5, -0.5].map(|half| byte(half, 0)),
            [0, 2, 2, 0]
        );
        assert_eq!([1e9, -1e9].map(|far| byte(far, 7)), [127, -128]);
    }
}
