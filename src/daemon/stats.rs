//! What clients ask of the memory, which answers on a thread of its own.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::spawn_local;
use tokio::time::timeout;

use crate::control::protocol::{Code, Refusal};
use crate::store::{Memory, Query, Stats};

/// A disk that answers at all answers within this; a client waits no longer, and keeps no place from others.
const LONGEST_READ: Duration = Duration::from_secs(8);

/// Lets the memory answer `to`; the control side waits for no disk.
pub(super) fn ask(memory: &Memory, query: Query, to: oneshot::Sender<Result<Stats, Refusal>>) {
    let (sender, told) = oneshot::channel();
    memory.ask(query, move |told| {
        // Who asked may have waited long enough.
        let _ = sender.send(told);
    });
    spawn_local(async move {
        let told = timeout(LONGEST_READ, told).await;
        let told = told.ok().and_then(Result::ok).flatten();
        // A client that has gone needs no answer.
        let _ = to.send(told.ok_or_else(|| {
            let text = "too many ask for what was counted, or it cannot be read just now";
            Refusal::new(Code::Busy, text, "ask again in a second")
        }));
    });
}
