//! Loops over slices, compiled for the widest vectors that this processor has.
//!
//! They multiply and add in two steps and sum in a fixed order, so that all widths give the same
//! bits.

#![allow(
    clippy::inline_always,
    reason = "a loop is compiled for the processor's vectors only where it is inlined into `wide`"
)]

use pulp::Arch;

/// In how many partial sums a long sum is kept.
pub const LANES: usize = 16;

/// Partial sums.
pub type Lanes = [f32; LANES];

/// Runs `body`, compiled for the widest vectors there are. Only what is inlined into it profits, so
/// both the closure and what it calls are `#[inline(always)]`.
#[inline]
pub fn wide<R>(body: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(body)
}

/// The sum of partial sums.
#[inline(always)]
pub fn total(lanes: &Lanes) -> f32 {
    lanes.iter().sum()
}

/// Adds up `value` of each pair of numbers in the lanes.
#[inline(always)]
pub fn sum_pairs<const N: usize>(
    sums: &mut [Lanes; N],
    left: &[f32],
    right: &[f32],
    value: impl Fn(f32, f32) -> [f32; N],
) {
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    // A copy that no reference leads to, and all terms before all additions: only so does the
    // compiler keep the sums in vector registers.
    let mut running = *sums;
    for (left, right) in left.iter().zip(right) {
        let mut terms = [[0.0; LANES]; N];
        for lane in 0..LANES {
            let values = value(left[lane], right[lane]);
            for (terms, value) in terms.iter_mut().zip(values) {
                terms[lane] = value;
            }
        }
        for (running, terms) in running.iter_mut().zip(&terms) {
            running
                .iter_mut()
                .zip(terms)
                .for_each(|(sum, term)| *sum += term);
        }
    }
    *sums = running;
    for (lane, (&left, &right)) in left_rest.iter().zip(right_rest).enumerate() {
        for (sum, value) in sums.iter_mut().zip(value(left, right)) {
            sum[lane] += value;
        }
    }
}

/// Adds the sum of products to the lanes.
#[inline(always)]
pub fn dot(sums: &mut Lanes, left: &[f32], right: &[f32]) {
    sum_pairs(std::array::from_mut(sums), left, right, |left, right| {
        [left * right]
    });
}

/// into\[i\] = Σ weight·values\[start + i\] over the starts and their weights.
#[inline(always)]
pub fn weigh(into: &mut [f32], values: &[f32], starts: &[usize], weights: &[f32]) {
    into.fill(0.0);
    // Nine at a time: a 3×3 kernel is done in one pass, and its sums never leave the registers. Four
    // and two are what stride 2 leaves of it on the way back.
    let (nines, starts) = starts.as_chunks::<9>();
    let (nine_weights, weights) = weights.as_chunks::<9>();
    for (starts, weights) in nines.iter().zip(nine_weights) {
        weigh_some(into, values, starts, weights);
    }
    let (fours, starts) = starts.as_chunks::<4>();
    let (four_weights, weights) = weights.as_chunks::<4>();
    for (starts, weights) in fours.iter().zip(four_weights) {
        weigh_some(into, values, starts, weights);
    }
    let (twos, starts) = starts.as_chunks::<2>();
    let (two_weights, weights) = weights.as_chunks::<2>();
    for (starts, weights) in twos.iter().zip(two_weights) {
        weigh_some(into, values, starts, weights);
    }
    for (start, weight) in starts.iter().zip(weights) {
        weigh_some(into, values, &[*start], &[*weight]);
    }
}

#[inline(always)]
fn weigh_some<const N: usize>(
    into: &mut [f32],
    values: &[f32],
    starts: &[usize; N],
    weights: &[f32; N],
) {
    let count = into.len();
    let shifted: [&[f32]; N] = starts.map(|start| &values[start..][..count]);
    for (at, into) in into.iter_mut().enumerate() {
        let mut sum = *into;
        for (values, weight) in shifted.iter().zip(weights) {
            sum += weight * values[at];
        }
        *into = sum;
    }
}

/// sums\[j\] += Σ run\[i\]·values\[starts\[j\] + i\], lane by lane. The run is whole vectors long.
#[inline(always)]
pub fn correlate(sums: &mut [Lanes], run: &[f32], values: &[f32], starts: &[usize]) {
    let (nines, starts) = starts.as_chunks::<9>();
    let (nine_sums, sums) = sums.as_chunks_mut::<9>();
    for (sums, starts) in nine_sums.iter_mut().zip(nines) {
        correlate_some(sums, run, values, starts);
    }
    for (sums, start) in sums.iter_mut().zip(starts) {
        correlate_some(std::array::from_mut(sums), run, values, &[*start]);
    }
}

#[inline(always)]
fn correlate_some<const N: usize>(
    sums: &mut [Lanes; N],
    run: &[f32],
    values: &[f32],
    starts: &[usize; N],
) {
    let shifted: [&[Lanes]; N] =
        starts.map(|start| values[start..][..run.len()].as_chunks::<LANES>().0);
    let mut running = *sums;
    for (at, run) in run.as_chunks::<LANES>().0.iter().enumerate() {
        let mut terms = [[0.0; LANES]; N];
        for (terms, values) in terms.iter_mut().zip(&shifted) {
            for lane in 0..LANES {
                terms[lane] = run[lane] * values[at][lane];
            }
        }
        for (running, terms) in running.iter_mut().zip(&terms) {
            running
                .iter_mut()
                .zip(terms)
                .for_each(|(sum, term)| *sum += term);
        }
    }
    *sums = running;
}
