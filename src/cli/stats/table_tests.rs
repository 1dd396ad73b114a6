//! What `sortd stats` prints, held by a file.

use super::*;
use std::path::Path;

fn counts([items, recognised, unsure, left, signals]: [u64; 5]) -> Counts {
    Counts {
        items,
        recognised,
        unsure,
        left,
        signals,
    }
}

fn row(name: &str, start: Option<i64>, of: [u64; 5]) -> Row {
    Row {
        name: name.into(),
        start,
        counts: counts(of),
    }
}

fn by_bin() -> Stats {
    let mut stats = Stats {
        rows: vec![
            row("paper & card", None, [0, 160, 3, 0, 163]),
            row("", None, [212, 0, 2, 9, 0]),
            row("glass\n, =1+1", None, [0, 38, 0, 0, 38]),
            row("=HYPERLINK(\"x\")", None, [0, 1, 0, 0, 1]),
        ],
        total: counts([212, 199, 5, 9, 202]),
        clock_unset: 4,
        lost: 12,
        memory: Some("the memory /s/state.db cannot be written; make room on its disk".into()),
        left_out: 3,
        ..Stats::default()
    };
    stats.ever.items = 34_007;
    stats.ever.recognised = 33_000;
    stats
}

fn by_day() -> Stats {
    Stats {
        by: Grouping::Day,
        rows: vec![
            row("2026-11-29", Some(1_795_910_400), [120, 110, 3, 7, 113]),
            row("2026-11-30", Some(1_795_996_800), [92, 89, 2, 2, 89]),
        ],
        total: counts([212, 199, 5, 9, 202]),
        ..Stats::default()
    }
}

#[test]
fn tables_and_values_are_as_the_golden_file_has_them() {
    let since = Query {
        from: Some(1_795_910_400),
        ..Query::default()
    };
    let between = Query {
        to: Some(1_796_044_800),
        ..since
    };
    let outcomes = Stats {
        by: Grouping::Outcome,
        rows: vec![row("came", None, [212, 0, 0, 0, 0])],
        ..Stats::default()
    };
    let zone = TimeZone::utc();
    let shown = [
        told(&since, &by_bin(), &zone),
        told(&between, &by_day(), &zone),
        told(&Query::default(), &outcomes, &zone),
        told(&Query::default(), &Stats::default(), &zone),
        csv(&by_bin()),
        csv(&by_day()),
    ]
    .join("\n----\n\n");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/stats.txt");
    if std::env::var_os("SORTD_UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &shown).expect("written");
    }
    assert_eq!(shown, std::fs::read_to_string(file).expect("read"));
}
