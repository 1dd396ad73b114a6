//! How often an address may try a pairing code: five times, and after that with growing pauses.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong codes without a pause.
const FREE: u32 = 5;

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Addresses that are remembered. More than a local net of IPv4 has; where they are used up, nobody new may try.
const MOST: usize = 1024;

/// An address is forgotten when it has not tried for this long.
const FORGOTTEN: Duration = Duration::from_secs(24 * 3600);

/// Who tries: an address, or what one subscriber has of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Peer(IpAddr);

impl Peer {
    /// The one behind an address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let net = u128::from(address) & (u128::MAX << 64);
                Self(Ipv6Addr::from(net).into())
            }
            address @ IpAddr::V4(_) => Self(address),
        }
    }
}

/// What was tried.
#[derive(Debug, Default)]
pub(super) struct Tries(Mutex<HashMap<Peer, Tried>>);

#[derive(Debug)]
struct Tried {
    wrong: u32,
    last: Instant,
    next: Instant,
}

impl Tries {
    /// Counts a try as a wrong one, before anybody judges it, so that many at once are no more than one after another.
    ///
    /// # Errors
    /// It must wait for so long.
    pub fn begin(&self, peer: Peer, now: Instant) -> Result<(), Duration> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST && !all.contains_key(&peer) {
            all.retain(|_, tried| now.saturating_duration_since(tried.last) < FORGOTTEN);
            if all.len() >= MOST {
                return Err(LONGEST);
            }
        }
        let tried = all.entry(peer).or_insert(Tried {
            wrong: 0,
            last: now,
            next: now,
        });
        let left = tried.next.saturating_duration_since(now);
        if !left.is_zero() {
            return Err(left);
        }
        if now.saturating_duration_since(tried.last) >= FORGOTTEN {
            tried.wrong = 0;
        }
        tried.wrong = tried.wrong.saturating_add(1);
        tried.last = now;
        tried.next = now + pause(tried.wrong);
        Ok(())
    }

    /// The last try was right.
    pub fn forget(&self, peer: Peer) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&peer);
    }

    /// The last try was judged by nobody.
    pub fn take_back(&self, peer: Peer) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tried) = all.get_mut(&peer) {
            tried.wrong = tried.wrong.saturating_sub(1);
            tried.next = tried.last;
        }
    }
}

/// How long to wait after so many wrong codes.
fn pause(wrong: u32) -> Duration {
    let beyond = wrong.saturating_add(1).saturating_sub(FREE);
    if beyond == 0 {
        return Duration::ZERO;
    }
    let seconds = 1_u64.checked_shl(beyond).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        Peer::of(address.parse().expect("an address"))
    }

    #[test]
    fn five_are_free_and_each_further_one_waits_twice_as_long() {
        let (tries, mut now) = (Tries::default(), Instant::now());
        let who = peer("192.168.1.7");
        for _ in 0..FREE {
            assert_eq!(tries.begin(who, now), Ok(()));
        }
        for seconds in [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(tries.begin(who, now), Err(wait));
            let (almost, second) = (Duration::from_secs(seconds - 1), Duration::from_secs(1));
            assert_eq!(tries.begin(who, now + almost), Err(second));
            assert_eq!(tries.begin(peer("192.168.1.8"), now), Ok(()), "another");
            tries.forget(peer("192.168.1.8"));
            now += wait;
            assert_eq!(tries.begin(who, now), Ok(()));
        }
        tries.forget(who);
        assert_eq!(tries.begin(who, now), Ok(()));
    }

    #[test]
    fn what_nobody_judged_is_not_counted() {
        let (tries, now) = (Tries::default(), Instant::now());
        let who = peer("192.168.1.7");
        for _ in 0..100 {
            assert_eq!(tries.begin(who, now), Ok(()));
            tries.take_back(who);
        }
        tries.take_back(peer("192.168.1.9"));
    }

    #[test]
    fn a_subscriber_of_ipv6_is_one_and_a_mapped_address_is_that_of_ipv4() {
        assert_eq!(peer("2001:db8::1"), peer("2001:db8::ffff:1"));
        assert_ne!(peer("2001:db8::1"), peer("2001:db8:0:1::1"));
        assert_eq!(peer("::ffff:10.0.0.1"), peer("10.0.0.1"));
        assert_ne!(peer("::ffff:10.0.0.1"), peer("::ffff:10.0.0.2"));
    }

    #[test]
    fn as_many_addresses_are_remembered_as_there_is_room_for() {
        let (tries, now) = (Tries::default(), Instant::now());
        let who = |number: usize| Peer::of(IpAddr::V4((0x0a00_0000 + number as u32).into()));
        for number in 0..MOST {
            assert_eq!(tries.begin(who(number), now), Ok(()));
        }
        assert_eq!(tries.begin(who(MOST), now), Err(LONGEST));
        assert_eq!(tries.begin(who(0), now), Ok(()), "one that is known");
        assert_eq!(tries.begin(who(MOST), now + FORGOTTEN), Ok(()));
    }

    #[test]
    fn no_number_of_tries_overflows() {
        assert_eq!(pause(0), Duration::ZERO);
        assert_eq!(pause(u32::MAX), LONGEST);
    }
}
