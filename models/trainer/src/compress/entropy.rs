//! What a network's weights weigh once they are coded by how often each value occurs.
//!
//! Deep Compression (Han et al. 2015, arXiv 1510.00149) codes quantised weights with Huffman's code;
//! here the size is the one that such a code has, built for each layer's weights anew, with its table counted.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Bytes of quantised weights under a Huffman code of its own, rounded up. The table is a byte
/// for the value and a byte for the length of its code.
#[must_use]
pub fn coded_bytes(values: &[i8]) -> usize {
    let mut counts: BTreeMap<i8, u64> = BTreeMap::new();
    for &value in values {
        *counts.entry(value).or_default() += 1;
    }
    let table = 2 * counts.len();
    (huffman_bits(counts.values().copied()) as usize).div_ceil(8) + table
}

/// The bits that all values take together: the sum of what is joined, join after join, is the sum
/// of count times length.
fn huffman_bits(counts: impl Iterator<Item = u64>) -> u64 {
    let mut heap: BinaryHeap<Reverse<u64>> = counts.map(Reverse).collect();
    if heap.len() == 1 {
        // One value alone still needs a bit each time, since a code has no empty words.
        return heap.pop().map_or(0, |Reverse(count)| count);
    }
    let mut bits = 0;
    while let (Some(Reverse(a)), Some(Reverse(b))) = (heap.pop(), heap.pop()) {
        bits += a + b;
        if heap.is_empty() {
            break;
        }
        heap.push(Reverse(a + b));
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_values_take_fewer_bits() {
        // Counts 4, 2, 1, 1 have the lengths 1, 2, 3, 3: 14 bits, 2 bytes, and a table of 8.
        assert_eq!(coded_bytes(&[0, 0, 0, 0, 1, 1, 2, 3]), 2 + 8);
    }

    #[test]
    fn zeros_alone_take_a_bit_each() {
        assert_eq!(coded_bytes(&[0; 80]), 10 + 2);
        assert_eq!(coded_bytes(&[]), 0);
    }

    #[test]
    fn eight_bits_are_never_exceeded_by_much() {
        let all: Vec<i8> = (-127..=127).cycle().take(255 * 20).collect();
        assert!(coded_bytes(&all) <= all.len() + 2 * 255);
    }
}
