//! What clients are answered from, and where their wishes go.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::configs::GoBack;
use super::protocol::{
    Code, ConfigInForce, Findings, Kept, Look, ModelInfo, Privacy, Proved, Query, Refusal, Stats,
    Status, Tested, Trial,
};
use crate::report::Recent;

/// Orders are handed on no faster than this, whoever gives them.
const ORDER_PAUSE: Duration = Duration::from_millis(100);

/// What a client orders; the daemon answers to each.
#[derive(Debug)]
pub enum Wish {
    /// How is it?
    Status(oneshot::Sender<Status>),
    /// What does the camera see?
    Look(oneshot::Sender<Shown>),
    /// Signal this bin for a moment.
    Test(String, To<Tested>),
    /// What model is in force?
    Model(oneshot::Sender<ModelInfo>),
    /// Rest for this long.
    Pause(Duration),
    /// Go on.
    Resume,
    /// Read the configuration again.
    Reload,
    /// What was counted?
    Stats(Query, To<Stats>),
    /// What of the configuration?
    Config(ConfigWish),
    /// Does the model in force still prove itself?
    ProveModel(To<Proved>),
    /// Is this the pairing code?
    Pair(String, To<Nothing>),
    /// What is processed, stored and sent?
    Privacy(To<Privacy>),
}

/// What a client wants of the configuration.
#[derive(Debug)]
pub enum ConfigWish {
    /// What is in force?
    Get(To<ConfigInForce>),
    /// What is wrong with this one?
    Check(String, To<Findings>),
    /// Put this one in force for a while.
    Try(String, To<Trial>),
    /// Keep the one that is tried under this number.
    Commit(u32, To<Kept>),
    /// Go back, to this generation.
    Back(GoBack, To<Kept>),
}

impl ConfigWish {
    /// Answers that too many such wishes wait.
    pub fn turn_away(self) {
        let busy = Refusal::new(
            Code::Busy,
            "too many ask about the configuration",
            "ask again in a moment",
        );
        // Who asked may have gone.
        match self {
            Self::Get(to) => drop(to.send(Err(busy))),
            Self::Check(_, to) => drop(to.send(Err(busy))),
            Self::Try(_, to) => drop(to.send(Err(busy))),
            Self::Commit(_, to) | Self::Back(_, to) => drop(to.send(Err(busy))),
        }
    }
}

/// Where an answer goes, or why there is none.
pub type To<T> = oneshot::Sender<std::result::Result<T, Refusal>>;

/// Where it comes from.
pub type Answered<T> = oneshot::Receiver<std::result::Result<T, Refusal>>;

/// An answer that says nothing but yes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Nothing {}

impl Wish {
    /// A wish, and where its answer comes from.
    pub(super) fn answered<T>(wish: impl FnOnce(To<T>) -> Self) -> (Self, Answered<T>) {
        let (to, answer) = oneshot::channel();
        (wish(to), answer)
    }

    /// The same of the configuration.
    pub(super) fn config<T>(wish: impl FnOnce(To<T>) -> ConfigWish) -> (Self, Answered<T>) {
        Self::answered(|to| Self::Config(wish(to)))
    }
}

/// A picture for all who wait for it, or why there is none.
pub type Shown = std::result::Result<Rc<Look>, Refusal>;

/// What the server answers from.
#[derive(Debug)]
pub struct Desk {
    /// The start of the daemon: a random number in hexadecimal.
    pub start: String,
    /// The latest events.
    pub recent: Arc<Recent>,
    /// Where wishes go.
    pub wishes: mpsc::Sender<Wish>,
    next_order: Cell<Option<Instant>>,
}

impl Desk {
    /// A desk of a daemon that drew `start`.
    #[must_use]
    pub const fn new(start: String, recent: Arc<Recent>, wishes: mpsc::Sender<Wish>) -> Self {
        Self {
            start,
            recent,
            wishes,
            next_order: Cell::new(None),
        }
    }

    /// Waits until an order may be given again.
    pub(super) async fn order_pause(&self) {
        let now = Instant::now();
        let due = self.next_order.get().map_or(now, |due| due.max(now));
        self.next_order.set(Some(due + ORDER_PAUSE));
        sleep_until(due).await;
    }
}
