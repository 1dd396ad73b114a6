//! Pictures that are the same, and pictures that look the same.
//!
//! Every picture is compared with every other: ten thousand are fifty million comparisons of 64 bits,
//! a fraction of a second.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::fingerprint::Distance;
use super::survey::{Look, Seen};

/// Two pictures that look the same and are not, as places in the survey; the first is the lower.
#[derive(Debug, Clone, Copy)]
pub struct Near {
    /// The one.
    pub first: usize,
    /// The other.
    pub second: usize,
    /// How far apart they are.
    pub distance: Distance,
}

/// Groups of at least two pictures with the same pixels, as ascending places in the survey.
#[must_use]
pub fn same(seen: &[Seen]) -> Vec<Vec<usize>> {
    let mut by_pixels: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, look) in readable(seen) {
        by_pixels
            .entry(&look.pixels_sha256)
            .or_default()
            .push(place);
    }
    let mut groups: Vec<Vec<usize>> = by_pixels
        .into_values()
        .filter(|group| group.len() > 1)
        .collect();
    groups.sort();
    groups
}

/// Every pair that looks the same without having the same pixels.
#[must_use]
pub fn near(seen: &[Seen]) -> Vec<Near> {
    let readable: Vec<(usize, &Look)> = readable(seen).collect();
    readable
        .par_iter()
        .enumerate()
        .flat_map_iter(|(number, &(first, look))| {
            readable[number + 1..]
                .iter()
                .filter(move |(_, other)| other.pixels_sha256 != look.pixels_sha256)
                .filter_map(move |&(second, other)| {
                    let distance = look.fingerprint.near(&other.fingerprint)?;
                    Some(Near {
                        first,
                        second,
                        distance,
                    })
                })
        })
        .collect()
}

/// Groups of pictures that hang together by `pairs`, as ascending places.
#[must_use]
pub fn groups(pairs: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut parents: BTreeMap<usize, usize> = BTreeMap::new();
    for (first, second) in pairs {
        let (one, other) = (head(&mut parents, first), head(&mut parents, second));
        parents.insert(one.max(other), one.min(other));
    }
    let members: Vec<usize> = parents.keys().copied().collect();
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in members {
        groups
            .entry(head(&mut parents, place))
            .or_default()
            .push(place);
    }
    groups.into_values().collect()
}

/// The lowest member of the group that `place` belongs to; a stranger founds a group.
fn head(parents: &mut BTreeMap<usize, usize>, place: usize) -> usize {
    let mut at = place;
    loop {
        let parent = *parents.entry(at).or_insert(at);
        if parent == at {
            break;
        }
        at = parent;
    }
    // The way is made short for the next who asks.
    parents.insert(place, at);
    at
}

fn readable(seen: &[Seen]) -> impl Iterator<Item = (usize, &Look)> {
    seen.iter()
        .enumerate()
        .filter_map(|(place, file)| Some((place, file.look.as_ref().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_together_is_one_group() {
        let pairs = [(4, 9), (1, 2), (2, 4), (6, 7)];
        let found = groups(pairs.into_iter());
        assert_eq!(found, [vec![1, 2, 4, 9], vec![6, 7]]);
        assert!(groups(std::iter::empty()).is_empty());
    }
}
