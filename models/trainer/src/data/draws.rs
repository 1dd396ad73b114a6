//! Which photographs an epoch shows: a fixed number of draws, in which each photograph comes as
//! often as its weight says.

use crate::rng::Rng;

/// `count` places in `weights`, in random order. A photograph whose share of the draws is 2.3 comes
/// twice or three times, and 2.3 times on average over the epochs: the photographs are laid end to
/// end in random order, each as long as its weight, and a comb with `count` evenly spaced teeth is
/// laid over them (systematic sampling, Madow 1949). With equal weights and as many draws as
/// photographs, each comes once.
#[must_use]
pub fn draw(weights: &[f64], count: usize, rng: &mut Rng) -> Vec<usize> {
    let sum: f64 = weights.iter().sum();
    let spacing = sum / count as f64;
    let first = f64::from(rng.unit());
    let mut drawn = Vec::with_capacity(count);
    let mut reached = 0.0;
    for place in rng.order(weights.len()) {
        reached += weights[place];
        // The teeth number so far, from their positions (first + number) * spacing.
        while drawn.len() < count && (first + drawn.len() as f64) * spacing < reached {
            drawn.push(place);
        }
    }
    let shuffled = rng.order(drawn.len());
    shuffled.into_iter().map(|place| drawn[place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    fn counts(weights: &[f64], draws: usize, epoch: u64) -> Vec<usize> {
        let mut counts = vec![0; weights.len()];
        for place in draw(weights, draws, &mut Rng::new(1, Purpose::Order, epoch, 0)) {
            counts[place] += 1;
        }
        counts
    }

    #[test]
    fn equal_weights_show_each_photograph_once() {
        assert_eq!(counts(&[0.3; 57], 57, 0), [1; 57]);
        assert_eq!(counts(&[1.0; 57], 114, 3), [2; 57]);
    }

    #[test]
    fn a_weight_is_kept_on_average_and_nearly_in_each_epoch() {
        let weights = [0.25, 1.0, 2.0, 0.75, 1.0];
        let mut sums = [0; 5];
        for epoch in 0..4000 {
            let counts = counts(&weights, 5, epoch);
            assert_eq!(counts.iter().sum::<usize>(), 5);
            for (place, count) in counts.into_iter().enumerate() {
                assert!((count as f64 - weights[place]).abs() < 1.0);
                sums[place] += count;
            }
        }
        for (sum, weight) in sums.into_iter().zip(weights) {
            assert!(
                (f64::from(sum as u32) / 4000.0 - weight).abs() < 0.03,
                "{sums:?}"
            );
        }
    }
}
