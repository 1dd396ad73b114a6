//! A camera on a thread of its own, kept running for ever.
//!
//! Two threads: the *capture thread* opens the camera, captures, closes it after a failure and tries
//! again; the *watcher* owns it and interrupts it when a call into the camera is overdue. Whoever
//! holds the [`CaptureThread`] only ever waits for a frame, and never for a camera.
//!
//! The deadlines here are those of real devices, so this module reads the machine's clock itself.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::contain::contained;
use super::interrupt;
use super::slot::{CaptureCounts, Doing, Slot};
use super::{Camera, Captured, Frame, Opener};
use crate::error::{Error, Result};

/// Opening covers powering up a sensor and waiting for its first picture, which takes a second or two.
const OPENING: Duration = Duration::from_secs(10);

/// Closing may have to wait for a child process or for a USB transfer to be given up.
const CLOSING: Duration = Duration::from_secs(5);

/// How long a stop waits for threads that blocked a moment ago.
const STOPPING: Duration = Duration::from_secs(3);

/// Something about the camera that is worth telling.
#[derive(Debug)]
pub enum CaptureChange {
    /// The camera is open and delivers.
    Opened {
        /// What was opened and what it took.
        description: String,
    },
    /// The camera failed, or could not be opened; it is tried again, for ever.
    Failed {
        /// What happened and what to do about it.
        error: Error,
        /// The wait until the next attempt.
        retry_in: Duration,
    },
    /// A picture or file could not be used and was left out. Repetitions of the same text are only
    /// counted ([`CaptureCounts::skipped`]).
    Skipped {
        /// What could not be used, and why.
        error: Error,
    },
    /// The driver does not return although it was interrupted: the thread sits inside the kernel.
    /// It goes on by itself when the kernel lets go of it; until then there are no frames.
    Stuck {
        /// What the thread was doing: `waiting for a picture`.
        doing: &'static str,
        /// For how long.
        waited: Duration,
    },
    /// A recording came to its end. There will be no more frames and no more changes.
    Ended,
}

/// How long a call into the camera may take before it is interrupted.
#[derive(Debug, Clone, Copy)]
struct Patience {
    open: Duration,
    frame: Duration,
}

/// A camera that captures on its own thread; the newest frame wins, and nothing queues.
pub struct CaptureThread {
    slot: Arc<Slot>,
    watcher: Option<JoinHandle<()>>,
}

impl CaptureThread {
    /// Starts to open and run the camera.
    ///
    /// A camera that delivers no fresh frame for `deadline` is interrupted, closed and opened again;
    /// frames that are older than `deadline` are refused.
    ///
    /// # Errors
    /// The system gives no thread or no signal handler. A camera that does not open is no error here
    /// but a [`CaptureChange::Failed`].
    pub fn start(opener: Box<dyn Opener>, deadline: Duration) -> Result<Self> {
        Self::start_with(
            opener,
            Patience {
                open: OPENING + deadline,
                frame: deadline,
            },
        )
    }

    fn start_with(opener: Box<dyn Opener>, patience: Patience) -> Result<Self> {
        interrupt::prepare()?;
        let slot = Arc::new(Slot::new(patience.frame));
        let capture = spawn("capture", {
            let slot = Arc::clone(&slot);
            move || run(opener, &slot, patience)
        })?;
        let watcher = spawn("capture-watch", {
            let slot = Arc::clone(&slot);
            move || watch(capture, &slot)
        });
        if watcher.is_err() {
            // Nobody could interrupt the camera: better none than one that hangs for ever.
            slot.stop(Instant::now());
        }
        Ok(Self {
            slot,
            watcher: Some(watcher?),
        })
    }

    /// Swaps the newest unseen frame into `frame`, waiting for one until `until`; `false` when there
    /// was none. What `frame` held before becomes a buffer for a later frame.
    #[must_use]
    pub fn wait_newer(&self, frame: &mut Frame, until: Instant) -> bool {
        self.slot.wait_newer(frame, until)
    }

    /// What has changed since the last call, oldest first.
    #[must_use]
    pub fn changes(&self) -> Vec<CaptureChange> {
        self.slot.take_changes()
    }

    /// What was counted so far.
    #[must_use]
    pub fn counts(&self) -> CaptureCounts {
        self.slot.counts()
    }

    /// Interrupts the camera, closes it and ends the threads; `false` when they did not end within
    /// three seconds because a driver does not return. They are then left behind.
    #[must_use = "a camera that does not let go may be worth a word"]
    pub fn stop(mut self) -> bool {
        self.halt()
    }

