//! The latest events of the daemon, for all who ask for those after one that they know.
//!
//! They are followed on a line of their own. Nothing is read from it until somebody asks; the reply to a `status` then tells
//! that all which happened before has come. What was read is kept, so that a new line asks for the rest alone.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::lane::UNUSED;
use super::line::{Line, Question};
use super::refused::Refused;

/// As many as the daemon remembers.
const REMEMBERED: usize = 1_000;

/// The longest answer: all events of a usual day. Of more, or of longer ones, the newest are told.
const LONGEST_TOLD: usize = 256 * 1024;

/// Whoever asks within this shares what was read.
const LIFE: Duration = Duration::from_millis(250);

/// The daemon answers within moments.
const PATIENCE: Duration = Duration::from_secs(10);

/// Those who may wait.
const WAITING: usize = 64;

/// What was read of the daemon's events.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    start: Arc<str>,
    /// The number of the newest event that may be known.
    newest: u64,
    /// Numbers and JSON, the oldest first.
    events: VecDeque<(u64, Arc<str>)>,
}

/// From where on somebody asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Since {
    /// The start of the daemon that numbered the event.
    pub start: String,
    /// The event's number.
    pub seq: u64,
}

/// The number of an event.
#[derive(Deserialize)]
struct Numbered {
    seq: u64,
}

impl Window {
    /// The answer's JSON for who knows the events up to `since`; for who knows none, all.
    pub fn told(&self, since: Option<&Since>) -> String {
        let known = match since {
            Some(since) if *since.start == *self.start => since.seq,
            // Of another start nothing is known but that everything since then is new.
            _ => 0,
        };
        let mut first_told = self.events.len();
        let mut length = 0;
        for (seq, event) in self.events.iter().rev() {
            length += event.len() + 1;
            if *seq <= known || length > LONGEST_TOLD {
                break;
            }
            first_told -= 1;
        }
        let new = self.events.range(first_told..);
        let forgotten = self.newest.saturating_sub(known) - new.len() as u64;
        let missed = since.map_or(0, |_| forgotten);
        let mut told = format!(
            "{{\"start\":{},\"missed\":{missed},\"events\":[",
            json!(*self.start)
        );
        for (place, (_, event)) in new.enumerate() {
            let comma = if place == 0 { "" } else { "," };
            // Writing into a string cannot fail.
            let _ = write!(told, "{comma}{event}");
        }
        told.push_str("]}");
        told
    }

    /// Remembers an event that comes next; one without a number, or an old one, is none.
    fn add(&mut self, event: &str) {
        let Ok(Numbered { seq }) = serde_json::from_str(event) else {
            return;
        };
        if seq <= self.newest {
            return;
        }
        if self.events.len() >= REMEMBERED {
            self.events.pop_front();
        }
        self.newest = seq;
        self.events.push_back((seq, event.into()));
    }

    /// Another daemon numbers anew.
    fn begin_anew(&mut self, start: &Arc<str>) {
        if *start != self.start {
            *self = Self {
                start: Arc::clone(start),
                ..Self::default()
            };
        }
    }

    fn question(&self) -> Question {
        let since = json!({ "start": *self.start, "seq": self.newest });
        Question::new("events", Map::from_iter([("since".into(), since)]))
    }
}

/// What comes of asking for events.
type Seen = Result<Arc<Window>, Refused>;

/// Where to ask for them.
#[derive(Debug)]
pub(super) struct Events(mpsc::Sender<oneshot::Sender<Seen>>);

impl Events {
    /// Those of the daemon at `path`.
    pub fn start(path: Arc<Path>) -> Self {
        let (sender, asked) = mpsc::channel(WAITING);
        let follower = Follower {
            path,
            line: None,
            window: Arc::default(),
            read: None,
        };
        tokio::spawn(follower.serve(asked));
        Self(sender)
    }

    /// All that are remembered.
    pub async fn newest(&self) -> Seen {
        let ended = || Refused::unavailable("the events cannot be read");
        let (to, seen) = oneshot::channel();
        self.0.send(to).await.map_err(|_| ended())?;
        seen.await.map_err(|_| ended())?
    }
}

/// Who reads the events.
struct Follower {
    path: Arc<Path>,
    line: Option<Line>,
    window: Arc<Window>,
    /// When they were read last, and what came of it.
    read: Option<(Instant, Result<(), Refused>)>,
}

impl Follower {
    async fn serve(mut self, mut asked: mpsc::Receiver<oneshot::Sender<Seen>>) {
        loop {
            let next = match &self.line {
                None => Ok(asked.recv().await),
                Some(_) => timeout(UNUSED, asked.recv()).await,
            };
            let Ok(next) = next else {
                self.line = None;
                continue;
            };
            let Some(to) = next else { return };
            let seen = self.read_again().await;
            // Who asked may have gone.
            let _ = to.send(seen.map(|()| Arc::clone(&self.window)));
        }
    }

