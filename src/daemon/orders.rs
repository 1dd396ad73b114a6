//! What the control side wants of the loop: one place for each kind of order, so that no storm of orders
//! can queue up and none waits behind another.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::bin_test::BinTest;
use super::offer::Offer;

/// What was ordered since the loop last looked.
#[derive(Debug, Default)]
pub(super) struct Ordered {
    /// Go to rest and end. It stays ordered.
    pub stop: bool,
    /// Take over a plan that was checked; a newer one replaces one that was not yet seen.
    pub reload: Option<Offer>,
    /// A new configuration was refused; show it.
    pub tell_refused: bool,
    /// Whether to be at rest from now on, or to go on deciding.
    pub rest: Option<bool>,
    /// Signal a bin.
    pub test: Option<BinTest>,
    /// Rest was ordered, even where that was taken back meanwhile: who ordered it has held the board.
    pub was_to_rest: bool,
}

/// The orders, shared by those who give them and the loop that takes them.
#[derive(Debug, Clone, Default)]
pub(super) struct Orders {
    shared: Arc<(Mutex<Ordered>, Condvar)>,
}

impl Orders {
    /// Goes to rest and ends.
    pub fn stop(&self) {
        self.give(|ordered| ordered.stop = true);
    }

    /// Takes over a plan that was checked.
    pub fn reload(&self, offer: Offer) {
        self.give(|ordered| ordered.reload = Some(offer));
    }

    /// A new configuration was refused.
    pub fn tell_refused(&self) {
        self.give(|ordered| ordered.tell_refused = true);
    }

    /// Stays at rest from now on, or goes on deciding.
    pub fn rest(&self, rest: bool) {
        self.give(|ordered| {
            ordered.rest = Some(rest);
            ordered.was_to_rest |= rest;
        });
    }

    /// Signals a bin.
    pub fn test(&self, test: BinTest) {
        self.give(|ordered| {
            if let Some(former) = ordered.test.replace(test) {
                former.supersede();
            }
        });
    }

    fn give(&self, order: impl FnOnce(&mut Ordered)) {
        let (ordered, given) = &*self.shared;
        order(&mut ordered.lock().unwrap_or_else(PoisonError::into_inner));
        given.notify_all();
    }

    /// Everything that was ordered since the last call.
    pub fn take(&self) -> Ordered {
        let mut ordered = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stop = ordered.stop;
        let left = Ordered {
            stop,
            ..Ordered::default()
        };
        std::mem::replace(&mut ordered, left)
    }

    /// Whether rest was ordered since the last [`take`](Self::take).
    pub fn wants_rest(&self) -> bool {
        let ordered = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        ordered.was_to_rest
    }

    /// Lets `pause` pass, or less where the end is ordered meanwhile; `true` where it is.
    pub fn stopped_within(&self, pause: Duration) -> bool {
        let (ordered, given) = &*self.shared;
        let ordered = ordered.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = given.wait_timeout_while(ordered, pause, |ordered| !ordered.stop);
        waited.unwrap_or_else(PoisonError::into_inner).0.stop
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_orders_is_one_turn_and_the_end_is_never_lost() {
        let orders = Orders::default();
        for _ in 0..1_000 {
            orders.tell_refused();
        }
        orders.stop();
        orders.rest(true);
        orders.rest(false);
        let ordered = orders.take();
        assert!(ordered.stop && ordered.tell_refused);
        assert_eq!(ordered.rest, Some(false), "the newest counts");
        assert!(ordered.was_to_rest, "and the one before is not forgotten");
        let later = orders.take();
        assert!(later.stop && !later.tell_refused && later.rest.is_none() && !later.was_to_rest);
        assert!(orders.stopped_within(Duration::from_secs(3600)));
    }
}
