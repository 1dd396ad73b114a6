//! Tells systemd how the daemon is; does nothing where systemd did not start it.

use std::time::Duration;

use sd_notify::NotifyState;

/// The daemon works: everything is checked, the outputs are at rest, the loop turns.
pub(super) fn ready() {
    send(&[NotifyState::Ready]);
}

/// A reload has begun; [`ready`] ends it.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => send(&[NotifyState::Reloading, now]),
        Err(_) => send(&[NotifyState::Reloading]),
    }
}

/// The daemon goes to rest.
pub(super) fn stopping() {
    send(&[NotifyState::Stopping]);
}

/// The loop turns and frames flow.
pub(super) fn watchdog() {
    send(&[NotifyState::Watchdog]);
}

/// One line for `systemctl status`.
pub(super) fn status(text: &str) {
    send(&[NotifyState::Status(text)]);
}

/// How often systemd wants to hear of us; `None` where it does not watch.
pub(super) fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn send(state: &[NotifyState<'_>]) {
    // systemd restarts what it does not hear of; there is nobody else to tell.
    if let Err(error) = sd_notify::notify(state) {
        log::warn!(target: "sortd", "systemd cannot be told: {error}");
    }
}
