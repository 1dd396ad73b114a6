//! The capture thread against a camera that does what it is told, and blocks as a driver does.

use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, Sender, channel};

use nix::sys::signal::{SigSet, Signal};

use super::*;
use crate::capture::fake_camera::{Event, FakeOpener, Remote, Step};

/// No test waits this long unless it fails.
const FOR_EVER: Duration = Duration::from_secs(60);

fn start(remote: Remote, deadline: Duration) -> (Arc<Remote>, CaptureThread) {
    let remote = Arc::new(remote);
    let opener = Box::new(FakeOpener(Arc::clone(&remote)));
    (remote, CaptureThread::start(opener, deadline).unwrap())
}

/// Waits until the camera has been asked to capture `times` more times: all before is published.
fn await_captures(events: &Receiver<Event>, times: usize) {
    await_events(events, &Event::Capturing, times);
}

#[track_caller]
fn await_events(events: &Receiver<Event>, wanted: &Event, times: usize) {
    let mut left = times;
    while left > 0 {
        left -= usize::from(events.recv_timeout(FOR_EVER).unwrap() == *wanted);
    }
}

/// The changes up to and with the first that `wanted` accepts, as text.
#[track_caller]
fn changes_until(thread: &CaptureThread, wanted: &str) -> Vec<String> {
    let mut said = Vec::new();
    let until = Instant::now() + FOR_EVER;
    while Instant::now() < until {
        said.extend(thread.changes().iter().map(|change| match change {
            CaptureChange::Opened { description } => format!("opened {description}"),
            CaptureChange::Failed { error, retry_in } => {
                format!("failed, again in {} ms: {error}", retry_in.as_millis())
            }
            CaptureChange::Skipped { error } => format!("skipped {error}"),
            CaptureChange::Stuck { doing, .. } => format!("stuck {doing}"),
            CaptureChange::Ended => "ended".into(),
        }));
        if said.iter().any(|line| line.contains(wanted)) {
            return said;
        }
        thread::yield_now();
    }
    panic!("no change says {wanted:?}: {said:?}");
}

fn soon() -> Instant {
    Instant::now() + FOR_EVER
}

#[test]
fn the_newest_frame_wins_and_nothing_queues() {
    let (remote, events) = Remote::new();
    let (remote, thread) = start(remote, FOR_EVER);
    for value in 1..=3 {
        remote.tell(Step::Frame(value));
    }
    await_captures(&events, 4);
    let mut frame = Frame::empty(Instant::now());
    assert!(thread.wait_newer(&mut frame, soon()));
    assert_eq!(frame.data[0], 3);
    assert!(
        !thread.wait_newer(&mut frame, Instant::now()),
        "the same frame is not given twice"
    );
    let counts = thread.counts();
    assert_eq!((counts.frames, counts.unseen), (3, 2));
    remote.tell(Step::Frame(4));
    assert!(thread.wait_newer(&mut frame, soon()));
    assert_eq!(frame.data[0], 4);
    assert!(thread.stop());
}

#[test]
fn waiting_for_a_frame_ends_at_the_given_instant() {
    let (remote, _events) = Remote::new();
    let (_remote, thread) = start(remote, FOR_EVER);
    let until = Instant::now() + Duration::from_millis(30);
    assert!(!thread.wait_newer(&mut Frame::empty(until), until));
    assert!(Instant::now() >= until);
}

#[test]
fn a_silent_camera_is_interrupted_closed_and_opened_again() {
    let (remote, events) = Remote::new();
    let (remote, thread) = start(remote, Duration::from_millis(50));
    await_events(&events, &Event::Closed, 1);
    await_events(&events, &Event::Opening, 1);
    let said = changes_until(&thread, "failed");
    assert_eq!(said[0], "opened fake camera");
    assert!(
        said[1].contains("fake camera: no usable picture for 0.05 s"),
        "{said:?}"
    );
    let mut frame = Frame::empty(Instant::now());
    // It may fall silent once more before the frame is taken; it must come in the end.
    remote.tell(Step::Frame(7));
    assert!(thread.wait_newer(&mut frame, soon()));
    assert_eq!(frame.data[0], 7);
}

