//! A bin that somebody wants to see work, and what they are answered.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::control::protocol::{Code, Refusal, Tested};
use crate::pipeline::Untested;

/// A wish to see a bin work.
#[derive(Debug)]
pub(super) struct BinTest {
    /// The bin's name.
    pub bin: String,
    to: oneshot::Sender<Result<Tested, Refusal>>,
}

impl BinTest {
    pub const fn new(bin: String, to: oneshot::Sender<Result<Tested, Refusal>>) -> Self {
        Self { bin, to }
    }

    /// Tells for how long the bin signals, or why it does not.
    pub fn answer(self, outcome: Result<Duration, Untested>) {
        let seconds = |time: Duration| Tested {
            seconds: time.as_secs_f32(),
        };
        let answer = outcome.map(seconds).map_err(|why| refusal(&self.bin, why));
        // Who asked may have gone.
        let _ = self.to.send(answer);
    }

    /// Tells that another wish came before the loop saw this one.
    pub fn supersede(self) {
        let _ = self.to.send(Err(Refusal::new(
            Code::Busy,
            "somebody else wants to test a bin",
            "ask again in a moment",
        )));
    }
}

fn refusal(bin: &str, why: Untested) -> Refusal {
    let (code, text, advice) = match why {
        Untested::NoSuchBin(names) => (
            Code::BadRequest,
            format!("there is no bin \"{bin}\""),
            format!("choose one of: {}", names.join(", ")),
        ),
        Untested::AtRest => (
            Code::Busy,
            "everything is held at rest".into(),
            "ask again in some seconds; `sortd status` tells of a pause, which `sortd resume` ends".into(),
        ),
        Untested::NotEmpty => (
            Code::Busy,
            "the drop zone is not known to be empty, or a bin signals".into(),
            "take everything out of it, hands too, and ask again; `sortd status` tells whether pictures come".into(),
        ),
    };
    Refusal::new(code, text, advice)
}
