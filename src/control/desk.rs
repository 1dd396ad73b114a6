//! What clients are answered from, and where their wishes go.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::protocol::{Look, ModelInfo, Query, Refusal, Stats, Status, Tested};
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
    Test(
        String,
        oneshot::Sender<std::result::Result<Tested, Refusal>>,
    ),
    /// What model is in force?
    Model(oneshot::Sender<ModelInfo>),
    /// Rest for this long.
    Pause(Duration),
    /// Go on.
    Resume,
    /// Read the configuration again.
    Reload,
    /// What was counted?
    Stats(Query, oneshot::Sender<std::result::Result<Stats, Refusal>>),
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
