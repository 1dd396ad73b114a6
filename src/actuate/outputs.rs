//! Everything that is wired, driven as one: at most one bin signals, at most one lid is open, and rest
//! is always reached.
//!
//! Nothing here waits or reads a clock. [`Board`](super::Board) shares the outputs between threads and
//! lets time pass.

use std::time::{Duration, Instant};

use super::lid::{Lid, NewPulse, SETTLE};
use super::{Actuator, Health, Light};
use crate::config::Config;
use crate::decide::BinId;
use crate::error::Result;

/// How often a moving lid is brought forward: once a servo's frame of 20 ms.
pub(super) const TICK: Duration = Duration::from_millis(20);

/// The lights and lids of all bins, and the status light.
pub struct Outputs {
    actuator: Box<dyn Actuator>,
    lids: Vec<Option<Lid>>,
    started_at: Instant,
    max_on: Duration,
    /// The bin whose light is on, since when; taken away when it was on for too long.
    signal: Option<(BinId, Instant)>,
    /// A bin that was on for too long stays off until another decision.
    tripped: Option<BinId>,
    /// While they are held, nothing signals, whatever is decided.
    held: bool,
    status: Option<bool>,
}

impl Outputs {
    /// Takes over an actuator and brings everything to rest.
    ///
    /// # Errors
    /// The board refuses.
    pub fn new(actuator: Box<dyn Actuator>, config: &Config, now: Instant) -> Result<Self> {
        let mut outputs = Self::unwired(actuator, now);
        outputs.max_on = config.gpio.max_on;
        let servos = config.bins.iter().map(|bin| bin.servo.clone());
        outputs.lids = servos.map(|servo| servo.map(Lid::new)).collect();
        for bin in 0..outputs.lids.len() {
            outputs.actuator.set_light(Light::Bin(BinId(bin)), false)?;
        }
        outputs.move_lids(now)?;
        Ok(outputs)
    }

    /// Outputs without bins: what is left while the lines change hands.
    #[must_use]
    pub(super) fn unwired(actuator: Box<dyn Actuator>, now: Instant) -> Self {
        Self {
            actuator,
            lids: Vec::new(),
            started_at: now,
            max_on: Duration::ZERO,
            signal: None,
            tripped: None,
            held: false,
            status: None,
        }
    }

