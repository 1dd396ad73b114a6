//! What the control side answers about the daemon, from what the loop and the events tell.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Instant;

use super::heartbeat::Heartbeat;
use crate::control::protocol::{Health, Status};
use crate::machine;
use crate::report::Recent;
use crate::store::Memory;

/// Where the answers are taken from.
pub(super) struct Answers {
    recent: Arc<Recent>,
    heartbeat: Arc<Heartbeat>,
    since: Instant,
    memory: Arc<Memory>,
}

impl Answers {
    pub fn of(recent: Arc<Recent>, heartbeat: Arc<Heartbeat>, memory: Arc<Memory>) -> Self {
        Self {
            recent,
            heartbeat,
            memory,
            since: Instant::now(),
        }
    }

    /// How the daemon is, and when its pause ends.
    pub fn status(&self, paused_until: Option<Instant>) -> Status {
        let condition = self.recent.condition();
        let paused = paused_until.map(|until| until.saturating_duration_since(Instant::now()));
        Status {
            trouble: condition.trouble().map(str::to_owned),
            health: match self.heartbeat.health().into() {
                Health::ConfigRefused => Health::ConfigRefused,
                _ if paused.is_some() => Health::Paused,
                health => health,
            },
            uptime_s: self.since.elapsed().as_secs(),
            camera: condition.camera,
            model: condition.model,
            config: condition.config,
            item: condition.item,
            // The loop tells of the end of a signal at its next turn.
            signal: condition.signal.filter(|_| paused.is_none()),
            paused_s: paused.map(|left| left.as_secs_f64().ceil() as u64),
            pictures: self.heartbeat.frames(),
            counters: condition.counters,
            memory: self.memory.trouble(),
            temperature_c: machine::temperature(),
            undervoltage: machine::undervoltage(),
        }
    }
}

/// A number that no other start of a daemon has, in hexadecimal.
pub(super) fn random_start() -> String {
    // The standard library seeds this from the system's random numbers.
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}
