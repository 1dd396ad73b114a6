//! What is forgotten, and what is not whatever the clock shows.

use super::super::schema::{self, VERSIONS};
use super::*;

/// 2026-11-30.
const NOW_MS: i64 = 1_796_000_000_000;

fn tables() -> Connection {
    let mut connection = Connection::open_in_memory().expect("opened");
    schema::migrate(&mut connection, VERSIONS).expect("made");
    connection
}

/// Notes events, each of so many days ago, and whether the clock was set.
fn note(connection: &Connection, events: &[(i64, bool)]) {
    for (days, set) in events {
        connection
            .execute(
                "INSERT INTO events (time_ms, clock_set, event) VALUES (?1, ?2, '{}')",
                (NOW_MS - days * DAY_MS, set),
            )
            .expect("noted");
    }
}

/// How many days ago the events were that are left.
fn left(connection: &Connection) -> Vec<i64> {
    let mut asked = connection
        .prepare("SELECT time_ms FROM events ORDER BY id")
        .expect("asked");
    let days = asked.query_map([], |row| Ok((NOW_MS - row.get::<_, i64>(0)?) / DAY_MS));
    days.and_then(Iterator::collect).expect("read")
}

#[test]
fn events_are_remembered_for_thirty_days() {
    let connection = tables();
    note(
        &connection,
        &[(90, true), (31, true), (29, true), (0, true)],
    );
    by_age(&connection, NOW_MS).expect("forgotten");
    assert_eq!(left(&connection), [29, 0]);
    by_age(&connection, NOW_MS + 60 * DAY_MS).expect("forgotten");
    assert_eq!(left(&connection), [0; 0]);
}

#[test]
fn a_wrong_time_is_no_age() {
    let connection = tables();
    // Before the clock was set it showed 1970; once it was set to last summer, and once to the next century.
    let story = [
        (20_000, false),
        (3, true),
        (150, true),
        (-30_000, true),
        (20_000, false),
        (1, true),
    ];
    note(&connection, &story);
    by_age(&connection, NOW_MS).expect("nothing is too old");
    assert_eq!(left(&connection).len(), story.len());
    // They go with their neighbours.
    note(&connection, &[(-40, true)]);
    by_age(&connection, NOW_MS + 35 * DAY_MS).expect("forgotten");
    assert_eq!(left(&connection), [-30_000, 20_000, 1, -40]);
}

#[test]
fn hours_are_remembered_for_four_hundred_days() {
    let connection = tables();
    let count = |days: i64, set: bool, ms: i64| {
        let hour = (ms - days * DAY_MS) / 1000;
        connection
            .execute(
                "INSERT INTO hours VALUES (?1, ?2, '', '', 'came', 1)",
                (hour, set),
            )
            .expect("counted");
    };
    count(401, true, NOW_MS);
    count(399, true, NOW_MS);
    count(0, false, 0);
    let later = NOW_MS + 800 * DAY_MS;
    count(401, false, later);
    let hours =
        || connection.query_row("SELECT count(*) FROM hours", [], |row| row.get::<_, i64>(0));
    by_age(&connection, NOW_MS).expect("forgotten");
    assert_eq!(hours(), Ok(3), "399 days, 1970, and one of later");
    by_age(&connection, later).expect("forgotten");
    assert_eq!(hours(), Ok(1), "1970 is no age");
}

#[test]
fn where_the_file_is_full_the_oldest_go_events_first() {
    let connection = tables();
    let text = format!("{{\"error\":\"{}\"}}", "x".repeat(1500));
    for number in 0..6_000 {
        connection
            .execute(
                "INSERT INTO events (time_ms, clock_set, event) VALUES (?1, 1, ?2)",
                (number, &text),
            )
            .expect("noted");
        connection
            .execute(
                "INSERT INTO hours VALUES (?1, 1, 'glass', 'jar', 'recognised', 1)",
                [number],
            )
            .expect("counted");
    }
    let of = |what: &str| {
        let counted = connection.query_row(what, [], |row| row.get::<_, i64>(0));
        counted.expect("counted")
    };
    let most = used_pages(&connection).expect("counted");
    by_size(&connection, most + SLACK_PAGES).expect("there is room");
    assert_eq!(of("SELECT count(*) FROM events"), 6_000);
    by_size(&connection, most).expect("forgotten");
    assert!(used_pages(&connection).expect("counted") <= most - SLACK_PAGES);
    assert_eq!(
        of("SELECT min(id) FROM events") % 1_000,
        1,
        "in steps, from the oldest on"
    );
    assert_eq!(of("SELECT max(id) FROM events"), 6_000);
    assert_eq!(of("SELECT count(*) FROM hours"), 6_000);
    by_size(&connection, SLACK_PAGES + 20).expect("forgotten");
    assert_eq!(of("SELECT count(*) FROM events"), 0);
    assert_eq!(of("SELECT max(hour) FROM hours"), 5_999);
    assert!(of("SELECT count(*) FROM hours") < 6_000);
    by_size(&connection, 0).expect("there is nothing more to forget");
}

#[test]
fn what_is_set_aside_takes_from_the_room_and_leaves_some() {
    assert_eq!(most_pages(0) * PAGE / 1_000_000, 55);
    assert_eq!(most_pages(20_000_000) * PAGE / 1_000_000, 35);
    assert_eq!(most_pages(u64::MAX), LEAST_BYTES / PAGE);
}
