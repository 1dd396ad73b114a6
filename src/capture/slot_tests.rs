//! What the watcher has to do, at instants of the test's choosing.

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

fn duty_after(slot: &Slot, passed: Duration) -> Duty {
    slot.lock().duty(Instant::now() + passed)
}

#[test]
fn a_call_is_interrupted_when_its_patience_is_over_and_a_frame_renews_it() {
    let slot = Slot::new(PATIENCE);
    assert_eq!(duty_after(&slot, PATIENCE), Duty::Wait(None));
    slot.begin(Doing::Capturing, PATIENCE);
    assert!(matches!(
        duty_after(&slot, Duration::ZERO),
        Duty::Wait(Some(_))
    ));
    assert_eq!(
        duty_after(&slot, PATIENCE),
        Duty::Interrupt(INTERRUPT_EVERY)
    );
    assert!(slot.is_overdue());
    // As if it had been begun long ago.
    if let Phase::Busy { since, .. } = &mut slot.lock().phase {
        *since = since
            .checked_sub(PATIENCE * 2)
            .expect("the machine runs for a while");
    }
    assert!(slot.publish(&mut Frame::empty(Instant::now())));
    assert!(!slot.is_overdue());
    assert!(matches!(
        duty_after(&slot, Duration::ZERO),
        Duty::Wait(Some(_))
    ));
}

#[test]
fn a_call_that_does_not_react_is_told_once_and_then_interrupted_less_often() {
    let slot = Slot::new(PATIENCE);
    slot.begin(Doing::Capturing, PATIENCE);
    let long = PATIENCE + STUCK_AFTER * 2;
    for _ in 0..3 {
        assert_eq!(
            duty_after(&slot, long),
            Duty::Interrupt(INTERRUPT_STUCK_EVERY)
        );
    }
    assert_eq!(slot.take_changes().len(), 1);
}

#[test]
fn a_stop_interrupts_at_once_but_closing_is_always_waited_for() {
    let slot = Slot::new(PATIENCE);
    slot.begin(Doing::Opening, PATIENCE);
    assert!(!slot.stop(Instant::now()));
    assert_eq!(
        duty_after(&slot, Duration::ZERO),
        Duty::Interrupt(INTERRUPT_EVERY)
    );
    slot.begin(Doing::Closing, PATIENCE);
    assert_eq!(
        duty_after(&slot, Duration::ZERO),
        Duty::Wait(Some(INTERRUPT_EVERY))
    );
    slot.over();
    assert_eq!(duty_after(&slot, Duration::ZERO), Duty::Join);
    assert!(slot.stop(Instant::now()));
}

#[test]
fn changes_that_nobody_fetches_do_not_pile_up() {
    let slot = Slot::new(PATIENCE);
    for number in 0..1000 {
        slot.report(CaptureChange::Opened {
            description: number.to_string(),
        });
    }
    let changes = slot.take_changes();
    assert_eq!(changes.len(), MOST_CHANGES);
    let last = changes.last();
    assert!(matches!(last, Some(CaptureChange::Opened { description }) if description == "999"));
}
