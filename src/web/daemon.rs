//! The daemon, as all visitors together ask it: seldom, over few connections, and never twice for the same thing.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::cached::Cached;
use super::events::{Events, Since};
use super::lane::Lane;
use super::line::{Question, Reply};
use super::refused::Refused;

/// The daemon answers within moments; one that does not hangs.
const MOMENTS: Duration = Duration::from_secs(10);

/// Proving a configuration with its model may take this long.
const PROOF: Duration = Duration::from_secs(60);

/// A running daemon, or the place where one may run.
#[derive(Debug)]
pub(super) struct Daemon {
    /// For what is answered at once. What brings a bin to rest is asked here, and waits for nothing that takes long.
    quick: Lane,
    /// Whoever is not paired may ask here, and holds up nobody who is.
    pairing: Lane,
    /// A picture may be waited for where a camera has gone.
    pictures: Lane,
    /// The memory answers four times a second.
    figures: Lane,
    /// For what loads a configuration or a model.
    slow: Lane,
    status: Cached,
    look: Cached,
    model: Cached,
    privacy: Cached,
    events: Events,
}

impl Daemon {
    /// The one whose control socket is at `path`.
    pub fn at(path: &Path) -> Self {
        let path: Arc<Path> = path.into();
        let lane = |patience| Lane::start(Arc::clone(&path), patience);
        Self {
            quick: lane(MOMENTS),
            pairing: lane(MOMENTS),
            pictures: lane(MOMENTS),
            figures: lane(MOMENTS),
            slow: lane(PROOF),
            status: Cached::living(Duration::from_millis(250)),
            look: Cached::living(Duration::from_millis(500)),
            model: Cached::living(Duration::from_secs(1)),
            privacy: Cached::living(Duration::from_secs(1)),
            events: Events::start(path),
        }
    }

    /// How it is, and at which start; the pairing code, which is for who has the machine's own screen, is left out.
    pub async fn status(&self) -> Result<Map<String, Value>, Refused> {
        let lane = self.quick.clone();
        let ask = async move { lane.ask(Question::plain("status")).await };
        let answer = self.status.or_ask(ask).await?;
        let mut status: Map<String, Value> =
            serde_json::from_slice(&answer.json).unwrap_or_default();
        status.remove("pairing");
        status.insert("start".into(), Value::from(&*answer.start));
        Ok(status)
    }

    /// What it sees.
    pub async fn look(&self) -> Reply {
        let lane = self.pictures.clone();
        let ask = async move { lane.ask(Question::plain("look")).await };
        self.look.or_ask(ask).await
    }

    /// What its model says of itself.
    pub async fn model(&self) -> Reply {
        let lane = self.quick.clone();
        let ask = async move { lane.ask(Question::plain("model.info")).await };
        self.model.or_ask(ask).await
    }

    /// What it processes and stores.
    pub async fn privacy(&self) -> Reply {
        let lane = self.figures.clone();
        let ask = async move { lane.ask(Question::plain("privacy")).await };
        self.privacy.or_ask(ask).await
    }

    /// The events after the one that is known; all that are remembered, where none is.
    pub async fn events(&self, since: Option<&Since>) -> Result<String, Refused> {
        Ok(self.events.newest().await?.told(since))
    }

    /// What it answers to a request with these arguments.
    pub async fn ask(&self, request: &str, arguments: Map<String, Value>) -> Reply {
        let lane = match request {
            "pair" => &self.pairing,
            "stats" => &self.figures,
            "model.test" => &self.slow,
            _ if request.starts_with("config.") => &self.slow,
            _ => &self.quick,
        };
        lane.ask(Question::new(request, arguments)).await
    }
}
