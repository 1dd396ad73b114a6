//! A plan that the loop is to take over, and who waits to hear whether it has.

use tokio::sync::oneshot;

use crate::error::Result;
use crate::pipeline::Plan;

/// A plan for the loop.
#[derive(Debug)]
pub(super) struct Offer {
    /// What to take over.
    pub plan: Box<Plan>,
    outcome: Option<oneshot::Sender<Result<()>>>,
}

impl Offer {
    /// One that nobody waits for.
    pub const fn of(plan: Box<Plan>) -> Self {
        Self {
            plan,
            outcome: None,
        }
    }

    /// One whose outcome is told; nothing is told where another replaces it.
    pub fn told(plan: Box<Plan>) -> (Self, oneshot::Receiver<Result<()>>) {
        let (sender, outcome) = oneshot::channel();
        let offer = Self {
            plan,
            outcome: Some(sender),
        };
        (offer, outcome)
    }

    /// The plan, and where to tell what came of it.
    pub fn taken(self) -> (Plan, impl FnOnce(Result<()>)) {
        let Self { plan, outcome } = self;
        let tell = move |came_of_it| {
            if let Some(outcome) = outcome {
                // Whoever asked may have gone.
                let _ = outcome.send(came_of_it);
            }
        };
        (*plan, tell)
    }
}
