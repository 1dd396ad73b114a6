//! The signals by which a process is asked to end or to stop.
//!
//! All of them are caught, since by default each would leave a light on. They are caught and not ignored: a
//! child process, such as rpicam-vid, inherits what is ignored and not what is caught. Left to the kernel are
//! KILL and STOP, which cannot be caught, and the four faults of a program itself (SEGV, BUS, ILL, FPE), after
//! which nothing of it can be relied on: after them the unit parks (`ExecStopPost`), or its watchdog bites.
//! `SIGPIPE` is ignored by Rust's runtime, which gives it back to child processes: a reader that goes away is
//! told by the write, and is no reason to stop sorting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nix::libc;
use nix::sys::signal::Signal;
use signal_hook::flag;

use crate::error::{Error, Result};

/// Those that end a process by default, and are sent by somebody (`signal(7)`, "Standard signals"); all but
/// `SIGHUP`, which means a reload to the daemon.
const ENDING: [i32; 15] = [
    libc::SIGTERM,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGABRT,
    libc::SIGTRAP,
    libc::SIGSYS,
    libc::SIGIO,
    libc::SIGPWR,
    libc::SIGXCPU,
    libc::SIGXFSZ,
];

/// Those that stop a process by default until it is told to continue: Ctrl-Z, and a terminal that belongs to
/// another.
pub const STOPPING: [i32; 3] = [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];

/// Takes a stop back. It continues a process by default, and is caught because a stop waits until all is at rest.
pub const CONTINUING: i32 = libc::SIGCONT;

/// Asks the daemon to reload, and everything else to end.
pub const HANGUP: i32 = libc::SIGHUP;

/// Every signal that ends a process by default, the most usual first; real-time signals are among them.
pub fn ending() -> impl Iterator<Item = i32> {
    let stack_fault = [libc::SIGSTKFLT].into_iter();
    let real_time = libc::SIGRTMIN()..=libc::SIGRTMAX();
    ENDING.into_iter().chain(stack_fault).chain(real_time)
}

/// The signal's name, as `kill` takes it.
#[must_use]
pub fn name(signal: i32) -> String {
    Signal::try_from(signal).map_or_else(
        |_| format!("signal {signal}"),
        |signal| signal.as_str().to_owned(),
    )
}

/// What a command that drives outputs was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    end: Arc<AtomicBool>,
    /// [`STOP`], or [`GO_ON`] once that was taken back.
    stop: Arc<AtomicUsize>,
}

const GO_ON: usize = 0;
const STOP: usize = 1;

impl Asked {
    /// From now on the signals only leave word here.
    ///
    /// # Errors
    /// The system gives no handler.
    pub fn catch() -> Result<Self> {
        let asked = Self {
            end: Arc::default(),
            stop: Arc::default(),
        };
        let no_handler = |signal| {
            move |error| {
                Error::internal(format!("no handler for {}", name(signal))).caused_by(error)
            }
        };
        for signal in ending().chain([HANGUP]) {
            flag::register(signal, Arc::clone(&asked.end)).map_err(no_handler(signal))?;
        }
        let stopping = STOPPING.map(|signal| (signal, STOP));
        for (signal, wish) in stopping.into_iter().chain([(CONTINUING, GO_ON)]) {
            flag::register_usize(signal, Arc::clone(&asked.stop), wish)
                .map_err(no_handler(signal))?;
        }
        Ok(asked)
    }

    /// Whether it is to end.
    #[must_use]
    pub fn to_end(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether it is to end, or to stop.
    #[must_use]
    pub fn anything(&self) -> bool {
        self.to_end() || self.stop.load(Ordering::Relaxed) == STOP
    }

    /// Stops the process if it was asked to, unless it is to end; call it at rest. Returns when it is told to
    /// continue.
    pub fn stop_if_asked(&self) {
        if self.stop.swap(GO_ON, Ordering::Relaxed) == STOP && !self.to_end() {
            stop_now();
        }
    }
}

/// Stops this process until it is told to continue, as Ctrl-Z does by default.
pub fn stop_now() {
    // A process may always stop itself; and if not, it goes on at rest.
    let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), Signal::SIGSTOP);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_that_ends_or_stops_by_default_is_caught_or_named_above() {
        // `signal(7)`: these are ignored by default, or continue a process; Rust ignores SIGPIPE.
        let harmless = [
            libc::SIGPIPE,
            libc::SIGCHLD,
            libc::SIGURG,
            libc::SIGWINCH,
            libc::SIGCONT,
        ];
        let cannot = [libc::SIGKILL, libc::SIGSTOP];
        let faults = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE];
        // The two between 32 and the first real-time signal belong to the C library.
        for signal in (1..=31).chain(libc::SIGRTMIN()..=libc::SIGRTMAX()) {
            let caught = ending().any(|ending| ending == signal)
                || STOPPING.contains(&signal)
                || signal == HANGUP;
            let left = [&harmless[..], &cannot, &faults].concat();
            assert_ne!(caught, left.contains(&signal), "{}", name(signal));
        }
    }
}
