//! Tells systemd how the daemon is; does nothing where systemd did not start it.
//!
//! A socket that is not read fills up and then blocks. So a thread of its own tells systemd, and what waits
//! for it is what systemd needs to know once it reads again, not all that it was to be told.

use std::collections::VecDeque;
use std::mem::{Discriminant, discriminant, replace, take};
use std::sync::OnceLock;
use std::time::Duration;

use sd_notify::NotifyState;

use crate::report::{Outbox, Waiting};

/// The daemon works: everything is checked, the outputs are at rest, the loop turns.
pub(super) fn ready() {
    post(|waiting| waiting.enter(vec![NotifyState::Ready]));
}

/// A reload has begun; [`ready`] ends it.
pub(super) fn reloading() {
    let mut states = vec![NotifyState::Reloading];
    states.extend(NotifyState::monotonic_usec_now());
    post(|waiting| waiting.enter(states));
}

/// The daemon goes to rest.
pub(super) fn stopping() {
    post(|waiting| waiting.enter(vec![NotifyState::Stopping]));
}

/// The loop turns and frames flow.
pub(super) fn watchdog() {
    post(|waiting| waiting.watchdog = true);
}

/// One line for `systemctl status`.
pub(super) fn status(text: &str) {
    post(|waiting| waiting.status = Some(text.into()));
}

/// How often systemd wants to hear of us; `None` where it does not watch.
pub(super) fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn post(put: impl FnOnce(&mut ForSystemd)) {
    static OUTBOX: OnceLock<Option<Outbox<ForSystemd>>> = OnceLock::new();
    if let Some(outbox) = OUTBOX.get_or_init(start) {
        outbox.put(put);
    }
}

fn start() -> Option<Outbox<ForSystemd>> {
    std::env::var_os("NOTIFY_SOCKET")?;
    let mut fails = false;
    let send = move |message: Message| {
        let told = match &message {
            Message::States(states) => sd_notify::notify(states),
            Message::Status(text) => sd_notify::notify(&[NotifyState::Status(text)]),
        };
        // systemd restarts what it does not hear of; there is nobody else to tell.
        let failed_before = replace(&mut fails, told.is_err());
        if let Err(error) = told
            && !failed_before
        {
            log::warn!(target: "sortd", "systemd cannot be told: {error}");
        }
    };
    Outbox::start("notify", ForSystemd::default(), send)
        .inspect_err(|error| {
            log::warn!(target: "sortd", "systemd cannot be told, for want of a thread: {error}");
        })
        .ok()
}

/// What systemd does not know yet.
#[derive(Debug, Default)]
struct ForSystemd {
    /// Where the daemon stands in its life: what it entered last of each kind, in order.
    life: VecDeque<Vec<NotifyState<'static>>>,
    watchdog: bool,
    status: Option<String>,
}

/// One datagram.
#[derive(Debug)]
enum Message {
    States(Vec<NotifyState<'static>>),
    Status(String),
}

impl ForSystemd {
    /// The daemon enters a state of its life. That it was in the same state before is of no use any more to
    /// somebody who has not read it yet.
    fn enter(&mut self, states: Vec<NotifyState<'static>>) {
        self.life.retain(|known| kind(known) != kind(&states));
        self.life.push_back(states);
    }
}

fn kind(states: &[NotifyState<'static>]) -> Option<Discriminant<NotifyState<'static>>> {
    states.first().map(discriminant)
}

impl Waiting for ForSystemd {
    type Item = Message;

    /// What systemd acts upon goes before what it only shows.
    fn take(&mut self) -> Option<Message> {
        if let Some(states) = self.life.pop_front() {
            return Some(Message::States(states));
        }
        if take(&mut self.watchdog) {
            return Some(Message::States(vec![NotifyState::Watchdog]));
        }
        self.status.take().map(Message::Status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(mut waiting: ForSystemd) -> Vec<String> {
        std::iter::from_fn(|| waiting.take())
            .map(|message| match message {
                Message::States(states) => states[0].to_string(),
                Message::Status(text) => NotifyState::Status(&text).to_string(),
            })
            .collect()
    }

    #[test]
    fn what_systemd_acts_upon_goes_before_what_it_shows() {
        let mut waiting = ForSystemd {
            status: Some("waiting".into()),
            watchdog: true,
            ..ForSystemd::default()
        };
        waiting.enter(vec![NotifyState::Ready]);
        waiting.enter(vec![NotifyState::Stopping]);
        assert_eq!(
            taken(waiting),
            ["READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=waiting"]
        );
    }

    #[test]
    fn however_long_systemd_does_not_read_little_waits_for_it() {
        let mut waiting = ForSystemd::default();
        for turn in 0..1000 {
            waiting.enter(vec![NotifyState::Reloading]);
            waiting.enter(vec![NotifyState::Ready]);
            waiting.watchdog = true;
            waiting.status = Some(format!("turn {turn}"));
        }
        assert_eq!(
            taken(waiting),
            ["RELOADING=1", "READY=1", "WATCHDOG=1", "STATUS=turn 999"]
        );
    }
}
