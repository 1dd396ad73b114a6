//! The range of an activation, and the scale and zero point that follow from it.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// Ranges of one node: its result's first, then those of activations inside it (see
/// [`super::FakeQuantiser`]).
pub const SLOTS: usize = 4;

/// How much of a known range each batch replaces.
const MOMENTUM: f32 = 0.05;

/// The least width of a range: that of a feature map that is all zeros, so that it is known to have been seen.
const NARROWEST: f32 = 1e-6;

/// The least width that a scale is made for. The hidden activations of an attention can be all zeros; were the scale made
/// for their range, the factor from the sums before them would be larger than the daemon's kernels take.
const LEAST_QUANTISED: f32 = 1e-2;

/// The smallest and the largest value of an activation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Smallest, at most 0.
    pub low: f32,
    /// Largest, at least 0.
    pub high: f32,
}

/// Scale and zero point of a quantised activation: a value is `(byte − zero_point) · scale`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantisation {
    /// The scale.
    pub scale: f32,
    /// The byte that means zero.
    pub zero_point: i8,
}

impl Quantisation {
    /// That of pictures: `pixel − 128`, with the scale 1/128.
    pub const PICTURE: Self = Self {
        scale: 1.0 / 128.0,
        zero_point: 0,
    };
}

impl Range {
    /// The range of a feature map, widened to contain zero, and never empty: one that is all
    /// zeros was seen nevertheless.
    #[must_use]
    pub fn of<const D: usize>(map: &Tensor<D>) -> Self {
        let map = map.clone().detach();
        let low = map.clone().min().into_scalar::<f32>();
        let high = map.max().into_scalar::<f32>();
        Self {
            low: low.min(0.0),
            high: high.max(NARROWEST),
        }
    }

    /// The quantisation that divides the range into 255 parts; one of its values is zero.
    #[must_use]
    pub fn quantisation(self) -> Quantisation {
        let width = (self.high - self.low).max(LEAST_QUANTISED);
        let scale = width / 255.0;
        let zero = (-128.0 - self.low / scale)
            .round_ties_even()
            .clamp(-128.0, 127.0);
        Quantisation {
            scale,
            zero_point: zero as i8,
        }
    }

    fn followed_by(self, next: Self) -> Self {
        let blend = |old: f32, new: f32| old + MOMENTUM * (new - old);
        Self {
            low: blend(self.low, next.low),
            high: blend(self.high, next.high),
        }
    }
}

/// The ranges of all nodes of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ranges(Vec<[Option<Range>; SLOTS]>);

impl Ranges {
    /// Nothing seen yet.
    #[must_use]
    pub fn unseen(nodes: usize) -> Self {
        Self(vec![[None; SLOTS]; nodes])
    }

    /// One range of a node, if it was seen.
    #[must_use]
    pub fn at(&self, place: usize, slot: usize) -> Option<Range> {
        self.0.get(place).and_then(|node| node[slot])
    }

    /// The quantisation of one slot of a node.
    #[must_use]
    pub fn quantisation(&self, place: usize, slot: usize) -> Option<Quantisation> {
        self.at(place, slot).map(Range::quantisation)
    }

    /// Whether anything was seen.
    #[must_use]
    pub fn any(&self) -> bool {
        self.0.iter().flatten().any(Option::is_some)
    }

    /// Moves a range towards what a batch shows; takes it over where nothing was seen before.
    pub fn follow(&mut self, place: usize, slot: usize, batch: Range) {
        let known = &mut self.0[place][slot];
        *known = Some(known.map_or(batch, |known| known.followed_by(batch)));
    }

    /// All bounds in a row, for a tensor; zeros where nothing was seen.
    #[must_use]
    pub fn flat(&self) -> Vec<f32> {
        let numbers =
            |range: &Option<Range>| range.map_or([0.0; 2], |range| [range.low, range.high]);
        self.0.iter().flatten().flat_map(numbers).collect()
    }

    /// Reads what [`Self::flat`] gave.
    #[must_use]
    pub fn from_flat(numbers: &[f32]) -> Self {
        let range = |pair: &[f32]| {
            let (low, high) = (pair[0], pair[1]);
            (low < 0.0 || high > 0.0).then_some(Range { low, high })
        };
        let (nodes, _) = numbers.as_chunks::<{ 2 * SLOTS }>();
        Self(
            nodes
                .iter()
                .map(|node| std::array::from_fn(|slot| range(&node[2 * slot..][..2])))
                .collect(),
        )
    }

    /// The ranges of the nodes at `places`, in that order.
    #[must_use]
    pub fn picked(&self, places: &[usize]) -> Self {
        Self(places.iter().map(|&place| self.0[place]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_a_quantised_value_and_a_range_above_zero_begins_at_the_least_byte() {
        assert_eq!(
            Range {
                low: 0.0,
                high: 6.0
            }
            .quantisation()
            .zero_point,
            -128
        );
        let both = Range {
            low: -1.0,
            high: 3.0,
        }
        .quantisation();
        assert_eq!(both.zero_point, -64);
        assert!((both.scale - 4.0 / 255.0).abs() < 1e-9);
    }

    #[test]
    fn a_feature_map_of_zeros_was_seen() {
        let zeros = Tensor::<2>::zeros([2, 3], &burn::tensor::Device::flex());
        let mut ranges = Ranges::unseen(1);
        ranges.follow(0, 0, Range::of(&zeros));
        let again = Ranges::from_flat(&ranges.flat());
        let quantisation = again.quantisation(0, 0).unwrap();
        assert_eq!(quantisation.zero_point, -128);
        assert!(quantisation.scale > 1e-5, "{quantisation:?}");
    }

    #[test]
    fn ranges_survive_as_numbers() {
        let mut ranges = Ranges::unseen(3);
        ranges.follow(
            1,
            0,
            Range {
                low: -2.0,
                high: 1.0,
            },
        );
        ranges.follow(
            2,
            3,
            Range {
                low: 0.0,
                high: 5.0,
            },
        );
        assert_eq!(Ranges::from_flat(&ranges.flat()), ranges);
        assert!(ranges.any() && !Ranges::unseen(3).any());
    }

    #[test]
    fn the_first_batch_is_taken_over_and_later_ones_move_it_slowly() {
        let mut ranges = Ranges::unseen(1);
        ranges.follow(
            0,
            0,
            Range {
                low: 0.0,
                high: 4.0,
            },
        );
        ranges.follow(
            0,
            0,
            Range {
                low: -1.0,
                high: 8.0,
            },
        );
        let range = ranges.at(0, 0).unwrap();
        assert!(
            (range.low + 0.05).abs() < 1e-6 && (range.high - 4.2).abs() < 1e-6,
            "{range:?}"
        );
    }
}
