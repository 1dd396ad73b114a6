//! How a pipeline comes to rest, and how it takes over another plan there.

use std::sync::Arc;
use std::time::Duration;

use super::{Pipeline, Plan, plan};
use crate::actuate::Outputs;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::report::{Event, ReleaseName};

/// How [`Pipeline::take_over`] ended.
#[derive(Debug)]
pub enum Takeover {
    /// The new plan is in force.
    Done,
    /// The board refused the new plan, and the old one goes on.
    Refused(Error),
}

impl Pipeline {
    /// Ends what is signalled and lets the lids begin to close; until [`release`](Self::release) pictures are
    /// watched and nothing is decided.
    ///
    /// # Errors
    /// The board refuses.
    pub fn hold(&mut self) -> Result<()> {
        let held = self.board.hold();
        self.end_signal();
        held
    }

    /// Whether it is held.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.held
    }

    /// Goes on deciding after [`hold`](Self::hold).
    pub fn release(&mut self) {
        self.held = false;
        self.board.release();
    }

    /// Whether no bin's light is on and every lid is closed.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.board.is_at_rest()
    }

    /// Brings everything to rest, as after [`hold`](Self::hold); `wait` lets time pass.
    ///
    /// # Errors
    /// The board refuses.
    pub fn park(&mut self, wait: impl FnMut(Duration)) -> Result<()> {
        let parked = self.board.park(wait);
        self.end_signal();
        parked
    }

    fn end_signal(&mut self) {
        self.held = true;
        self.decider.park();
        if let Some(id) = self.signal.take() {
            let bin = self.config.bins[id.0].name.value.clone();
            self.reporter.report(&Event::SignalOff {
                bin,
                cause: ReleaseName::Parked,
            });
        }
    }

    /// Takes over another plan. Lines are exclusive, so the present outputs, which must be
    /// [at rest](Self::is_at_rest), go before `open` takes the new ones; where those cannot be had, the old
    /// ones are taken again. What was [held](Self::hold) is released.
    ///
    /// # Errors
    /// Neither the new lines nor the old ones can be had.
    pub fn take_over(
        &mut self,
        plan: Plan,
        open: impl Fn(&Config) -> Result<Outputs>,
    ) -> Result<Takeover> {
        let taken = match self.board.rewire(|| open(&plan.config)) {
            Ok(()) => {
                let (board, clock) = (self.board.clone(), Arc::clone(&self.clock));
                let next = Self::join(plan, board, clock, self.reporter.clone());
                let former = std::mem::replace(self, next);
                self.resume(former);
                Takeover::Done
            }
            Err(error) => {
                self.board.rewire(|| open(&self.config))?;
                Takeover::Refused(error)
            }
        };
        self.release();
        Ok(taken)
    }

    /// Goes on where the pipeline of the former plan stood: what has had its signal must go first, and
    /// a zone that is seen as before is known already.
    fn resume(&mut self, former: Self) {
        self.decider.resume(&former.decider);
        self.fault = former.fault;
        self.skipped = former.skipped;
        self.told_skipped = former.told_skipped;
        if plan::see_the_same(&self.config.camera, &former.config.camera) {
            self.preprocessor = former.preprocessor;
            self.watch = former.watch;
            self.presence = former.presence;
            self.presence.reconfigure(self.config.trigger.presence);
        }
    }
}
