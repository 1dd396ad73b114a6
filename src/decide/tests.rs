//! The promises of the decider.

use super::*;

pub(super) const TICK: Duration = Duration::from_millis(100);

pub(super) fn config() -> DecisionConfig {
    DecisionConfig {
        position: crate::config::Position { line: 1, column: 1 },
        window: 5,
        agree: 3,
        min_confidence: Confidence::saturating(0.6),
        min_margin: Confidence::saturating(0.2),
        keep_confidence: Confidence::saturating(0.4),
        hold: Duration::from_secs(1),
        rearm: Duration::from_millis(500),
        unsure_after: Duration::from_secs(2),
        unsure_bin: None,
    }
}

pub(super) fn limits() -> Limits {
    Limits {
        stale_after: Duration::from_millis(800),
        max_on: Duration::from_secs(5),
    }
}

/// Steps a decider through time.
struct Run {
    decider: Decider,
    now: Instant,
}

impl Run {
    fn new(unsure_bin: Option<BinId>) -> Self {
        Self {
            decider: Decider::new(config(), limits(), unsure_bin),
            now: Instant::now(),
        }
    }

    fn see(&mut self, sight: Sight) -> Decision {
        self.now += TICK;
        let observation = Observation {
            captured_at: self.now,
            sight,
        };
        self.decider.step(Some(&observation), self.now)
    }

    fn item(&mut self, confidences: &[f32]) -> Decision {
        self.see(Sight::Item(BinScores::with(confidences)))
    }

    fn empty(&mut self) -> Decision {
        self.see(Sight::Empty)
    }

    fn unjudged(&mut self) -> Decision {
        self.see(Sight::Unjudged)
    }

    /// Takes over another configuration, whose first bin is another one and which has no other.
    fn reload(&mut self) {
        self.decider.park();
        let former = std::mem::replace(&mut self.decider, Decider::new(config(), limits(), None));
        self.decider.resume(&former);
    }

    fn nothing(&mut self) -> Decision {
        self.now += TICK;
        self.decider.step(None, self.now)
    }
}

const GLASS: BinId = BinId(0);
pub(super) const SURE_OF_GLASS: &[f32] = &[0.9, 0.05, 0.05];
pub(super) const SURE_OF_METAL: &[f32] = &[0.05, 0.9, 0.05];
const TORN: &[f32] = &[0.45, 0.4, 0.15];

#[test]
fn an_item_is_shown_after_enough_looks_agree_and_released_after_it_has_gone() {
    let mut run = Run::new(None);
    assert_eq!(
        run.item(SURE_OF_GLASS),
        Decision {
            signal: None,
            change: Some(Change::ItemSeen)
        }
    );
    assert_eq!(run.item(SURE_OF_GLASS).signal, None);
    let third = run.item(SURE_OF_GLASS);
    assert_eq!(third.signal, Some(GLASS));
    assert!(matches!(
        third.change,
        Some(Change::Recognised { bin: GLASS, .. })
    ));
    let mut lit = 0;
    while run.empty().signal.is_some() {
        lit += 1;
    }
    assert_eq!(lit, 9, "the signal is held for a second after it went on");
    let rearmed = (0..10).any(|_| run.empty().change == Some(Change::Rearmed));
    assert!(rearmed);
}

#[test]
fn that_nothing_is_there_needs_more_confidence_than_any_bin() {
    let least = Confidence::saturating(0.4);
    let torn = BinScores::with(TORN);
    assert!(!torn.shows_nothing(least));
    // No label is as likely as that nothing is there, but the bin with two of them is.
    let sum = BinScores::with(&[0.55, 0.1, 0.0]).and_empty(0.35);
    assert!(!sum.shows_nothing(Confidence::saturating(0.3)));
    let doubtful = BinScores::with(&[0.3, 0.2, 0.15]).and_empty(0.35);
    assert!(!doubtful.shows_nothing(least));
    let empty = BinScores::with(&[0.3, 0.1, 0.1]).and_empty(0.5);
    assert!(empty.shows_nothing(least));
}

#[test]
fn a_bin_must_lead_over_that_nothing_is_there() {
    let scores = BinScores::with(&[0.62, 0.0, 0.0]).and_empty(0.38);
    let (best, margin) = scores.best();
    assert_eq!(best, GLASS);
    assert!((margin.value() - 0.24).abs() < 1e-6);
}

#[test]
fn a_second_item_is_not_shown_before_the_first_has_gone() {
    let mut run = Run::new(None);
    for _ in 0..3 {
        run.item(SURE_OF_GLASS);
    }
    for _ in 0..100 {
        let decision = run.item(SURE_OF_METAL);
        assert!(decision.signal.is_none_or(|bin| bin == GLASS));
    }
    assert_eq!(run.item(SURE_OF_METAL).signal, None);
}

#[test]
fn an_item_that_stays_keeps_its_signal_until_the_longest_time() {
    let mut run = Run::new(None);
    let mut lit = 0;
    let mut released = None;
    for _ in 0..100 {
        let decision = run.item(SURE_OF_GLASS);
        lit += u32::from(decision.signal.is_some());
        if let Some(Change::Released(cause)) = decision.change {
            released = Some(cause);
        }
    }
    assert_eq!(released, Some(Release::TooLong));
    assert!((49..=51).contains(&lit), "lit for {lit} ticks");
}

