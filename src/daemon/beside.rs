//! Work on a thread of its own, which nobody waits for when the daemon ends.

use tokio::sync::oneshot;

use super::control::no_resource;
use crate::error::Result;

/// Has `work` done beside everything else; what it comes to arrives at what is given back, or nothing does where it panics.
///
/// # Errors
/// There is no thread to be had.
pub(super) fn beside<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<oneshot::Receiver<T>> {
    let (sender, done) = oneshot::channel();
    std::thread::Builder::new()
        .name(name.into())
        .spawn(move || {
            // Nobody listens any more where it took too long, or where the daemon ends.
            let _ = sender.send(work());
        })
        .map_err(|error| no_resource("thread", error))?;
    Ok(done)
}
