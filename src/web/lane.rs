//! Questions that wait for the same line to the daemon.
//!
//! Whoever asks and goes away again harms nobody: the line belongs to a task of its own, which reads each answer to its end.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::line::{Line, Question, Reply};
use super::refused::Refused;

/// Questions that may wait.
const WAITING: usize = 32;

/// A line that nobody used for this long is closed; after that nothing happens until somebody asks.
pub(super) const UNUSED: Duration = Duration::from_secs(30);

/// Where to ask.
#[derive(Debug, Clone)]
pub(super) struct Lane(mpsc::Sender<Asked>);

/// A question, and who waits for what comes of it.
#[derive(Debug)]
struct Asked {
    question: Question,
    to: oneshot::Sender<Reply>,
}

impl Lane {
    /// A lane to the daemon at `path`, which may take so long for each answer.
    pub fn start(path: Arc<Path>, patience: Duration) -> Self {
        let (sender, asked) = mpsc::channel(WAITING);
        tokio::spawn(serve(path, patience, asked));
        Self(sender)
    }

    /// Asks, when those before have been answered.
    pub async fn ask(&self, question: Question) -> Reply {
        let (to, answer) = oneshot::channel();
        self.0
            .try_send(Asked { question, to })
            .map_err(|_| too_many())?;
        answer.await.unwrap_or_else(|_| Err(too_many()))
    }
}

fn too_many() -> Refused {
    let text = "too many wait for the daemon's answers";
    Refused::new("busy", text, "ask again in a second")
}

async fn serve(path: Arc<Path>, patience: Duration, mut asked: mpsc::Receiver<Asked>) {
    let mut open = None;
    loop {
        let Some(next) = next_or_end(&mut asked, open.as_ref()).await else {
            open = None;
            continue;
        };
        let Some(Asked { question, to }) = next else {
            return;
        };
        if to.is_closed() {
            continue;
        }
        let reply = ask(&mut open, &path, &question, patience).await;
        // Who asked may have gone.
        let _ = to.send(reply);
    }
}

/// The next question; `None` where an open line ends before, or nobody needs it any more.
async fn next_or_end(
    asked: &mut mpsc::Receiver<Asked>,
    open: Option<&Line>,
) -> Option<Option<Asked>> {
    let Some(line) = open else {
        return Some(asked.recv().await);
    };
    let next = async {
        tokio::select! {
            biased;
            () = line.has_ended() => None,
            next = asked.recv() => Some(next),
        }
    };
    timeout(UNUSED, next).await.ok().flatten()
}

async fn ask(
    open: &mut Option<Line>,
    path: &Path,
    question: &Question,
    patience: Duration,
) -> Reply {
    let mut line = match open.take() {
        Some(line) => line,
        None => Line::open(path).await?,
    };
    let reply = line.ask(question, patience, |_| {}).await?;
    *open = Some(line);
    reply
}
