//! Links by which an admin lets others in: each pairs one device, once, within a day.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::role::Role;
use super::tokens::{Hash, Token};

/// For how long a link can be opened.
pub(super) const LIFE: Duration = Duration::from_secs(24 * 3600);

/// Where more are made, the oldest ends.
const MOST: usize = 16;

/// Links that nobody has opened yet. They are not kept over a restart.
#[derive(Debug, Default)]
pub(super) struct Links(Mutex<VecDeque<Link>>);

#[derive(Debug)]
struct Link {
    hash: Hash,
    role: Role,
    made: Instant,
}

impl Links {
    /// A new link, by its token.
    ///
    /// # Errors
    /// The kernel has no randomness to give.
    pub fn make(&self, role: Role, now: Instant) -> Result<Token, rustix::io::Errno> {
        let token = Token::draw()?;
        let hash = token.hash();
        let mut links = self.living(now);
        if links.len() >= MOST {
            links.pop_front();
        }
        let made = now;
        links.push_back(Link { hash, role, made });
        Ok(token)
    }

    /// Opens a link, which ends it; what it lets one do, where there is one.
    pub fn open(&self, token: &Token, now: Instant) -> Option<Role> {
        let hash = token.hash();
        let mut links = self.living(now);
        let place = links.iter().position(|link| link.hash == hash)?;
        links.remove(place).map(|link| link.role)
    }

    fn living(&self, now: Instant) -> MutexGuard<'_, VecDeque<Link>> {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|link| now.saturating_duration_since(link.made) < LIFE);
        links
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_once_and_for_a_day() {
        let (links, now) = (Links::default(), Instant::now());
        let token = links.make(Role::Teach, now).expect("drawn");
        let other = Token::draw().expect("drawn");
        assert_eq!(links.open(&other, now), None);
        assert_eq!(links.open(&token, now), Some(Role::Teach));
        assert_eq!(links.open(&token, now), None, "twice");
        let late = links.make(Role::View, now).expect("drawn");
        assert_eq!(links.open(&late, now + LIFE), None);
    }

    #[test]
    fn the_oldest_ends_where_there_are_too_many() {
        let (links, now) = (Links::default(), Instant::now());
        let tokens: Vec<_> = (0..=MOST)
            .map(|_| links.make(Role::View, now).expect("drawn"))
            .collect();
        assert_eq!(links.open(&tokens[0], now), None);
        assert_eq!(links.open(&tokens[1], now), Some(Role::View));
    }
}