    async fn read_again(&mut self) -> Result<(), Refused> {
        if let Some((read_at, outcome)) = &self.read
            && read_at.elapsed() < LIFE
        {
            return outcome.clone();
        }
        let is_old = self.line.is_some();
        let mut outcome = self.read().await;
        // A line that was there before may have ended long ago, which nobody noticed.
        if outcome.is_err() && is_old {
            outcome = self.read().await;
        }
        self.read = Some((Instant::now(), outcome.clone()));
        outcome
    }

    /// Reads what happened until now; a line that fails is given up.
    async fn read(&mut self) -> Result<(), Refused> {
        let mut line = match self.line.take() {
            Some(line) => line,
            None => self.follow().await?,
        };
        let window = Arc::make_mut(&mut self.window);
        let status = Question::plain("status");
        let reply = line
            .ask(&status, PATIENCE, |event| window.add(event))
            .await?;
        reply?;
        self.line = Some(line);
        Ok(())
    }

    /// A new line, on which the events follow that are not known yet.
    async fn follow(&mut self) -> Result<Line, Refused> {
        let mut line = Line::open(&self.path).await?;
        let window = Arc::make_mut(&mut self.window);
        window.begin_anew(&line.start);
        let begun = line.ask(&window.question(), PATIENCE, |_| {}).await??;
        let begins: Map<String, Value> = serde_json::from_slice(&begun.json).unwrap_or_default();
        // The first that follows may be a later one, where those between are forgotten.
        let after = begins.get("after").and_then(Value::as_u64).unwrap_or(0);
        window.newest = window.newest.max(after);
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(numbers: &[u64]) -> Window {
        let mut window = Window::default();
        window.begin_anew(&Arc::from("1f"));
        for seq in numbers {
            window.add(&json!({ "seq": seq, "text": "\u{1f5d1}" }).to_string());
        }
        window
    }

    fn told(window: &Window, since: Option<(&str, u64)>) -> (u64, Vec<u64>) {
        let since = since.map(|(start, seq)| Since {
            start: start.into(),
            seq,
        });
        let told: Value = serde_json::from_str(&window.told(since.as_ref())).expect("JSON");
        assert_eq!(told["start"], *window.start);
        let events = told["events"].as_array().expect("events");
        let numbers = events.iter().map(|event| event["seq"].as_u64());
        let numbers = numbers.collect::<Option<_>>().expect("numbers");
        (told["missed"].as_u64().expect("missed"), numbers)
    }

    #[test]
    fn those_after_a_known_one_are_told_and_how_many_are_forgotten() {
        let window = window(&[4, 5, 8, 8, 3]);
        for (since, expected) in [
            (None, (0, vec![4, 5, 8])),
            (Some(("1f", 0)), (5, vec![4, 5, 8])),
            (Some(("1f", 4)), (2, vec![5, 8])),
            (Some(("1f", 5)), (2, vec![8])),
            (Some(("1f", 8)), (0, vec![])),
            (Some(("1f", u64::MAX)), (0, vec![])),
            (Some(("2e", 8)), (5, vec![4, 5, 8])),
        ] {
            assert_eq!(told(&window, since), expected, "{since:?}");
        }
        assert_eq!(told(&Window::default(), None), (0, vec![]));
    }

    #[test]
    fn of_long_events_the_newest_are_told() {
        let mut window = window(&[]);
        for seq in 1..=500 {
            window.add(&json!({ "seq": seq, "text": "x".repeat(2_000) }).to_string());
        }
        let (missed, numbers) = told(&window, Some(("1f", 0)));
        assert_eq!(missed + numbers.len() as u64, 500);
        assert!((100..200).contains(&numbers.len()), "{}", numbers.len());
        assert_eq!(numbers.last(), Some(&500));
        assert!(window.told(None).len() <= LONGEST_TOLD + 100);
    }

    #[test]
    fn as_many_are_kept_as_the_daemon_remembers_and_none_of_another_start() {
        let mut window = window(&(1..=1_500).collect::<Vec<_>>());
        assert_eq!(window.events.len(), REMEMBERED);
        assert_eq!(told(&window, Some(("1f", 0))).0, 500);
        window.add("no JSON");
        window.begin_anew(&Arc::from("1f"));
        assert_eq!(window.newest, 1_500);
        window.begin_anew(&Arc::from("2e"));
        assert_eq!((window.newest, window.events.len()), (0, 0));
    }
}
