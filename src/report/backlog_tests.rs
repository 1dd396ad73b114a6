//! Nothing is lost without being counted, and each gap is told once, in its place.

use proptest::prelude::*;

use super::Outcome::{BeginsGap, Dropped, Waits};
use super::*;

const SMALL: Room = Room {
    items: 4,
    bytes: 40,
    first: 2,
};

/// What a reader learns, without times.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Item(u64),
    Began,
    Ended(u64),
}

fn take(backlog: &mut Backlog<u64>) -> Option<Told> {
    backlog.take().map(|entry| match entry {
        Entry::Item(item) => Told::Item(item),
        Entry::DroppingBegan { .. } => Told::Began,
        Entry::DroppingEnded { dropped, .. } => Told::Ended(dropped),
    })
}

fn rest(backlog: &mut Backlog<u64>) -> Vec<Told> {
    std::iter::from_fn(|| take(backlog)).collect()
}

#[test]
fn a_gap_is_told_where_it_began_and_counted_once_it_is_over() {
    let mut backlog = Backlog::new(SMALL);
    let outcomes: Vec<Outcome> = (0..7).map(|item| backlog.push(item, 1)).collect();
    assert_eq!(
        outcomes,
        [Waits, Waits, Waits, Waits, BeginsGap, Dropped, Dropped]
    );
    assert_eq!(take(&mut backlog), Some(Told::Item(0)));
    assert_eq!(
        backlog.push(7, 1),
        Dropped,
        "the gap lasts until half is read"
    );
    assert_eq!(take(&mut backlog), Some(Told::Item(1)));
    assert_eq!(backlog.push(8, 1), Waits);
    let told = rest(&mut backlog);
    assert_eq!(
        told,
        [
            Told::Item(2),
            Told::Item(3),
            Told::Began,
            Told::Ended(4),
            Told::Item(8)
        ]
    );
}

#[test]
fn the_number_is_told_although_nothing_comes_after_the_gap() {
    let mut backlog = Backlog::new(SMALL);
    for item in 0..6 {
        backlog.push(item, 1);
    }
    let told = rest(&mut backlog);
    assert_eq!(told[4..], [Told::Began, Told::Ended(2)]);
}

#[test]
fn what_is_large_takes_more_room_and_finds_some_where_nothing_waits() {
    let mut backlog = Backlog::new(SMALL);
    assert_eq!(backlog.push(0, 1000), Waits);
    assert_eq!(backlog.push(1, 1), BeginsGap);
    assert_eq!(
        rest(&mut backlog),
        [Told::Item(0), Told::Began, Told::Ended(1)]
    );
    assert_eq!(backlog.push(2, 30), Waits);
    assert_eq!(backlog.push(3, 30), BeginsGap);
}

#[test]
fn what_goes_first_passes_all_others_and_has_room_of_its_own() {
    let mut backlog = Backlog::new(SMALL);
    for item in 0..5 {
        backlog.push(item, 1);
    }
    assert_eq!(backlog.push_first(100, 1), Waits);
    assert_eq!(backlog.push_first(101, 1), Waits);
    assert_eq!(backlog.push_first(102, 1), Dropped);
    assert_eq!(take(&mut backlog), Some(Told::Item(100)));
    assert_eq!(take(&mut backlog), Some(Told::Item(101)));
    assert_eq!(take(&mut backlog), Some(Told::Item(0)));
}

/// What happens to a backlog.
#[derive(Debug, Clone, Copy)]
enum Step {
    Push { bytes: usize },
    Take,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0_usize..50).prop_map(|bytes| Step::Push { bytes }),
        2 => Just(Step::Take),
    ];
    prop::collection::vec(step, 0..300)
}

proptest! {
    #[test]
    fn a_reader_can_tell_each_thing_or_how_many_are_missing(steps in steps()) {
        let mut backlog = Backlog::new(SMALL);
        let mut pushed = 0;
        let mut told = Vec::new();
        for step in steps {
            match step {
                Step::Push { bytes } => {
                    backlog.push(pushed, bytes);
                    pushed += 1;
                }
                Step::Take => told.extend(take(&mut backlog)),
            }
            prop_assert!(backlog.items <= SMALL.items);
            prop_assert!(backlog.bytes <= SMALL.bytes || backlog.items == 1);
            prop_assert!(backlog.rest.len() <= SMALL.items * 3);
        }
        told.extend(rest(&mut backlog));
        prop_assert_eq!((backlog.items, backlog.bytes, backlog.gap), (0, 0, None));
        let mut expected = 0;
        let mut in_gap = false;
        for word in told {
            match word {
                Told::Item(item) => {
                    prop_assert!(!in_gap, "nothing stands between the ends of a gap");
                    prop_assert_eq!(item, expected);
                    expected += 1;
                }
                Told::Began => {
                    prop_assert!(!in_gap);
                    in_gap = true;
                }
                Told::Ended(dropped) => {
                    prop_assert!(in_gap && dropped > 0);
                    expected += dropped;
                    in_gap = false;
                }
            }
        }
        prop_assert!(!in_gap, "the number is always told");
        prop_assert_eq!(expected, pushed);
    }
}
