//! An answer of the daemon that all who ask within a moment share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::time::sleep;

use super::line::Reply;
use super::refused::Refused;

/// What the daemon answered last to a question.
#[derive(Debug)]
pub(super) struct Cached {
    /// For how long it is as good as a new one.
    life: Duration,
    newest: Newest,
}

/// The newest answer, and when it came.
type Newest = Arc<Mutex<Option<(Instant, Reply)>>>;

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
        let (all, life) = (Arc::clone(&self.newest), self.life);
        let mut newest = Arc::clone(&all).lock_owned().await;
        if let Some((answered_at, reply)) = &*newest
            && answered_at.elapsed() < life
        {
            return reply.clone();
        }
        // What is of no more use is not held while its successor is waited for.
        *newest = None;
        // It goes on where whoever asked goes away, so that coming and going does not make the daemon answer more often.
        let asked = tokio::spawn(async move {
            let reply = ask.await;
            let answered_at = Instant::now();
            *newest = Some((answered_at, reply.clone()));
            tokio::spawn(forget(all, answered_at, life));
            reply
        });
        let ended = |_| Err(Refused::unavailable("the answer was lost"));
        asked.await.unwrap_or_else(ended)
    }
}

/// Lets go of the answer that came then, when it is of no more use: it may be a picture.
async fn forget(newest: Newest, came: Instant, life: Duration) {
    sleep(life).await;
    newest.lock().await.take_if(|(at, _)| *at == came);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_is_shared_for_a_while_and_then_forgotten() {
        let answer = |text: &str| Err(Refused::unavailable(text));
        let cached = Cached::living(Duration::from_secs(3600));
        let first = async move { answer("one") };
        assert_eq!(cached.or_ask(first).await.err(), answer("one").err());
        let second = async move { answer("two") };
        assert_eq!(cached.or_ask(second).await.err(), answer("one").err());
        let short = Cached::living(Duration::from_millis(1));
        let _ = short.or_ask(async move { answer("three") }).await;
        while short.newest.lock().await.is_some() {
            sleep(Duration::from_millis(1)).await;
        }
    }
}