#[test]
fn a_camera_that_hangs_while_it_is_opened_is_interrupted_too() {
    let (mut remote, events) = Remote::new();
    remote.blocking = AtomicUsize::new(1);
    let remote = Arc::new(remote);
    let patience = Patience {
        open: Duration::from_millis(50),
        frame: FOR_EVER,
    };
    let thread =
        CaptureThread::start_with(Box::new(FakeOpener(Arc::clone(&remote))), patience).unwrap();
    await_captures(&events, 1);
    let said = changes_until(&thread, "opened");
    assert!(
        said[0].contains("the camera did not open within 0.05 s"),
        "{said:?}"
    );
}

#[test]
fn waits_between_attempts_grow_and_a_good_frame_makes_them_short_again() {
    let (mut remote, events) = Remote::new();
    remote.failing = AtomicUsize::new(3);
    let (remote, thread) = start(remote, FOR_EVER);
    await_captures(&events, 1);
    let said = changes_until(&thread, "opened");
    let waits: Vec<_> = said
        .iter()
        .filter_map(|line| line.split(' ').nth(3))
        .collect();
    assert_eq!(waits, ["250", "500", "1000"], "{said:?}");
    assert!(said[0].ends_with("nobody there"));
    remote.tell(Step::Frame(1));
    remote.tell(Step::Fail);
    let said = changes_until(&thread, "unplugged");
    assert!(said[0].contains("again in 250 ms"), "{said:?}");
    assert_eq!(thread.counts().failures, 4);
}

#[test]
fn stopping_does_not_wait_for_a_blocked_camera_and_closes_it() {
    let (remote, events) = Remote::new();
    let (_remote, thread) = start(remote, FOR_EVER);
    await_captures(&events, 1);
    assert!(thread.stop());
    assert_eq!(events.try_recv(), Ok(Event::Closed));
}

#[test]
fn stopping_does_not_wait_for_the_next_attempt() {
    let (mut remote, _events) = Remote::new();
    remote.failing = AtomicUsize::new(usize::MAX);
    let (_remote, thread) = start(remote, FOR_EVER);
    changes_until(&thread, "again in 1000 ms");
    assert!(thread.stop());
}

#[test]
fn a_panicking_camera_is_a_failure_and_not_a_crash() {
    let (mut remote, events) = Remote::new();
    remote.panics_when_closed = true;
    let (remote, thread) = start(remote, FOR_EVER);
    remote.tell(Step::Panic);
    let said = changes_until(&thread, "failed");
    assert!(
        said[1].contains("its driver gave up: the driver lost its mind"),
        "{said:?}"
    );
    await_events(&events, &Event::Closed, 1);
    remote.tell(Step::Frame(9));
    let mut frame = Frame::empty(Instant::now());
    assert!(thread.wait_newer(&mut frame, soon()));
    assert_eq!(frame.data[0], 9);
    assert!(thread.stop(), "a panic while closing is contained as well");
}

#[test]
fn buffers_go_round_and_none_is_allocated_once_running() {
    let (remote, events) = Remote::new();
    let (remote, thread) = start(remote, FOR_EVER);
    let mut frame = Frame::empty(Instant::now());
    // Larger than any that is needed, so that nobody but us would allocate it.
    frame.data = Vec::with_capacity(100_000);
    await_captures(&events, 1);
    let mut capacities = Vec::new();
    for turn in 0..30 {
        remote.tell(Step::Frame(turn));
        await_captures(&events, 1);
        assert!(thread.wait_newer(&mut frame, soon()));
        capacities.push(frame.data.capacity());
    }
    let ours = capacities
        .iter()
        .filter(|capacity| **capacity == 100_000)
        .count();
    assert_eq!(
        ours, 10,
        "each of three buffers comes every third time: {capacities:?}"
    );
}

