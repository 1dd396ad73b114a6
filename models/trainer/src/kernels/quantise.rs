//! Fake quantisation: what an integer network would see, with the gradient passed straight through.

#![allow(
    clippy::inline_always,
    reason = "the loops are compiled for the processor's vectors where they are inlined"
)]

use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::buffers;
use super::operator::Operator;
use super::planes::{PART, shape, values};
use super::vectors::wide;

/// The operator.
#[derive(Debug, Clone, Copy)]
pub struct FakeQuantise {
    /// The step from one integer to the next.
    pub scale: f32,
    /// The integer that stands for 0.
    pub zero_point: f32,
    /// The smallest integer.
    pub low: f32,
    /// The largest integer.
    pub high: f32,
}

impl FakeQuantise {
    /// The integer before it is clamped.
    #[inline(always)]
    fn integer(self, value: f32) -> f32 {
        (value / self.scale).round_ties_even() + self.zero_point
    }

    #[inline(always)]
    fn value(self, value: f32) -> f32 {
        let integer = self.integer(value);
        // Asked this way round, what is not a number stays so.
        let integer = if integer < self.low {
            self.low
        } else {
            integer
        };
        let integer = if integer > self.high {
            self.high
        } else {
            integer
        };
        (integer - self.zero_point) * self.scale
    }

    #[inline(always)]
    fn slope(self, value: f32, gradient: f32) -> f32 {
        let integer = self.integer(value);
        if integer >= self.low && integer <= self.high {
            gradient
        } else {
            0.0
        }
    }
}

impl Operator<1> for FakeQuantise {
    type Kept = ();

    fn forward(&self, [known]: [&FlexTensor; 1]) -> (FlexTensor, ()) {
        let numbers = values(known);
        let mut result = buffers::take(numbers.len());
        result
            .par_chunks_mut(PART)
            .zip(numbers.par_chunks(PART))
            .for_each(|(result, numbers)| {
                wide(
                    #[inline(always)]
                    || {
                        for (result, &number) in result.iter_mut().zip(numbers) {
                            *result = self.value(number);
                        }
                    },
                );
            });
        (buffers::tensor(result, shape::<4>(known)), ())
    }

    fn backward(
        &self,
        [known]: [&FlexTensor; 1],
        (): &(),
        mut gradient: FlexTensor,
        _wanted: [bool; 1],
    ) -> [Option<FlexTensor>; 1] {
        gradient
            .storage_mut::<f32>()
            .par_chunks_mut(PART)
            .zip(values(known).par_chunks(PART))
            .for_each(|(slopes, numbers)| {
                wide(
                    #[inline(always)]
                    || {
                        for (slope, &number) in slopes.iter_mut().zip(numbers) {
                            *slope = self.slope(number, *slope);
                        }
                    },
                );
            });
        [Some(gradient)]
    }
}