    /// Stops this camera and starts another; a device that both name is free by then.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn replace(&mut self, opener: Box<dyn Opener>, deadline: Duration) -> Result<()> {
        self.halt();
        *self = Self::start(opener, deadline)?;
        Ok(())
    }

    fn halt(&mut self) -> bool {
        let Some(watcher) = self.watcher.take() else {
            return true;
        };
        let ended = self.slot.stop(Instant::now() + STOPPING);
        if ended {
            // The watcher contains no panic of a camera, and has nothing more to say.
            let _ = watcher.join();
        }
        ended
    }
}

impl Drop for CaptureThread {
    fn drop(&mut self) {
        self.halt();
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new()
        .name(name.into())
        .spawn(body)
        .map_err(|error| {
            Error::internal(format!("the system gives no thread for {name}")).caused_by(error)
        })
}

/// The watcher: interrupts the capture thread whenever it is overdue, until it ends.
fn watch(capture: JoinHandle<()>, slot: &Slot) {
    while slot.watch(|| interrupt::interrupt(&capture)) {}
    let _ = capture.join();
}

/// The capture thread: one session with the camera after the other.
fn run(opener: Box<dyn Opener>, slot: &Slot, patience: Patience) {
    // Declared first and therefore dropped last, on every way out of here.
    let _over = Over(slot);
    let mut session = Session {
        opener,
        slot,
        patience,
        backoff: Backoff::default(),
        frame: Frame::empty(Instant::now()),
    };
    interrupt::shield();
    while !slot.stopping() {
        match session.run() {
            _ if slot.stopping() => break,
            Ok(()) => {
                slot.report(CaptureChange::Ended);
                break;
            }
            Err(error) => {
                let retry_in = session.backoff.after_failure();
                slot.report(CaptureChange::Failed { error, retry_in });
                slot.rest(retry_in);
            }
        }
    }
}

struct Over<'a>(&'a Slot);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over();
    }
}

struct Session<'a> {
    opener: Box<dyn Opener>,
    slot: &'a Slot,
    patience: Patience,
    backoff: Backoff,
    frame: Frame,
}

impl Session<'_> {
    /// From opening the camera to closing it; `Ok` when a recording came to its end.
    fn run(&mut self) -> Result<()> {
        let mut camera = self.open()?;
        let description = camera.description().to_owned();
        self.slot.report(CaptureChange::Opened {
            description: description.clone(),
        });
        let outcome = self.deliver(camera.as_mut(), &description);
        self.slot.begin(Doing::Closing, CLOSING);
        let closed = contained(&description, || {
            drop(camera);
            Ok(())
        });
        outcome.and(closed)
    }

    fn open(&mut self) -> Result<Box<dyn Camera>> {
        self.slot.begin(Doing::Opening, self.patience.open);
        let opened = contained("the camera", || self.opener.open());
        opened.map_err(|error| {
            if !self.slot.is_overdue() {
                return error;
            }
            let waited = self.patience.open.as_secs_f32();
            Error::unavailable(format!("the camera did not open within {waited} s"))
                .caused_by(error)
                .advice("unplug it and plug it in again")
        })
    }

    fn deliver(&mut self, camera: &mut dyn Camera, description: &str) -> Result<()> {
        self.slot.begin(Doing::Capturing, self.patience.frame);
        while !self.slot.stopping() {
            let captured = contained(description, || camera.capture(&mut self.frame));
            let good =
                matches!(captured, Ok(Captured::Frame)) && self.slot.publish(&mut self.frame);
            if good {
                self.backoff.reset();
                continue;
            }
            if matches!(captured, Ok(Captured::End)) {
                break;
            }
            if self.slot.is_overdue() {
                return Err(silent(description, self.patience.frame, captured.err()));
            }
            if let Captured::Skipped(error) = captured? {
                self.slot.report(CaptureChange::Skipped { error });
            }
        }
        Ok(())
    }
}

fn silent(description: &str, deadline: Duration, cause: Option<Error>) -> Error {
    let waited = deadline.as_secs_f32();
    let error = Error::unavailable(format!("{description}: no usable picture for {waited} s"))
        .advice("check its cable and its power supply");
    match cause {
        Some(cause) => error.caused_by(cause),
        None => error,
    }
}

#[cfg(test)]
#[path = "thread_tests.rs"]
mod tests;