    /// What the person who wired it should know.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        self.actuator.remarks()
    }

    /// Whether the button is pressed.
    ///
    /// # Errors
    /// The board refuses.
    pub fn button_pressed(&mut self) -> Result<bool> {
        self.actuator.button_pressed()
    }

    /// Shows `signal`, unless it is held or was on for too long, and brings everything forward to `now`.
    ///
    /// # Errors
    /// The board refuses.
    pub fn show(&mut self, signal: Option<BinId>, now: Instant) -> Result<()> {
        if signal != self.tripped {
            self.tripped = None;
        }
        let allowed = |bin: &BinId| !self.held && Some(*bin) != self.tripped;
        let switched = self.switch(signal.filter(allowed), now);
        self.advance(now).and(switched)
    }

    /// Brings every motion forward to `now`, and switches off what was on for too long.
    ///
    /// # Errors
    /// The board refuses; what obeys is brought forward all the same.
    pub fn advance(&mut self, now: Instant) -> Result<()> {
        let on_since = self.signal.map(|(_, since)| since);
        let overdue =
            on_since.is_some_and(|since| now.saturating_duration_since(since) >= self.max_on);
        if overdue {
            self.tripped = self.signal.map(|(bin, _)| bin);
        }
        let switched = if overdue || self.held {
            self.switch(None, now)
        } else {
            Ok(())
        };
        self.move_lids(now).and(switched)
    }

    /// How long after `now` [`advance`](Self::advance) has something to do; `None` while nothing moves
    /// and nothing is on.
    #[must_use]
    pub fn due(&self, now: Instant) -> Option<Duration> {
        let limit = self
            .signal
            .map(|(_, since)| (since + self.max_on).saturating_duration_since(now));
        let disobeys = self.held && self.signal.is_some();
        let moves = disobeys || self.lids.iter().flatten().any(Lid::is_busy);
        let tick = moves.then_some(TICK);
        limit.into_iter().chain(tick).min()
    }

    /// Switches every bin's light off, lets the lids begin to close, and shows nothing until
    /// [`release`](Self::release).
    ///
    /// # Errors
    /// The board refuses; what could be brought to rest is.
    pub fn hold(&mut self, now: Instant) -> Result<()> {
        self.held = true;
        self.show(None, now)
    }

    /// Decisions are shown again.
    pub fn release(&mut self) {
        self.held = false;
    }

    /// Is held where `before` was, whose place it takes.
    pub(super) fn inherit_hold(&mut self, before: &Self) {
        self.held = before.held;
    }

    /// Switches the status light off, until the next [`show_health`](Self::show_health).
    ///
    /// # Errors
    /// The board refuses.
    pub fn darken(&mut self) -> Result<()> {
        self.status = None;
        self.actuator.set_light(Light::Status, false)
    }

    /// Whether no bin's light is on, and every lid is closed and left alone.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.signal.is_none() && !self.lids.iter().flatten().any(Lid::is_busy)
    }

    fn switch(&mut self, wanted: Option<BinId>, now: Instant) -> Result<()> {
        let current = self.signal.map(|(bin, _)| bin);
        if wanted == current {
            return Ok(());
        }
        // Off comes before on, so that two bins never show at once. A light that does not obey counts as
        // on, so that it is tried again.
        if let Some(bin) = current {
            self.open_lid(bin, false);
            self.actuator.set_light(Light::Bin(bin), false)?;
            self.signal = None;
        }
        if let Some(bin) = wanted {
            self.signal = Some((bin, now));
            self.open_lid(bin, true);
            self.actuator.set_light(Light::Bin(bin), true)?;
        }
        Ok(())
    }

    fn open_lid(&mut self, bin: BinId, open: bool) {
        if let Some(Some(lid)) = self.lids.get_mut(bin.0) {
            lid.set_open(open);
        }
    }

    /// A closed lid waits until every other one has been told its rest angle.
    fn move_lids(&mut self, now: Instant) -> Result<()> {
        let mut moved = Ok(());
        for bin in 0..self.lids.len() {
            let others_rest = self.all_others_rest(bin);
            let Some(lid) = &mut self.lids[bin] else {
                continue;
            };
            // A servo that fails must not keep the others from closing.
            if let Some(NewPulse(pulse)) = lid.step(now, others_rest) {
                match self.actuator.set_pulse(BinId(bin), pulse) {
                    Ok(()) => lid.confirm(pulse),
                    Err(error) => moved = Err(error),
                }
            }
        }
        moved
    }

    fn all_others_rest(&self, bin: usize) -> bool {
        let lids = self.lids.iter().enumerate();
        let mut others = lids.filter(|(other, _)| *other != bin);
        others.all(|(_, lid)| lid.as_ref().is_none_or(Lid::is_told_to_rest))
    }

    /// Shows how the daemon is on the status light.
    ///
    /// # Errors
    /// The board refuses.
    pub fn show_health(&mut self, health: Health, now: Instant) -> Result<()> {
        let lit = health.is_lit(now - self.started_at);
        if self.status == Some(lit) {
            return Ok(());
        }
        self.status = Some(lit);
        self.actuator.set_light(Light::Status, lit)
    }

    /// The longest time from [`hold`](Self::hold) to rest.
    #[must_use]
    pub fn longest_parking(&self) -> Duration {
        let lids = self.lids.iter().flatten();
        lids.map(Lid::longest_closing).max().unwrap_or_default() + 2 * TICK
    }
}

impl Drop for Outputs {
    /// Rest where nobody parked them. There is no time for a slow lid here, so each servo is sent home
    /// directly; errors have nowhere to go any more, and the unit's `sortd park` follows.
    fn drop(&mut self) {
        for bin in 0..self.lids.len() {
            let _ = self.actuator.set_light(Light::Bin(BinId(bin)), false);
        }
        let _ = self.actuator.set_light(Light::Status, false);
        let mut sent_home = false;
        for (bin, lid) in self.lids.iter().enumerate() {
            if let Some(lid) = lid.as_ref().filter(|lid| !lid.is_at_rest()) {
                let _ = self.actuator.set_pulse(BinId(bin), Some(lid.rest_pulse()));
                sent_home = true;
            }
        }
        if sent_home {
            // The pulses end with the process; the servo needs them until it has arrived.
            std::thread::sleep(SETTLE);
        }
    }
}

#[cfg(test)]
#[path = "outputs_tests.rs"]
mod tests;
