//! What the control side answers about the daemon, from what the loop and the events tell.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Instant;

use super::heartbeat::Heartbeat;
use super::looping::Outside;
use super::model_in_force::ModelInForce;
use super::votes::Votes;
use crate::classify::bundle::{Accuracy, Manifest};
use crate::control::protocol::{Health, Measured, ModelInfo, Status};
use crate::machine;
use crate::report::Recent;
use crate::store::Memory;

/// Where the answers are taken from.
pub(super) struct Answers {
    recent: Arc<Recent>,
    heartbeat: Arc<Heartbeat>,
    model: ModelInForce,
    votes: Votes,
    since: Instant,
    memory: Arc<Memory>,
}

impl Answers {
    pub fn of(recent: Arc<Recent>, outside: &Outside, memory: Arc<Memory>) -> Self {
        Self {
            recent,
            heartbeat: Arc::clone(&outside.heartbeat),
            model: outside.model.clone(),
            votes: outside.votes.clone(),
            memory,
            since: Instant::now(),
        }
    }

    /// What the model in force says of itself; none before the start.
    pub fn model(&self) -> Option<ModelInfo> {
        self.model.get().as_deref().map(model_info)
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
            votes: self.votes.by_bin().filter(|_| paused.is_none()),
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

fn model_info(manifest: &Manifest) -> ModelInfo {
    let measured = |accuracy: &Accuracy| Measured {
        split: accuracy.split.clone(),
        correct: accuracy.correct,
        total: accuracy.total,
    };
    ModelInfo {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        architecture: manifest.architecture.clone(),
        labels: manifest.labels.clone(),
        empty_label: manifest.empty_label.clone(),
        parameters: manifest.cost.parameters,
        macs: manifest.cost.macs,
        sha256: manifest.model.sha256.clone(),
        accuracy: manifest.accuracy.iter().map(measured).collect(),
    }
}

/// A number that no other start of a daemon has, in hexadecimal.
pub(super) fn random_start() -> String {
    // The standard library seeds this from the system's random numbers.
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}
