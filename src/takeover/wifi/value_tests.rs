//! Values with one meaning, with two, and with one that is likelier.

use super::super::KEYS;
use super::*;

#[track_caller]
fn taken(value: &str, text: &str, told: &str) {
    let read = read(value, true, &KEYS).expect("it is taken");
    assert_eq!(read.text, text, "{value}");
    let note = read.note.map(|(what, _)| what).unwrap_or_default();
    assert!(
        if told.is_empty() {
            note.is_empty()
        } else {
            note.contains(told)
        },
        "{value}: {note}"
    );
}

#[test]
fn what_has_one_meaning_is_taken_in_silence() {
    for value in [
        "Workshop",
        "Bob's WLAN",
        "C&A (2.4 GHz)",
        "a,b;c",
        "Café",
        "",
        "http://x",
    ] {
        taken(value, value, "");
    }
    for inner in [
        "Workshop",
        "'Workshop'",
        "a # b",
        "#",
        " x ",
        "5\" screen",
        "“W”",
        "\"x\"",
        "",
    ] {
        taken(&format!("\"{inner}\""), inner, "");
    }
}

#[test]
fn quotes_around_all_are_left_out_and_told() {
    for value in [
        "'Workshop'",
        "`Workshop`",
        "“Workshop”",
        "„Workshop“",
        "„Workshop”",
        "”Workshop”",
        "‘Workshop’",
        "‚Workshop‘",
        "«Workshop»",
        "’Workshop’",
        "‛Workshop’",
        "‟Workshop”",
        "‹Workshop›",
        "›Workshop‹",
        "′Workshop′",
        "″Workshop″",
        "＂Workshop＂",
        "＇Workshop＇",
        "「Workshop」",
        "『Workshop』",
        "｢Workshop｣",
        "〝Workshop〟",
        "❝Workshop❞",
    ] {
        taken(value, "Workshop", "without the quotes");
    }
}

#[test]
fn a_remark_behind_quotes_is_left_out_and_told() {
    for value in [
        "\"Workshop\" # upstairs",
        "\"Workshop\" #up",
        "'Workshop' # up",
        "“Workshop”# up",
    ] {
        taken(value, "Workshop", "remark");
    }
    let country = read("DE # or AT", false, &KEYS).expect("no country has one");
    assert_eq!(
        (country.text, country.note),
        ("DE", Some(remark_left_out()))
    );
}

#[test]
fn what_is_taken_as_it_stands_and_may_be_meant_otherwise_is_told() {
    taken("abc#defgh", "abc#defgh", "its #");
    taken("Werk #2", "Werk #2", "its #");
    taken("Werk \"statt\"", "Werk \"statt\"", "its quotes");
    taken("“Werk” statt", "“Werk” statt", "its quotes");
    taken("'a' and b", "'a' and b", "its quotes");
    taken("Anna’s phone", "Anna’s phone", "its quotes");
    taken("Werk ; upstairs", "Werk ; upstairs", "its ;");
    taken("Werk; upstairs", "Werk; upstairs", "its ;");
    taken("Werk;", "Werk;", "its ;");
    taken("Werk,", "Werk,", "its ,");
    taken("Werk ‹statt›", "Werk ‹statt›", "its quotes");
    taken("Werk // upstairs", "Werk // upstairs", "its //");
    taken("Werk\u{a0}statt", "Werk\u{a0}statt", "cannot be seen");
    taken("Werk\u{200b}", "Werk\u{200b}", "cannot be seen");
}

#[test]
fn what_has_two_meanings_is_refused() {
    for half in [
        "\"Workshop",
        "Workshop\"",
        "'Workshop",
        "Workshop'",
        "“Workshop",
        "Workshop”",
        "“Workshop\"",
        "\"Workshop”",
        "'Workshop\"",
        "\"",
        "'",
        "“",
        "»Workshop",
        "'a' and 'b'",
    ] {
        assert!(read(half, true, &KEYS).is_err(), "{half}");
    }
    for remark in [
        "Workshop # upstairs",
        "Workshop #",
        "# none",
        "#",
        "\"Workshop\" # the \"big\"",
    ] {
        let (what, _) = read(remark, true, &KEYS).expect_err(remark);
        assert!(what.contains("remark"), "{remark}: {what}");
    }
}

#[test]
fn another_setting_in_the_line_is_refused_unless_it_stands_between_quotes() {
    for two in [
        "n; password = secret1234",
        "n, password=secret1234",
        "n ; PASSWORD = secret1234",
        "n password = secret1234",
        "n, password: secret1234",
        "\"n\"; password = \"secret1234\"",
        "‹n›; password = ‹secret1234›",
    ] {
        let (what, todo) = read(two, true, &KEYS).expect_err(two);
        assert!(what.contains("another setting"), "{two}: {what}");
        assert!(todo.contains("line of its own"), "{two}: {todo}");
    }
    for one in [
        "\"n; password = x\"",
        "mypassword=x",
        "the network",
        "password",
    ] {
        read(one, true, &KEYS).expect(one);
    }
}
