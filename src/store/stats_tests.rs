//! Adding up answers.

use super::*;

fn sum(by: Grouping) -> Sum {
    let query = Query {
        by,
        ..Query::default()
    };
    Sum::new(query, TimeZone::utc())
}

fn tally(counts: &[(i64, &str, &str, Outcome, u64)]) -> Tally {
    let mut tally = Tally::default();
    for (hour, bin, label, outcome, count) in counts {
        let key = Key {
            hour: *hour,
            clock_set: *hour >= 0,
            bin: (*bin).into(),
            label: (*label).into(),
            outcome: *outcome,
        };
        tally.hours.insert(key, *count);
        let ever = tally.ever.entry((*outcome, (*bin).into())).or_default();
        *ever += count;
    }
    tally
}

fn names(stats: &Stats) -> Vec<&str> {
    stats.rows.iter().map(|row| &*row.name).collect()
}

const DAY: i64 = 86_400;

#[test]
fn what_was_counted_most_comes_first_and_days_come_in_their_order() {
    let counts = tally(&[
        (0, "", "", Outcome::Came, 9),
        (3600, "glass", "jar", Outcome::Recognised, 2),
        (DAY, "paper", "paper", Outcome::Recognised, 5),
        (DAY, "paper", "card", Outcome::Unsure, 1),
        (DAY, "paper", "", Outcome::Signalled, 6),
    ]);
    let told = |by| {
        let mut sum = sum(by);
        sum.add_unwritten(&counts);
        sum.told()
    };
    let by_bin = told(Grouping::Bin);
    assert_eq!(names(&by_bin), ["paper", "", "glass"]);
    let paper = by_bin.rows[0].counts;
    assert_eq!((paper.recognised, paper.unsure, paper.signals), (5, 1, 6));
    assert_eq!((by_bin.total.items, by_bin.total.recognised), (9, 7));
    assert_eq!(by_bin.ever.signals["paper"], 6);
    assert_eq!(names(&told(Grouping::Label)), ["", "paper", "jar", "card"]);
    let by_day = told(Grouping::Day);
    assert_eq!(names(&by_day), ["1970-01-01", "1970-01-02"]);
    assert_eq!(by_day.rows[0].counts.recognised, 2);
    assert_eq!(by_day.rows[1].start, Some(DAY));
    let by_hour = told(Grouping::Hour);
    assert_eq!(by_hour.rows[1].name, "1970-01-01 01:00");
    let by_outcome = told(Grouping::Outcome);
    assert_eq!(
        names(&by_outcome),
        ["came", "recognised", "signalled", "unsure"]
    );
}

#[test]
fn only_what_was_asked_about_is_counted_but_for_the_whole_life() {
    let counts = tally(&[
        (-3600, "", "", Outcome::Came, 4),
        (0, "", "", Outcome::Came, 1),
        (3600, "", "", Outcome::Came, 2),
    ]);
    let query = Query {
        from: Some(0),
        to: Some(3600),
        by: Grouping::Hour,
    };
    let mut some = Sum::new(query, TimeZone::utc());
    some.add_unwritten(&counts);
    let some = some.told();
    assert_eq!((some.total.items, some.ever.items), (1, 7));
    assert_eq!(some.clock_unset, 0);
    let mut all = sum(Grouping::Hour);
    all.add_unwritten(&counts);
    assert_eq!(all.told().clock_unset, 4);
}

#[test]
fn an_answer_is_bounded_by_its_newest_hours_or_its_greatest_names() {
    let more = MOST_ROWS.cast_signed() as i64 + 5;
    let mut hours = sum(Grouping::Hour);
    let mut labels = sum(Grouping::Label);
    for number in 0..more {
        hours.add(Group::Start(number * 3600), Outcome::Came, true, 1);
        let name = Group::Name(format!("label {number}"));
        labels.add(name, Outcome::Recognised, true, number as u64);
        labels.add_ever(Outcome::Signalled, &format!("bin {number}"), 1);
    }
    let hours = hours.told();
    assert_eq!((hours.rows.len(), hours.left_out), (MOST_ROWS, 5));
    assert_eq!(hours.rows[0].start, Some(5 * 3600));
    assert_eq!(hours.total.items, more as u64, "the total knows them all");
    let labels = labels.told();
    assert_eq!((labels.rows.len(), labels.left_out), (MOST_ROWS, 5));
    assert_eq!(labels.rows[0].counts.recognised, more as u64 - 1);
    assert_eq!(labels.ever.signals.len(), MOST_BINS);
    assert!(labels.ever_left_out > 0);
}
