//! What the latest looks at an item say together.

use super::BinScores;

/// The latest looks at the item that is being watched, the oldest falling out.
///
/// A network that is shown an item in several ways errs in several ways: the mean of what it says of the item is right
/// more often than one look, and sure less often where it is wrong. Whether there is an item at all, only a look at
/// the whole region can say: what is seen near by, of a plain board or of cardboard, is alike.
#[derive(Debug)]
pub struct Evidence {
    /// Each as if it were certain that there is an item.
    looks: Vec<BinScores>,
    window: usize,
    /// Looks at this item so far.
    count: usize,
    /// Confidence that nothing is there, of the latest look at the whole region.
    empty: f32,
}

impl Evidence {
    /// Of no look yet, and of the latest `window` later.
    #[must_use]
    pub fn new(window: usize) -> Self {
        let window = window.max(1);
        Self {
            looks: Vec::with_capacity(window),
            window,
            count: 0,
            empty: 0.0,
        }
    }

    /// Looks at this item so far.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Adds a look, and says what it and those before it say together. `whole` tells whether it showed the whole region;
    /// the first must.
    pub fn add(&mut self, look: &BinScores, whole: bool) -> BinScores {
        let of_item = look.given_an_item();
        if self.looks.len() < self.window {
            self.looks.push(of_item);
        } else {
            self.looks[self.count % self.window] = of_item;
        }
        self.count += 1;
        if whole {
            self.empty = look.empty().value();
        }
        BinScores::mean(&self.looks, look, self.empty)
    }

    /// Forgets all looks unless the item is still being watched: they say nothing of the next one, nor of whether a
    /// light that is on is still right.
    pub fn keep_while(&mut self, watching: bool) {
        if !watching {
            self.looks.clear();
            self.count = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::BinId;
    use proptest::prelude::*;

    fn look(confidences: &[f32; 4]) -> BinScores {
        let sum: f32 = confidences.iter().sum();
        let shares = confidences.map(|confidence| confidence / sum.max(1e-3));
        BinScores::with(&shares[..3]).and_empty(shares[3])
    }

    #[test]
    fn a_near_look_says_what_the_item_is_and_not_whether_there_is_one() {
        let mut evidence = Evidence::new(5);
        evidence.add(&look(&[0.6, 0.2, 0.1, 0.1]), true);
        let together = evidence.add(&look(&[0.04, 0.01, 0.0, 0.95]), false);
        assert!((together.empty().value() - 0.1).abs() < 1e-6);
        // 0.9 of the mean of 6/9 and 4/5.
        assert!((together.of(BinId(0)).value() - 0.66).abs() < 1e-3);
        let gone = evidence.add(&look(&[0.04, 0.01, 0.0, 0.95]), true);
        assert!((gone.empty().value() - 0.95).abs() < 1e-6);
        assert!(gone.of(BinId(0)).value() < 0.05);
    }

    proptest! {
        #[test]
        fn one_look_says_what_it_says_and_several_stay_between_the_least_and_the_most(
            window in 1..6usize, looks in prop::collection::vec(prop::array::uniform4(0.01..1.0f32), 1..20),
        ) {
            let mut evidence = Evidence::new(window);
            let said: Vec<BinScores> = looks.iter().map(look).collect();
            for (place, one) in said.iter().enumerate() {
                let together = evidence.add(one, place == 0);
                if place == 0 {
                    prop_assert!((together.of(BinId(1)).value() - one.of(BinId(1)).value()).abs() < 1e-5);
                }
                let latest = &said[(place + 1).saturating_sub(window)..=place];
                let of_item = |one: &BinScores| one.of(BinId(1)).value() / (1.0 - one.empty().value());
                let shares: Vec<f32> = latest.iter().map(of_item).collect();
                let [least, most] = [f32::min, f32::max].map(|pick| shares.iter().copied().reduce(pick).unwrap());
                let share = together.of(BinId(1)).value() / (1.0 - said[0].empty().value());
                prop_assert!(least - 1e-4 <= share && share <= most + 1e-4);
                prop_assert!((together.empty().value() - said[0].empty().value()).abs() < 1e-6);
                prop_assert_eq!(evidence.count(), place + 1);
            }
            evidence.keep_while(true);
            prop_assert_eq!(evidence.count(), looks.len());
            evidence.keep_while(false);
            prop_assert_eq!(evidence.count(), 0);
        }
    }
}
