//! The promises of the decider, over all histories.

use proptest::prelude::*;

use super::tests::{SURE_OF_GLASS, SURE_OF_METAL, TICK, config, limits};
use super::*;

#[derive(Debug, Clone)]
enum Input {
    Empty,
    Item(Vec<f32>),
    Unjudged,
    Nothing,
    /// Another configuration is taken over; the outputs were parked before.
    Reload,
    /// Somebody wants to see a bin work.
    Test,
    /// A picture that is this old.
    Late(Vec<f32>, u64),
}

fn inputs() -> impl Strategy<Value = Vec<(Input, u64)>> {
    let scores = || {
        prop_oneof![
            Just(SURE_OF_GLASS.to_vec()),
            Just(SURE_OF_METAL.to_vec()),
            prop::collection::vec(0.0..1.0f32, 3),
        ]
    };
    let input = prop_oneof![
        2 => Just(Input::Empty),
        5 => scores().prop_map(Input::Item),
        1 => Just(Input::Unjudged),
        1 => Just(Input::Nothing),
        1 => Just(Input::Reload),
        1 => Just(Input::Test),
        1 => (scores(), 801..5_000u64).prop_map(|(scores, age)| Input::Late(scores, age)),
    ];
    prop::collection::vec((input, 1..400u64), 1..200)
}

proptest! {
    #[test]
    fn the_promises_hold_for_every_history(
        inputs in inputs(), unsure in prop::option::of(0..3usize),
    ) {
        let start = Instant::now() + Duration::from_secs(60);
        let mut decider = Decider::new(config(), limits(), unsure.map(BinId));
        let (mut now, mut last_fresh) = (start, None);
        let (mut lit_since, mut signal) = (None, None);
        let (mut sure, mut looks) = (Vec::new(), 0usize);
        let (mut armed, mut testing) = (true, false);
        let mut empty_since: Option<Instant> = None;
        for (input, pause) in inputs {
            now += Duration::from_millis(pause);
            if matches!(input, Input::Reload) {
                decider.park();
                let mut next = Decider::new(config(), limits(), unsure.map(BinId));
                next.resume(&decider);
                decider = next;
                (signal, empty_since, testing) = (None, None, false);
                sure.clear();
                continue;
            }
            if matches!(input, Input::Test) {
                let tested = decider.test(BinId(1), now);
                // 7. A bin is tested only over a zone that was seen empty, and only where no signal is on.
                prop_assert!(!tested || (armed && signal.is_none()));
                testing |= tested;
                continue;
            }
            let (scores, age) = match &input {
                Input::Item(scores) => (Some(scores), 0),
                Input::Late(scores, age) => (Some(scores), *age),
                Input::Empty
                | Input::Unjudged
                | Input::Nothing
                | Input::Reload
                | Input::Test => (None, 0),
            };
            let sight = match (&input, scores) {
                (_, Some(scores)) => Sight::Item(BinScores::with(scores)),
                (Input::Unjudged, _) => Sight::Unjudged,
                _ => Sight::Empty,
            };
            let captured_at = now.checked_sub(Duration::from_millis(age)).unwrap();
            let fresh = age == 0 && !matches!(input, Input::Nothing);
            let observation =
                (!matches!(input, Input::Nothing)).then_some(Observation { captured_at, sight });
            let decision = decider.step(observation.as_ref(), now);
            if fresh {
                last_fresh = Some(captured_at);
                // What was not judged has no vote.
                looks += usize::from(!matches!(input, Input::Unjudged));
                if let Some(scores) = scores {
                    empty_since = None;
                    let (best, margin) = BinScores::with(scores).best();
                    if scores[best.0] >= 0.6 && margin.value() >= 0.2 {
                        sure.push((looks, best));
                    }
                } else if matches!(input, Input::Unjudged) {
                    empty_since = None;
                } else {
                    let since = *empty_since.get_or_insert(now);
                    armed |= now - since >= Duration::from_millis(500) && decision.signal.is_none();
                }
            }
            // 1. No signal without a fresh picture.
            if let (Some(_), Some(last)) = (decision.signal, last_fresh) {
                prop_assert!(now - last <= Duration::from_millis(800));
            } else if last_fresh.is_none() {
                prop_assert_eq!(decision.signal, None);
            }
            // 2. One signal never turns into another.
            if let (Some(before), Some(after)) = (signal, decision.signal) {
                prop_assert_eq!(before, after);
            }
            if decision.signal.is_some() && signal.is_none() {
                // 3. A signal begins only when the last item has gone.
                prop_assert!(armed, "not re-armed");
                armed = false;
                lit_since = Some(now);
                // 4. Enough of the latest looks were sure of it, unless it is the unsure bin.
                if let Some(Change::Recognised { bin, .. }) = decision.change {
                    let recent = sure.iter().filter(|(at, b)| *b == bin && looks - at < 5).count();
                    prop_assert!(recent >= 3, "{recent} looks");
                } else {
                    let bin = if testing { Some(BinId(1)) } else { unsure.map(BinId) };
                    prop_assert_eq!(decision.signal, bin);
                }
            }
            // 5. No signal is on for too long.
            if decision.signal.is_some() {
                let since = lit_since.expect("a signal has begun");
                prop_assert!(now - since < Duration::from_secs(5));
            }
            if decision.signal.is_none() && signal.is_some() {
                empty_since = matches!(input, Input::Empty).then_some(now);
            }
            (signal, testing) = (decision.signal, false);
        }
        // 6. Whatever has happened, an empty zone brings it back to rest.
        for _ in 0..60 {
            now += TICK;
            decider.step(Some(&Observation { captured_at: now, sight: Sight::Empty }), now);
        }
        prop_assert!(decider.is_resting());
    }
}