#[test]
fn a_doubtful_item_goes_to_the_unsure_bin_or_nowhere() {
    for unsure_bin in [None, Some(BinId(2))] {
        let mut run = Run::new(unsure_bin);
        let change = (0..40).find_map(|_| {
            let decision = run.item(TORN);
            matches!(decision.change, Some(Change::Unsure { .. })).then_some(decision)
        });
        let decision = change.expect("doubt ends");
        assert_eq!(decision.signal, unsure_bin);
    }
}

#[test]
fn one_look_is_enough_where_the_configuration_says_so() {
    let config = DecisionConfig {
        window: 1,
        agree: 1,
        ..config()
    };
    let mut run = Run {
        decider: Decider::new(config, limits(), None),
        now: Instant::now(),
    };
    assert_eq!(run.item(SURE_OF_GLASS).signal, Some(GLASS));
}

#[test]
fn a_bin_is_tested_over_an_empty_zone_alone_and_the_test_ends_by_itself() {
    let mut run = Run::new(None);
    assert!(!run.decider.test(GLASS, run.now), "nothing was seen yet");
    run.empty();
    assert!(run.decider.test(GLASS, run.now));
    assert_eq!(run.empty().signal, Some(GLASS));
    assert!(!run.decider.test(GLASS, run.now), "it signals already");
    let lit = (0..20).take_while(|_| run.empty().signal.is_some()).count();
    assert!((8..=10).contains(&lit), "{lit} ticks of a hold of 10");
    for _ in 0..7 {
        run.empty();
    }
    run.item(TORN);
    assert!(!run.decider.test(GLASS, run.now), "an item is there");
}

#[test]
fn a_camera_that_stops_takes_the_signal_with_it() {
    let mut run = Run::new(None);
    for _ in 0..3 {
        run.item(SURE_OF_GLASS);
    }
    let dark = (0..9)
        .map(|_| run.nothing())
        .find(|decision| decision.signal.is_none());
    assert_eq!(
        dark.and_then(|decision| decision.change),
        Some(Change::Released(Release::Blind))
    );
}

#[test]
fn what_nobody_asks_about_is_neither_an_item_nor_an_empty_zone() {
    // At rest it changes nothing, however long it lies there.
    let mut run = Run::new(Some(BinId(2)));
    let mut still = || {
        run.unjudged()
            == (Decision {
                signal: None,
                change: None,
            })
    };
    assert!((0..100).all(|_| still()));
    // Once it has had its signal, it must go before the next one.
    for _ in 0..3 {
        run.item(SURE_OF_GLASS);
    }
    let changes: Vec<Change> = (0..100).filter_map(|_| run.unjudged().change).collect();
    assert_eq!(changes, [Change::Released(Release::Done)]);
    for _ in 0..10 {
        assert_eq!(run.item(SURE_OF_METAL).signal, None);
    }
    assert!((0..10).any(|_| run.empty().change == Some(Change::Rearmed)));
}

#[test]
fn an_item_that_nobody_asks_about_any_more_is_given_up_in_time_and_not_left() {
    let mut run = Run::new(Some(BinId(2)));
    run.item(TORN);
    let decision = (0..40)
        .map(|_| run.unjudged())
        .find(|decision| decision.change.is_some());
    let unsure = Change::Unsure {
        bin: Some(BinId(2)),
        label: 0,
    };
    assert_eq!(decision.and_then(|found| found.change), Some(unsure));
    assert_eq!(run.now - run.decider.last_fresh.unwrap(), Duration::ZERO);
}

#[test]
fn pictures_of_what_nobody_asks_about_are_no_blindness() {
    let mut run = Run::new(None);
    for _ in 0..3 {
        run.item(SURE_OF_GLASS);
    }
    let mut causes = (0..100).filter_map(|_| run.unjudged().change);
    assert!(causes.all(|change| change == Change::Released(Release::Done)));
    for _ in 0..9 {
        run.nothing();
    }
    assert_eq!(run.unjudged().change, None);
    assert_eq!(
        run.item(SURE_OF_GLASS).signal,
        None,
        "it lay there all the time"
    );
}

#[test]
fn a_reload_does_not_forget_that_the_item_must_go_first() {
    let mut run = Run::new(None);
    let mut lit = 0;
    for step in 0..400 {
        if step % 40 == 20 {
            run.reload();
        }
        lit += usize::from(matches!(
            run.item(SURE_OF_GLASS).change,
            Some(Change::Recognised { .. })
        ));
    }
    assert_eq!(lit, 1);
    // An empty time that was half over before the reload is measured anew after it.
    for _ in 0..4 {
        run.empty();
    }
    run.reload();
    assert_eq!(run.empty().change, None);
    assert!((0..10).any(|_| run.empty().change == Some(Change::Rearmed)));
}

#[test]
fn a_reload_while_an_item_is_watched_counts_no_vote_for_a_bin_of_before() {
    let mut run = Run::new(None);
    run.item(SURE_OF_GLASS);
    run.item(SURE_OF_GLASS);
    run.reload();
    assert_eq!(run.item(SURE_OF_GLASS).change, Some(Change::ItemSeen));
    assert_eq!(run.item(SURE_OF_GLASS).signal, None);
    assert_eq!(run.item(SURE_OF_GLASS).signal, Some(GLASS));
}
