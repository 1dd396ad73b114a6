//! What the control side answers about the daemon, from what the loop and the events tell.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio::task::spawn_local;

use super::beside::beside;
use super::heartbeat::Heartbeat;
use super::looping::Outside;
use super::pairing::Pairing;
use super::plan_in_force::PlanInForce;
use super::privacy;
use super::proving;
use super::votes::Votes;
use crate::classify::bundle::{Accuracy, Manifest};
use crate::control::protocol::{
    Code, Health, Measured, ModelInfo, Privacy, Proved, Refusal, Status,
};
use crate::control::{Nothing, To};
use crate::machine;
use crate::report::Recent;
use crate::store::Memory;

/// Where the answers are taken from.
pub(super) struct Answers {
    recent: Arc<Recent>,
    heartbeat: Arc<Heartbeat>,
    in_force: PlanInForce,
    votes: Votes,
    since: Instant,
    memory: Arc<Memory>,
    pairing: RefCell<Pairing>,
    /// Held while the model proves itself once more: a child takes memory of the daemon's share.
    proof: Arc<Semaphore>,
    /// The folder of what is kept, where there is one.
    state: Option<PathBuf>,
}

impl Answers {
    pub fn of(
        recent: Arc<Recent>,
        outside: &Outside,
        memory: Arc<Memory>,
        state: Option<PathBuf>,
    ) -> Self {
        Self {
            recent,
            heartbeat: Arc::clone(&outside.heartbeat),
            in_force: outside.in_force.clone(),
            votes: outside.votes.clone(),
            memory,
            since: Instant::now(),
            pairing: RefCell::new(Pairing::draw(outside.door.clone())),
            proof: Arc::new(Semaphore::new(1)),
            state,
        }
    }

    /// Tells the log's readers, who look after the bin, how a browser is let in.
    pub fn tell_pairing(&self) {
        if let Some(code) = self.pairing.borrow().code() {
            log::info!(target: "sortd", "the code for a browser is {code}, until the next start");
        }
    }

    /// What the model in force says of itself.
    pub fn model(&self) -> ModelInfo {
        model_info(&self.in_force.get().manifest)
    }

    /// Has the model in force prove itself once more, beside everything else.
    pub fn prove_model(&self, to: To<Proved>) {
        let Ok(place) = Arc::clone(&self.proof).try_acquire_owned() else {
            let text = "the model is proving itself already";
            let busy = Refusal::new(Code::Busy, text, "ask again in a moment");
            // Who asked may have gone.
            return drop(to.send(Err(busy)));
        };
        spawn_local(proving::prove(self.in_force.get(), to, place));
    }

    /// Judges a pairing code.
    pub fn pair(&self, code: &str) -> Result<Nothing, Refusal> {
        self.pairing.borrow_mut().judge(code, Instant::now())
    }

    /// Tells what is processed, stored and sent; what lies on the disk is looked at beside everything else.
    pub fn privacy(&self, to: To<Privacy>) {
        let (config, state) = (self.in_force.get().config, self.state.clone());
        let told = beside("privacy", move || privacy::lines(&config, state.as_deref()));
        spawn_local(async move {
            // Who asked hears that there is no answer where there is none.
            if let Ok(told) = told
                && let Ok(lines) = told.await
            {
                let _ = to.send(Ok(Privacy { lines }));
            }
        });
    }

    /// How the daemon is, and when its pause ends.
    pub fn status(&self, paused_until: Option<Instant>) -> Status {
        let condition = self.recent.condition();
        let in_force = self.in_force.get();
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
            config: in_force.config.file.display().to_string(),
            source: in_force.origin.into(),
            bins: in_force.bins(),
            pairing: self.pairing.borrow().code().map(str::to_owned),
            item: condition.item,
            votes: self.votes.by_bin().filter(|_| paused.is_none()),
            // The loop tells of the end of a signal at its next turn.
            signal: condition.signal.filter(|_| paused.is_none()),
            paused_s: paused.map(|left| left.as_secs_f64().ceil() as u64),
            pictures: self.heartbeat.frames(),
            turn_ms: self.heartbeat.turns.times(),
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
