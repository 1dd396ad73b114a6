//! An actuator without a board: every change is written down, for tests, the demo and dry runs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::{Actuator, Light};
use crate::clock::Clock;
use crate::decide::BinId;
use crate::error::Result;
use crate::units::PulseWidth;

/// Something that a real board would have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A light was switched.
    Light(Light, bool),
    /// A servo got other pulses, or none.
    Pulse(BinId, Option<PulseWidth>),
}

/// What happened, and when; all clones share one list.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    actions: Arc<Mutex<Vec<(Instant, Action)>>>,
}

/// A long dry run forgets its oldest actions beyond this many.
const LONGEST: usize = 100_000;

impl Timeline {
    /// Everything so far.
    #[must_use]
    pub fn actions(&self) -> Vec<(Instant, Action)> {
        self.actions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn push(&self, at: Instant, action: Action) {
        let mut actions = self.actions.lock().unwrap_or_else(PoisonError::into_inner);
        if actions.len() >= LONGEST {
            actions.drain(..LONGEST / 2);
        }
        actions.push((at, action));
    }
}

/// Writes down what a board would do.
pub struct SimulatedActuator {
    clock: Arc<dyn Clock>,
    timeline: Timeline,
}

impl SimulatedActuator {
    /// An actuator with an empty timeline.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            timeline: Timeline::default(),
        }
    }

    /// An actuator that goes on with another's timeline.
    #[must_use]
    pub fn sharing(clock: Arc<dyn Clock>, timeline: Timeline) -> Self {
        Self { clock, timeline }
    }

    /// The timeline, which goes on after the actuator was handed away.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        self.timeline.clone()
    }
}

impl Actuator for SimulatedActuator {
    fn set_light(&mut self, light: Light, on: bool) -> Result<()> {
        self.timeline
            .push(self.clock.now(), Action::Light(light, on));
        Ok(())
    }

    fn set_pulse(&mut self, bin: BinId, pulse: Option<PulseWidth>) -> Result<()> {
        self.timeline
            .push(self.clock.now(), Action::Pulse(bin, pulse));
        Ok(())
    }

    fn button_pressed(&mut self) -> Result<bool> {
        Ok(false)
    }
}
