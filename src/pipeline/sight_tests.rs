//! Invariant 5 over all histories, in each trigger mode: one signal at most, never on a stale picture,
//! never for too long, and the next one only after the zone was empty.

use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::decide::{BinId, Change, Decider, Limits, Observation};
use crate::preprocess::Region;

const STALE_AFTER: Duration = Duration::from_millis(800);
const MAX_ON: Duration = Duration::from_secs(5);
const REARM: Duration = Duration::from_millis(500);

/// A configuration of this mode with so many bins.
fn config(mode: &str, bins: usize) -> Config {
    let bin = |bin: usize| {
        let pin = 17 + bin;
        format!("[[bins]]\nname = \"{bin}\"\naccepts = [\"{bin}\"]\nled = {{ pin = {pin} }}\n")
    };
    let bins: String = (0..bins).map(bin).collect();
    let text = format!(
        "[trigger]\nmode = {mode}\n[decision]\nhold-ms = 1000\nrearm-ms = 500\nunsure-after-ms = 2000\n\
         [gpio]\nbackend = \"simulated\"\n{bins}"
    );
    Config::parse(&text, Path::new("test.toml")).unwrap()
}

const MODES: [&str; 3] = [
    "\"motion\"",
    "\"always\"",
    "\"button\"\npin = 5\nbutton-ms = 1500",
];

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// A picture, so many milliseconds old: what presence finds, and what the network would say.
    Picture(Presence, BinScores, u64),
    /// No picture.
    Nothing,
    /// The button is pressed.
    Press,
    /// The outputs are parked and the old configuration goes on, as after a refused reload.
    Refused,
    /// A configuration of this mode with so many bins is taken over.
    Reload(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<(Step, u64)>> {
    let item = Presence::Item(Region::centre(0.5));
    let presence = prop_oneof![
        4 => Just(item),
        3 => Just(Presence::Empty),
        1 => Just(Presence::Learning),
    ];
    let scores = prop_oneof![
        3 => Just(BinScores::with(&[0.9, 0.05])),
        1 => Just(BinScores::with(&[0.05, 0.9])),
        2 => Just(BinScores::with(&[0.3, 0.25]).and_empty(0.2)),
        1 => Just(BinScores::with(&[0.1, 0.1]).and_empty(0.8)),
        1 => (0.0..1.0f32, 0.0..1.0f32, 0.0..1.0f32)
            .prop_map(|(one, two, empty)| BinScores::with(&[one, two]).and_empty(empty)),
    ];
    let age = prop_oneof![9 => Just(0), 1 => 801..3_000u64];
    // A thing lies there for a while, so a step is taken several times.
    let picture = (presence, scores, age)
        .prop_map(|(presence, scores, age)| Step::Picture(presence, scores, age));
    let step = prop_oneof![
        12 => picture,
        1 => Just(Step::Nothing),
        2 => Just(Step::Press),
        1 => Just(Step::Refused),
        1 => (0..3usize, 2..4usize).prop_map(|(mode, bins)| Step::Reload(mode, bins)),
    ];
    let repeated =
        (step, 1..250u64, 1..12usize).prop_map(|(step, pause, times)| vec![(step, pause); times]);
    prop::collection::vec(repeated, 1..60).prop_map(|steps| steps.concat())
}

/// The stages between presence and the outputs, without pictures and a network.
struct Stages {
    trigger: Trigger,
    weighing: Weighing,
    decider: Decider,
    bins: usize,
}

impl Stages {
    fn new(mode: &str, bins: usize) -> Self {
        let config = config(mode, bins);
        let limits = Limits {
            stale_after: STALE_AFTER,
            max_on: MAX_ON,
        };
        let trigger = Trigger::new(config.trigger.mode.clone(), true);
        Self {
            weighing: Weighing::new(&config, &trigger),
            decider: Decider::new(config.decision, limits, Some(BinId(bins - 1))),
            trigger,
            bins,
        }
    }
}

/// Whether a picture is a sign that the zone is empty, in words of its own.
fn is_sign_of_emptiness(always: bool, presence: Presence, judged: Option<BinScores>) -> bool {
    let nothing = judged.is_some_and(|scores| {
        scores.empty().value() >= 0.4 && scores.empty() > scores.of(scores.best().0)
    });
    let silent = match judged {
        None => true,
        Some(scores) => always && scores.of(scores.best().0).value() < 0.4,
    };
    nothing || (presence == Presence::Empty && silent)
}

proptest! {
    #[test]
    fn invariant_5_holds_for_every_history(steps in steps(), mode in 0..3usize) {
        let mut stages = Stages::new(MODES[mode], 3);
        let mut always = mode == 1;
        let mut now = Instant::now() + Duration::from_secs(60);
        let (mut last_fresh, mut lit_since, mut signal) = (None, None, None);
        let (mut armed, mut empty_since) = (true, None);
        for (step, pause) in steps {
            now += Duration::from_millis(pause);
            let mut observation = None;
            match step {
                Step::Picture(presence, scores, age) => {
                    let judged = stages.trigger.wish(presence, now).map(|_| scores);
                    let captured_at = now.checked_sub(Duration::from_millis(age)).unwrap();
                    let sight = stages.weighing.sight(presence, judged);
                    observation = sight.map(|sight| Observation { captured_at, sight });
                    if age == 0 && sight.is_some() {
                        last_fresh = Some(now);
                        if is_sign_of_emptiness(always, presence, judged) {
                            empty_since = empty_since.or(Some(now));
                        } else {
                            empty_since = None;
                        }
                    }
                }
                Step::Nothing => {}
                Step::Press => stages.trigger.press(now),
                Step::Refused | Step::Reload(..) => {
                    stages.decider.park();
                    (signal, empty_since) = (None, None);
                    if let Step::Reload(mode, bins) = step {
                        let next = Stages::new(MODES[mode], bins);
                        let former = std::mem::replace(&mut stages, next);
                        stages.decider.resume(&former.decider);
                        always = mode == 1;
                    }
                    continue;
                }
            }
            let decision = stages.decider.step(observation.as_ref(), now);
            if let Some(bin) = decision.signal {
                prop_assert!(bin.0 < stages.bins, "no bin of this configuration");
                prop_assert!(last_fresh.is_some_and(|last| now - last <= STALE_AFTER), "stale");
                if signal.is_none() {
                    prop_assert!(armed, "the zone was not empty since the last signal");
                    (armed, lit_since) = (false, Some(now));
                } else {
                    prop_assert_eq!(signal, Some(bin), "one signal became another");
                }
                prop_assert!(lit_since.is_some_and(|since| now - since < MAX_ON), "too long");
                // A signal that is on stands for an item, whatever the pictures show.
                empty_since = None;
            } else if empty_since.is_some_and(|since| now - since >= REARM) {
                armed = true;
            }
            if let Some(Change::Rearmed) = decision.change {
                prop_assert!(armed, "re-armed by something else than an empty zone");
            }
            signal = decision.signal;
        }
    }
}

#[test]
fn doubt_is_a_sign_of_emptiness_only_where_presence_sees_nothing() {
    let config = config(MODES[1], 2);
    let trigger = Trigger::new(config.trigger.mode.clone(), true);
    let weighing = Weighing::new(&config, &trigger);
    let doubt = BinScores::with(&[0.3, 0.3]);
    let sight = |presence| weighing.sight(presence, Some(doubt));
    assert_eq!(sight(Presence::Empty), Some(Sight::Empty));
    assert_eq!(sight(Presence::Learning), Some(Sight::Unjudged));
    let item = Presence::Item(Region::centre(0.5));
    assert_eq!(sight(item), Some(Sight::Item(doubt)));
    assert_eq!(weighing.sight(item, None), Some(Sight::Unjudged));
}
