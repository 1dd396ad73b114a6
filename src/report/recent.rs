//! The latest events, numbered, for whoever asks the daemon about them later; the oldest fall out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::sync::watch;

use super::{Condition, Event};

/// Events that are remembered: some hours of a busy bin.
const REMEMBERED: usize = 1_000;

/// Of a long text, such as what is wrong with a configuration, so many bytes are remembered; the log has all of it. With
/// that, all that is remembered takes a few megabytes at most.
const LONGEST_TEXT: usize = 2_000;

/// An event as it is remembered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recorded {
    /// Its number, counted from 1 at the start of the daemon.
    pub seq: u64,
    /// Milliseconds since 1970, UTC, by the machine's clock.
    pub time_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// The same in words.
    pub text: String,
}

/// The latest events of the daemon. Whoever reads them never holds up whoever reports one for longer than a copy takes.
#[derive(Debug)]
pub struct Recent {
    inside: Mutex<Inside>,
    newest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Inside {
    events: VecDeque<Arc<Recorded>>,
    /// What all events add up to, those that fell out included.
    condition: Condition,
}

impl Default for Recent {
    fn default() -> Self {
        Self {
            inside: Mutex::default(),
            newest: watch::Sender::new(0),
        }
    }
}

impl Recent {
    /// Remembers an event.
    pub fn add(&self, event: &Event) {
        let time_ms = now_ms();
        let event = &shortened(event);
        let mut inside = self.lock();
        inside.condition.take(event);
        let seq = *self.newest.borrow() + 1;
        if inside.events.len() >= REMEMBERED {
            inside.events.pop_front();
        }
        inside.events.push_back(Arc::new(Recorded {
            seq,
            time_ms,
            event: event.clone(),
            text: event.to_string(),
        }));
        self.newest.send_replace(seq);
    }

    /// At most `most` of the remembered events after number `seq`, the oldest first, and how many after it are forgotten.
    #[must_use]
    pub fn after(&self, seq: u64, most: usize) -> (Vec<Arc<Recorded>>, u64) {
        let events = &self.lock().events;
        let forgotten = events.front().map_or(0, |first| first.seq - 1);
        let known = events.iter().filter(|recorded| recorded.seq > seq);
        (
            known.take(most).cloned().collect(),
            forgotten.saturating_sub(seq),
        )
    }

    /// What the events add up to.
    #[must_use]
    pub fn condition(&self) -> Condition {
        self.lock().condition.clone()
    }

    /// The number of the newest event, which changes with each.
    #[must_use]
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An event whose long words are cut.
pub(crate) fn shortened(event: &Event) -> Event {
    let mut event = event.clone();
    if let Event::CameraFailed { error: text, .. }
    | Event::FrameSkipped { error: text, .. }
    | Event::ConfigRefused { error: text }
    | Event::Remark { remark: text } = &mut event
    {
        shorten(text);
    }
    event
}

/// Cuts a long text.
pub(super) fn shorten(text: &mut String) {
    if text.len() > LONGEST_TEXT {
        let ends = (0..=LONGEST_TEXT).rev();
        let end = ends.into_iter().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
        text.push_str(" … (the log has the rest)");
    }
}

/// Milliseconds since 1970, UTC, by the machine's clock.
pub(super) fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_millis() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_story_the_beginning_is_remembered() {
        let recent = Recent::default();
        let error = "ä".repeat(1_000_000);
        recent.add(&Event::ConfigRefused { error });
        let (events, _) = recent.after(0, 1);
        assert!(events[0].text.len() < LONGEST_TEXT + 200);
        assert!(events[0].text.ends_with("(the log has the rest)"));
        assert!(
            recent
                .condition()
                .trouble()
                .is_some_and(|text| text.len() < LONGEST_TEXT + 200)
        );
    }

    #[test]
    fn a_remark_has_no_second_key_for_its_words() {
        let recent = Recent::default();
        let remark = "two pins".to_owned();
        recent.add(&Event::Remark { remark });
        let line = serde_json::to_string(&*recent.after(0, 1).0[0]).expect("written");
        assert_eq!(line.matches("\"text\":").count(), 1, "{line}");
    }

    #[test]
    fn the_oldest_fall_out_and_are_counted() {
        let recent = Recent::default();
        assert_eq!(recent.after(0, 10), (Vec::new(), 0));
        for _ in 0..REMEMBERED + 7 {
            recent.add(&Event::ItemSeen);
        }
        let numbers = |seq: u64, most: usize| {
            let (events, missed) = recent.after(seq, most);
            let numbers: Vec<u64> = events.iter().map(|recorded| recorded.seq).collect();
            (numbers, missed)
        };
        assert_eq!(numbers(0, 2), (vec![8, 9], 7));
        assert_eq!(numbers(5, 1), (vec![8], 2));
        assert_eq!(numbers(8, 1), (vec![9], 0));
        let newest = REMEMBERED as u64 + 7;
        assert_eq!(numbers(newest, 5), (Vec::new(), 0));
        assert_eq!(numbers(u64::MAX, 5), (Vec::new(), 0));
        assert_eq!(*recent.newest().borrow(), newest);
        assert_eq!(recent.condition().counters.items, newest);
    }
}