#[test]
fn stale_frames_are_refused() {
    let deadline = Duration::from_secs(30);
    let (remote, events) = Remote::new();
    let (remote, thread) = start(remote, deadline);
    remote.tell(Step::OldFrame(deadline * 2));
    await_captures(&events, 2);
    let mut frame = Frame::empty(Instant::now());
    assert!(!thread.wait_newer(&mut frame, Instant::now()));
    assert_eq!(thread.counts().stale, 1);
    remote.tell(Step::Frame(5));
    assert!(thread.wait_newer(&mut frame, soon()));
    assert_eq!(frame.data[0], 5);
}

#[test]
fn a_camera_that_delivers_only_stale_frames_is_opened_again() {
    let (remote, events) = Remote::new();
    let (remote, thread) = start(remote, Duration::from_millis(50));
    remote.tell(Step::OldFrame(Duration::from_secs(1)));
    await_events(&events, &Event::Closed, 1);
    let said = changes_until(&thread, "failed");
    assert!(said[1].contains("no usable picture"), "{said:?}");
}

#[test]
fn the_end_of_a_recording_is_told_after_its_last_frame() {
    let (remote, _events) = Remote::new();
    let (remote, thread) = start(remote, FOR_EVER);
    remote.tell(Step::Frame(1));
    remote.tell(Step::End);
    assert_eq!(
        changes_until(&thread, "ended"),
        ["opened fake camera", "ended"]
    );
    let mut frame = Frame::empty(Instant::now());
    assert!(
        thread.wait_newer(&mut frame, soon()),
        "the last frame is still there"
    );
    assert!(!thread.wait_newer(&mut frame, Instant::now()));
    assert!(thread.stop());
}

#[test]
fn what_is_skipped_is_counted_and_told_once() {
    let (remote, _events) = Remote::new();
    let (remote, thread) = start(remote, FOR_EVER);
    for text in ["damaged", "damaged", "damaged", "cut off"] {
        remote.tell(Step::Skip(text));
    }
    remote.tell(Step::End);
    let said = changes_until(&thread, "ended");
    assert_eq!(
        said,
        [
            "opened fake camera",
            "skipped damaged",
            "skipped cut off",
            "ended"
        ]
    );
    assert_eq!(thread.counts().skipped, 4);
}

#[test]
fn a_camera_that_cannot_be_interrupted_is_told_and_waited_for() {
    let (mut remote, events) = Remote::new();
    remote.stubborn = true;
    let (remote, thread) = start(remote, Duration::from_millis(20));
    let said = changes_until(&thread, "stuck");
    assert_eq!(said, ["opened fake camera", "stuck waiting for a picture"]);
    // The driver comes back to life: its picture is welcome.
    remote.tell(Step::Frame(3));
    await_captures(&events, 2);
    assert_eq!(thread.counts().frames, 1);
    remote.tell(Step::End);
    changes_until(&thread, "ended");
}

/// Looks at the signal mask of the thread that it is opened on.
struct MaskOpener(Sender<(bool, bool)>);

impl Opener for MaskOpener {
    fn open(&mut self) -> Result<Box<dyn Camera>> {
        let mask = SigSet::thread_get_mask().unwrap();
        let _ = self
            .0
            .send((mask.contains(Signal::SIGHUP), mask.contains(Signal::SIGURG)));
        Err(Error::unavailable("seen enough"))
    }
}

#[test]
fn signals_for_the_daemon_do_not_reach_the_camera() {
    let (sender, seen) = channel();
    let thread = CaptureThread::start(Box::new(MaskOpener(sender)), FOR_EVER).unwrap();
    assert_eq!(seen.recv_timeout(FOR_EVER), Ok((true, false)));
    assert!(thread.stop());
}
