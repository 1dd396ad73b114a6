//! How `sortd stats` shows what was counted: a table for people, and comma-separated values.

use std::fmt::Write as _;

use crate::control::memory::{Counts, Grouping, Query, Row, Stats};
use crate::time_zone::TimeZone;
use crate::visible::visible;

/// A column's title, and what it shows of a row.
type Column = (&'static str, fn(&Counts) -> u64);

/// What has a bin or a label.
const OF_ANSWERS: [Column; 3] = [
    ("recognised", |counts| counts.recognised),
    ("unsure", |counts| counts.unsure),
    ("signals", |counts| counts.signals),
];

/// What an hour has.
const ALL: [Column; 5] = [
    ("items", |counts| counts.items),
    ("recognised", |counts| counts.recognised),
    ("unsure", |counts| counts.unsure),
    ("left", |counts| counts.left),
    ("signals", |counts| counts.signals),
];

/// What an outcome has: its own count, whichever that is.
const OF_OUTCOMES: [Column; 1] = [("count", |counts| {
    counts.items + counts.recognised + counts.unsure + counts.left + counts.signals
})];

const fn columns(by: Grouping) -> &'static [Column] {
    match by {
        Grouping::Bin | Grouping::Label => &OF_ANSWERS,
        Grouping::Hour | Grouping::Day => &ALL,
        Grouping::Outcome => &OF_OUTCOMES,
    }
}

const fn title(by: Grouping) -> &'static str {
    match by {
        Grouping::Bin => "bin",
        Grouping::Label => "label",
        Grouping::Hour => "hour",
        Grouping::Day => "day",
        Grouping::Outcome => "outcome",
    }
}

/// The answer for people.
pub(super) fn told(query: &Query, stats: &Stats, zone: &TimeZone) -> String {
    let mut text = format!("{}\n\n", period(query, zone));
    if let Some(trouble) = &stats.memory {
        add(
            &mut text,
            &format!("older counts may be missing: {trouble}\n"),
        );
    }
    table(&mut text, stats);
    if stats.left_out > 0 {
        add(
            &mut text,
            &format!(
                "{} more rows are left out; ask for a shorter time",
                stats.left_out
            ),
        );
    }
    let (total, ever) = (&stats.total, &stats.ever);
    add(&mut text, "");
    add(
        &mut text,
        &items(
            "together",
            [total.items, total.recognised, total.unsure, total.left],
        ),
    );
    add(
        &mut text,
        &items(
            "ever",
            [ever.items, ever.recognised, ever.unsure, ever.left],
        ),
    );
    if stats.clock_unset > 0 {
        add(
            &mut text,
            &format!(
                "{} of the items came while the machine's clock was not set: their hours and days may be wrong",
                stats.clock_unset
            ),
        );
    }
    if stats.lost > 0 {
        add(
            &mut text,
            &format!(
                "{} events were not remembered: too many came at once, or could not be written",
                stats.lost
            ),
        );
    }
    text
}

fn add(text: &mut String, line: &str) {
    // Writing into a string cannot fail.
    let _ = writeln!(text, "{line}");
}

fn period(query: &Query, zone: &TimeZone) -> String {
    let time = |second: u64| {
        let second = i64::try_from(second).unwrap_or(i64::MAX);
        if zone.day_of(second) == second {
            zone.date(second)
        } else {
            zone.minute(second)
        }
    };
    match (query.from, query.to) {
        (None, None) => "all that is remembered".into(),
        (Some(from), None) => format!("since {}", time(from)),
        (None, Some(to)) => format!("before {}", time(to)),
        (Some(from), Some(to)) => format!("from {}, before {}", time(from), time(to)),
    }
}

fn table(text: &mut String, stats: &Stats) {
    let columns = columns(stats.by);
    let shown = |row: &&Row| columns.iter().any(|(_, count)| count(&row.counts) > 0);
    let rows: Vec<(String, &Row)> = stats
        .rows
        .iter()
        .filter(shown)
        .map(|row| (name(row), row))
        .collect();
    if rows.is_empty() {
        add(text, "nothing was counted");
        return;
    }
    let title = title(stats.by);
    let names = rows.iter().map(|(name, _)| name.chars().count());
    let widest = names.fold(title.len(), usize::max);
    let mut line = format!("{title:<widest$}");
    for (title, _) in columns {
        let _ = write!(line, "  {title:>10}");
    }
    add(text, &line);
    for (name, row) in rows {
        let mut line = format!("{name:<widest$}");
        for (_, count) in columns {
            let _ = write!(line, "  {:>10}", count(&row.counts));
        }
        add(text, &line);
    }
}

fn name(row: &Row) -> String {
    match &*row.name {
        "" => "(none)".into(),
        name => visible(name).into_owned(),
    }
}

fn items(what: &str, [all, recognised, unsure, left]: [u64; 4]) -> String {
    format!("{what:<9} {all} items: {recognised} recognised, {unsure} unsure, {left} gone before")
}

/// The answer as comma-separated values: all columns, whatever the rows are, and of hours and days their second as well.
pub(super) fn csv(stats: &Stats) -> String {
    let mut text = format!("{},start", title(stats.by));
    for (title, _) in ALL {
        let _ = write!(text, ",{title}");
    }
    text.push('\n');
    for row in &stats.rows {
        let start = row
            .start
            .map_or_else(String::new, |start| start.to_string());
        let _ = write!(text, "{},{start}", quoted(&row.name));
        for (_, count) in ALL {
            let _ = write!(text, ",{}", count(&row.counts));
        }
        text.push('\n');
    }
    text
}

/// A name as a field: in quotes where it would be read as several, or by a spreadsheet as a formula.
fn quoted(name: &str) -> String {
    let name = visible(name);
    let formula = name.starts_with(['=', '+', '-', '@']);
    let name = if formula {
        format!("'{name}")
    } else {
        name.into_owned()
    };
    if name.contains([',', '"']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
