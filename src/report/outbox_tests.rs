//! A reader that does not read holds up its own thread and nobody else.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// Long enough for a busy machine; a test that fails waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

impl Waiting for VecDeque<u32> {
    type Item = u32;

    fn take(&mut self) -> Option<u32> {
        self.pop_front()
    }
}

/// An outbox whose reader takes one thing a permission, and what it took.
fn reluctant() -> (Outbox<VecDeque<u32>>, Sender<()>, Receiver<u32>) {
    let (permit, permitted) = channel();
    let (taken, took) = channel();
    let hand_on = move |item| {
        // A test that is over permits everything.
        let _ = permitted.recv();
        let _ = taken.send(item);
    };
    let outbox = Outbox::start("reluctant", VecDeque::new(), hand_on).expect("a thread");
    (outbox, permit, took)
}

#[test]
fn who_puts_something_in_does_not_wait_for_the_reader() {
    let (outbox, permit, took) = reluctant();
    for item in 0..1000 {
        outbox.put(|waiting| waiting.push_back(item));
    }
    assert_eq!(took.try_recv().ok(), None, "nothing was permitted");
    drop(permit);
    for item in 0..1000 {
        assert_eq!(took.recv_timeout(PATIENCE), Ok(item));
    }
}

#[test]
fn the_end_waits_for_a_reader_that_reads_and_not_for_ever_for_one_that_does_not() {
    let (outbox, permit, took) = reluctant();
    outbox.put(|waiting| waiting.push_back(1));
    outbox.put(|waiting| waiting.push_back(2));
    outbox
        .desk
        .wait_until(Instant::now() + Duration::from_millis(20));
    assert_eq!(took.try_recv().ok(), None);
    drop(permit);
    outbox.desk.wait_until(Instant::now() + PATIENCE);
    assert_eq!(took.try_iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn what_waits_when_the_outbox_goes_is_handed_on() {
    let (outbox, permit, took) = reluctant();
    outbox.put(|waiting| waiting.extend([1, 2, 3]));
    let desk = Arc::downgrade(&outbox.desk);
    drop(outbox);
    assert!(desk.upgrade().is_some(), "the end can still wait for it");
    drop(permit);
    assert_eq!(took.iter().collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_panic_while_something_is_handed_on_costs_that_alone() {
    let (taken, took) = channel();
    let hand_on = move |item| {
        assert_ne!(item, 1, "on purpose");
        let _ = taken.send(item);
    };
    let outbox = Outbox::start("clumsy", VecDeque::new(), hand_on).expect("a thread");
    outbox.put(|waiting| waiting.extend([0, 1, 2]));
    outbox.desk.wait_until(Instant::now() + PATIENCE);
    assert_eq!(took.try_iter().collect::<Vec<_>>(), [0, 2]);
}
