//! Whose turn it is: each site is asked one thing at a time, with a pause after each.

use std::collections::HashMap;
use std::time::Duration;

use url::Url;

use super::robots::Robots;

/// Failures in a row after which a site is not asked any more.
const MOST_FAILURES: u32 = 5;

/// What is known about the sites.
#[derive(Debug, Default)]
pub struct Schedule {
    hosts: HashMap<String, Host>,
    robots: HashMap<String, Robots>,
}

#[derive(Debug, Default)]
struct Host {
    /// When it may be asked again, by the clock's `now`.
    ready_at: Duration,
    failures: u32,
}

impl Schedule {
    /// When the site of `url` may be asked.
    #[must_use]
    pub fn ready_at(&self, url: &Url) -> Duration {
        self.hosts
            .get(host(url))
            .map_or(Duration::ZERO, |host| host.ready_at)
    }

    /// The site of `url` shall not be asked before `time`.
    pub fn rest_until(&mut self, url: &Url, time: Duration) {
        let host = self.host(url);
        host.ready_at = host.ready_at.max(time);
    }

    /// Notes whether the site of `url` answered at all.
    pub fn note(&mut self, url: &Url, answered: bool) {
        let host = self.host(url);
        host.failures = if answered { 0 } else { host.failures + 1 };
    }

    /// Whether the site of `url` failed so often that asking is in vain.
    #[must_use]
    pub fn given_up(&self, url: &Url) -> bool {
        self.hosts
            .get(host(url))
            .is_some_and(|host| host.failures >= MOST_FAILURES)
    }

    /// The rules of the site of `url`, where they are known.
    #[must_use]
    pub fn robots(&self, url: &Url) -> Option<&Robots> {
        self.robots.get(&url.origin().ascii_serialization())
    }

    /// Remembers the rules of the site of `url`.
    pub fn learn(&mut self, url: &Url, robots: Robots) {
        self.robots
            .insert(url.origin().ascii_serialization(), robots);
    }

    fn host(&mut self, url: &Url) -> &mut Host {
        self.hosts.entry(host(url).to_owned()).or_default()
    }
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}
