//! A camera for tests: it does what it is told, reports what it was asked, and blocks as a driver does.

use std::collections::VecDeque;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};

use super::{Camera, Captured, Frame, Opener, PixelFormat};
use crate::error::{Error, Result};

pub(super) enum Step {
    Frame(u8),
    OldFrame(Duration),
    Skip(&'static str),
    Fail,
    Panic,
    End,
}

/// What a test and the cameras that it makes share.
pub(super) struct Remote {
    steps: Mutex<VecDeque<Step>>,
    wake: PipeWriter,
    waiting: PipeReader,
    /// How many of the next openings fail, and how many block.
    pub(super) failing: AtomicUsize,
    pub(super) blocking: AtomicUsize,
    /// Whether signals are shrugged off, as by a driver that blocks inside the kernel.
    pub(super) stubborn: bool,
    pub(super) panics_when_closed: bool,
    events: Sender<Event>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    Opening,
    Capturing,
    Closed,
}

impl Remote {
    pub(super) fn new() -> (Self, Receiver<Event>) {
        let (events, received) = channel();
        let (waiting, wake) = std::io::pipe().unwrap();
        let remote = Self {
            steps: Mutex::default(),
            wake,
            waiting,
            failing: AtomicUsize::new(0),
            blocking: AtomicUsize::new(0),
            stubborn: false,
            panics_when_closed: false,
            events,
        };
        (remote, received)
    }

    pub(super) fn tell(&self, step: Step) {
        self.steps.lock().unwrap().push_back(step);
        (&self.wake).write_all(&[0]).unwrap();
    }

    /// Blocks as nokhwa does: in a `poll` without a timeout.
    fn next_step(&self) -> Result<Step> {
        loop {
            let next = self
                .steps
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front();
            if let Some(step) = next {
                (&self.waiting).read_exact(&mut [0]).unwrap();
                return Ok(step);
            }
            let polled = poll(&mut [PollFd::new(&self.waiting, PollFlags::IN)], None);
            if polled.is_err() && !self.stubborn {
                return Err(Error::unavailable("interrupted"));
            }
        }
    }
}

pub(super) struct FakeOpener(pub(super) Arc<Remote>);

impl Opener for FakeOpener {
    fn open(&mut self) -> Result<Box<dyn Camera>> {
        let _ = self.0.events.send(Event::Opening);
        let one_less = |left: usize| left.checked_sub(1);
        let order = Ordering::SeqCst;
        if self.0.failing.fetch_update(order, order, one_less).is_ok() {
            return Err(Error::unavailable("nobody there"));
        }
        if self.0.blocking.fetch_update(order, order, one_less).is_ok() {
            self.0.next_step()?;
        }
        Ok(Box::new(FakeCamera(Arc::clone(&self.0))))
    }
}

pub(super) struct FakeCamera(Arc<Remote>);

impl Camera for FakeCamera {
    fn description(&self) -> &'static str {
        "fake camera"
    }

    fn capture(&mut self, frame: &mut Frame) -> Result<Captured> {
        let _ = self.0.events.send(Event::Capturing);
        let (value, age) = match self.0.next_step()? {
            Step::Frame(value) => (value, Duration::ZERO),
            Step::OldFrame(age) => (0, age),
            Step::Skip(text) => return Ok(Captured::Skipped(Error::data(text))),
            Step::Fail => return Err(Error::unavailable("unplugged")),
            Step::Panic => panic!("the driver lost its mind"),
            Step::End => return Ok(Captured::End),
        };
        frame.data.clear();
        frame.data.resize(1000, value);
        (frame.width, frame.height, frame.format) = (10, 100, PixelFormat::Mjpeg);
        frame.captured_at = Instant::now().checked_sub(age).unwrap();
        Ok(Captured::Frame)
    }
}

impl Drop for FakeCamera {
    fn drop(&mut self) {
        let _ = self.0.events.send(Event::Closed);
        assert!(!self.0.panics_when_closed, "the stream does not stop");
    }
}
