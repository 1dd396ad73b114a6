//! Getting a thread out of a blocking system call.
//!
//! The camera crate waits in `poll` without a timeout, so a silent camera would hold its thread for
//! ever. `poll` returns `EINTR` whenever a handled signal reaches the thread, whatever `SA_RESTART`
//! says (`signal(7)`, "Interruption of system calls"). The signal is `SIGURG`: ignored by default, so
//! that a stray one harms nobody, and used for the same purpose by other runtimes.

use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Instant;

use nix::sys::pthread::pthread_kill;
use nix::sys::signal::{SigSet, SigmaskHow, Signal};

use crate::error::{Error, Result};

const SIGNAL: Signal = Signal::SIGURG;

/// Makes the signal one that interrupts: an ignored signal would not. Once a process.
///
/// # Errors
/// The kernel refuses the handler.
pub(super) fn prepare() -> Result<()> {
    static REGISTERED: OnceLock<std::result::Result<(), String>> = OnceLock::new();
    REGISTERED
        .get_or_init(|| {
            // The flag is never read: the interrupted call is the message.
            signal_hook::flag::register(SIGNAL as i32, Arc::new(AtomicBool::new(false)))
                .map(drop)
                .map_err(|error| error.to_string())
        })
        .clone()
        .map_err(|cause| {
            Error::internal("no handler for SIGURG, which silent cameras need").caused_by(cause)
        })
}

/// Interrupts the call in which `thread` blocks. Harmless when it blocks in none, and lost when it is
/// about to: repeat it until the thread reacts.
pub(super) fn interrupt<T>(thread: &JoinHandle<T>) {
    // The only failure is that the thread has ended, which is what the caller waits for.
    let _ = pthread_kill(thread.as_pthread_t(), SIGNAL);
}

/// Lets nothing but our signal interrupt the calling thread.
///
/// A `SIGHUP` meant for the daemon would otherwise be delivered to whichever thread comes handy, and
/// would look like a failing camera when that is the capture thread.
pub(super) fn shield() {
    let mut others = SigSet::all();
    for signal in [
        SIGNAL,
        Signal::SIGSEGV,
        Signal::SIGBUS,
        Signal::SIGILL,
        Signal::SIGFPE,
        Signal::SIGABRT,
    ] {
        others.remove(signal);
    }
    let _ = others.thread_block();
}

/// Runs `start` without the shield, so that a child process does not inherit it: it could then not be
/// asked to end.
pub(super) fn unshielded<T>(start: impl FnOnce() -> T) -> T {
    let shielded = SigSet::empty().thread_swap_mask(SigmaskHow::SIG_SETMASK);
    let result = start();
    if let Ok(mask) = shielded {
        let _ = mask.thread_set_mask();
    }
    result
}

/// Sleeps until `until`; `false` when it was interrupted before.
pub(super) fn sleep_until(until: Instant) -> bool {
    while let Some(left) = until
        .checked_duration_since(Instant::now())
        .filter(|d| !d.is_zero())
    {
        let timeout = rustix::event::Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        if rustix::event::poll(&mut [], Some(&timeout)).is_err() {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shield_is_off_only_while_a_child_is_started() {
        let mask = || SigSet::thread_get_mask().expect("a thread has a mask");
        // On a thread of its own, because the mask stays.
        let shielded = std::thread::spawn(move || {
            shield();
            let unshielded = unshielded(mask);
            (unshielded, mask())
        });
        let (unshielded, after) = shielded.join().expect("no panic");
        assert_eq!(unshielded, SigSet::empty());
        assert!(after.contains(Signal::SIGTERM) && !after.contains(SIGNAL));
    }
}
