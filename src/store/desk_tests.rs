//! What waits to be written, and what becomes of it when it cannot be.

use super::*;
use crate::store::tally::Outcome;

fn desk() -> Desk {
    let desk = Desk::default();
    desk.keep_events();
    desk.opened(Some(7));
    desk
}

fn came(tally: &Tally) -> u64 {
    let came = tally.ever.get(&(Outcome::Came, String::new()));
    came.copied().unwrap_or_default()
}

#[test]
fn what_comes_faster_than_it_is_written_is_counted_all_the_same() {
    let desk = desk();
    for _ in 0..MOST_EVENTS + 5 {
        desk.see(&Event::ItemSeen);
    }
    let unwritten = desk.unwritten();
    assert_eq!(unwritten.lost, 5);
    assert_eq!(came(&unwritten.fresh), MOST_EVENTS as u64 + 5);
    let batch = desk.take().expect("something waits");
    assert_eq!(batch.events.len(), MOST_EVENTS);
    assert!(desk.has_nothing());
}

#[test]
fn much_that_waits_is_written_before_its_minute_is_over() {
    let desk = desk();
    let far = Instant::now() + Duration::from_secs(1_000_000);
    for _ in 0..MANY_EVENTS {
        desk.see(&Event::ItemSeen);
    }
    assert!(!desk.wait(far, true), "it is no reason to end");
}

#[test]
fn what_could_not_be_written_waits_before_what_came_later() {
    let desk = desk();
    desk.see(&Event::ItemSeen);
    let batch = desk.take().expect("something waits");
    desk.see(&Event::ItemSeen);
    desk.see(&Event::ItemLeft);
    let unwritten = desk.unwritten();
    assert_eq!(unwritten.written, Some(7));
    assert_eq!(came(&unwritten.fresh), 1);
    assert!(unwritten.in_flight.is_some());
    desk.failed("the disk is full".into());
    drop(batch);
    assert_eq!(desk.trouble().as_deref(), Some("the disk is full"));
    desk.opened(Some(7));
    let batch = desk.take().expect("it waits again");
    let events: Vec<&Event> = batch.events.iter().map(|noted| &noted.event).collect();
    assert_eq!(
        events,
        [&Event::ItemSeen, &Event::ItemSeen, &Event::ItemLeft]
    );
    assert_eq!(came(&batch.tally), 2);
    desk.written(8);
    desk.works();
    assert_eq!((desk.trouble(), desk.unwritten().written), (None, Some(8)));
}

#[test]
fn a_batch_that_a_disk_took_before_it_failed_is_not_written_twice() {
    let desk = desk();
    desk.see(&Event::ItemSeen);
    desk.take().expect("something waits");
    desk.failed("the disk failed".into());
    assert!(desk.unwritten().in_flight.is_some(), "nobody knows yet");
    desk.see(&Event::ItemLeft);
    desk.opened(Some(8));
    let batch = desk.take().expect("what came later waits");
    assert_eq!((came(&batch.tally), batch.events.len()), (0, 1));
    // In place of a file that is set aside a new one has none of it.
    desk.failed("the file is torn".into());
    desk.opened(Some(0));
    let batch = desk.take().expect("it waits again");
    assert_eq!(batch.events.len(), 1);
}

#[test]
fn a_disk_that_fails_for_long_takes_bounded_memory() {
    let desk = desk();
    for _ in 0..5 {
        for _ in 0..MOST_EVENTS {
            desk.see(&Event::ItemSeen);
        }
        desk.take();
        desk.failed("the disk is full".into());
        desk.opened(Some(7));
    }
    let batch = desk.take().expect("something waits");
    assert_eq!(batch.events.len(), MOST_EVENTS);
    assert_eq!(came(&batch.tally), 5 * MOST_EVENTS as u64);
    assert_eq!(desk.unwritten().lost, 4 * MOST_EVENTS as u64);
}

#[test]
fn no_event_is_kept_that_comes_by_the_dozen_or_that_nobody_could_write() {
    let desk = desk();
    desk.see(&Event::FrameSkipped {
        error: "cut off".into(),
        frames: 9,
    });
    assert!(desk.has_nothing());
    let without_file = Desk::default();
    without_file.see(&Event::ItemSeen);
    let batch = without_file.take().expect("it is counted");
    assert!(batch.events.is_empty());
    assert_eq!(came(&batch.tally), 1);
}
