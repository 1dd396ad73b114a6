//! An answer of the daemon that all who ask within a moment share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::line::Reply;
use super::refused::Refused;

/// What the daemon answered last to a question.
#[derive(Debug)]
pub(super) struct Cached {
    /// For how long it is as good as a new one.
    life: Duration,
    newest: Arc<Mutex<Option<(Instant, Reply)>>>,
}

impl Cached {
    /// Nothing was asked yet.
    pub fn living(life: Duration) -> Self {
        Self {
            life,
            newest: Arc::default(),
        }
    }

    /// The newest answer, where it still lives; else that to `ask`, for which all wait who come meanwhile.
    pub async fn or_ask(&self, ask: impl Future<Output = Reply> + Send + 'static) -> Reply {
        let mut newest = Arc::clone(&self.newest).lock_owned().await;
        if let Some((answered_at, reply)) = &*newest
            && answered_at.elapsed() < self.life
        {
            return reply.clone();
        }
        // It goes on where whoever asked goes away, so that coming and going does not make the daemon answer more often.
        let asked = tokio::spawn(async move {
            let reply = ask.await;
            *newest = Some((Instant::now(), reply.clone()));
            reply
        });
        let ended = |_| Err(Refused::unavailable("the answer was lost"));
        asked.await.unwrap_or_else(ended)
    }
}
