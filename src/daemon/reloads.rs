//! Reading the configuration again while the daemon runs: one load at a time, on a thread that nobody waits
//! for.

use std::future::pending;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::beside::beside;
use super::choice::Choice;
use crate::error::{Error, Result};
use crate::pipeline::Plan;
use crate::pipeline::proof::Limits;

/// Requests that follow each other faster than this are one.
const QUIET: Duration = Duration::from_millis(100);

/// However many follow, the first waits no longer than this.
const LONGEST_STORM: Duration = Duration::from_secs(5);

/// A configuration with its model that takes longer to read and to prove is refused.
const LONGEST_LOAD: Duration = Duration::from_secs(30);

type Loaded = Result<Box<Plan>>;

/// Requests to read the configuration again, and what comes of them.
pub(super) struct Reloads {
    choice: Choice,
    state: State,
}

enum State {
    Idle,
    /// It was asked for, first and last at these instants.
    Asked {
        first: Instant,
        last: Instant,
    },
    /// It is read, and was asked for `again` meanwhile.
    Loading {
        loaded: oneshot::Receiver<Loaded>,
        /// When it is refused; it was already where there is none.
        until: Option<Instant>,
        again: bool,
    },
}

impl Reloads {
    /// Nothing is asked for yet.
    pub const fn of(choice: Choice) -> Self {
        Self {
            choice,
            state: State::Idle,
        }
    }

    /// Reads the configuration soon. What is asked for while it is read is done once, after it.
    ///
    /// # Errors
    /// What was asked for before has taken too long and is still being read.
    pub fn ask(&mut self) -> Result<()> {
        let now = Instant::now();
        match &mut self.state {
            State::Idle => {
                self.state = State::Asked {
                    first: now,
                    last: now,
                };
            }
            State::Asked { last, .. } => *last = now,
            State::Loading { again, until, .. } => {
                *again = true;
                if until.is_none() {
                    return Err(too_slow());
                }
            }
        }
        Ok(())
    }

    /// Whether something was asked for and is not yet answered.
    pub fn are_under_way(&self) -> bool {
        !matches!(self.state, State::Idle | State::Loading { until: None, .. })
    }

    /// The next plan that was asked for, or why there is none. May be dropped and called again at any time.
    pub async fn next(&mut self) -> Loaded {
        loop {
            match &mut self.state {
                State::Idle => pending::<()>().await,
                State::Asked { first, last } => {
                    let (first, last) = (*first, *last);
                    sleep_until((last + QUIET).min(first + LONGEST_STORM)).await;
                    if let Some(refused) = self.load().err() {
                        self.state = State::Idle;
                        return Err(refused);
                    }
                }
                State::Loading {
                    loaded,
                    until: Some(until),
                    ..
                } => {
                    let Ok(loaded) = timeout_at(*until, loaded).await else {
                        self.give_up();
                        return Err(too_slow());
                    };
                    self.end_load();
                    return loaded.unwrap_or_else(|_| Err(stumbled()));
                }
                State::Loading {
                    loaded,
                    until: None,
                    ..
                } => {
                    // It was refused already, so what it comes to does not matter.
                    let _ = loaded.await;
                    self.end_load();
                }
            }
        }
    }

    fn load(&mut self) -> Result<()> {
        let choice = self.choice.clone();
        let load = move || choice.load(&Limits::beside_this_process()).map(Box::new);
        let loaded = beside("reload", load)?;
        self.state = State::Loading {
            loaded,
            until: Some(Instant::now() + LONGEST_LOAD),
            again: false,
        };
        Ok(())
    }

    fn end_load(&mut self) {
        let again = matches!(self.state, State::Loading { again: true, .. });
        let now = Instant::now();
        self.state = if again {
            State::Asked {
                first: now,
                last: now,
            }
        } else {
            State::Idle
        };
    }

    fn give_up(&mut self) {
        if let State::Loading { until, .. } = &mut self.state {
            *until = None;
        }
    }
}

fn stumbled() -> Error {
    Error::internal("reading the configuration stumbled over a defect")
        .advice("report the message above")
}

fn too_slow() -> Error {
    let seconds = LONGEST_LOAD.as_secs();
    Error::config(format!(
        "reading and proving it takes longer than {seconds} s"
    ))
    .advice("look at the disk on which it and its model lie, and take a smaller model; it is read again when that one read has ended")
}
