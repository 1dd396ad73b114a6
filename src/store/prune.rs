//! What is forgotten: events after 30 days, counts by hour after 400, and the oldest of both where the file is full.

use rusqlite::Connection;

use super::time::EARLIEST_S;

/// Bytes of a page.
pub(super) const PAGE: u64 = 4096;

/// The file, without what SQLite writes beside it before it is in the file: a few megabytes. With that it stays below 64 MB.
const MOST_BYTES: u64 = 56_000_000;

/// However much else lies there, so much has room: several batches.
const LEAST_BYTES: u64 = 12_000_000;

/// Room that one batch needs at most.
const SLACK_PAGES: u64 = 1_000;

/// Rows that are forgotten in one step.
const STEP: u64 = 1_000;

const DAY_MS: i64 = 86_400_000;
const EVENTS_MS: i64 = 30 * DAY_MS;
const HOURS_S: i64 = 400 * DAY_MS / 1000;

/// The most pages of a file beside which `aside` bytes of an older one are kept.
pub(super) const fn most_pages(aside: u64) -> u64 {
    let left = MOST_BYTES.saturating_sub(aside);
    let left = if left > LEAST_BYTES {
        left
    } else {
        LEAST_BYTES
    };
    left / PAGE
}

/// Forgets what is too old at `now_ms`, by a clock that is set and steady.
///
/// An event with a wrong time, from before the clock was set or after it was set wrongly, is judged by its neighbours: what goes
/// is a beginning of the story whose last event is too old, and which no event follows that came in between. So whatever time
/// the clock shows for an hour, nothing younger goes.
pub(super) fn by_age(connection: &Connection, now_ms: i64) -> rusqlite::Result<()> {
    connection.execute(
        "DELETE FROM events WHERE id <= (
            SELECT max(id) FROM events WHERE clock_set AND time_ms < ?1 AND id < coalesce(
                (SELECT id FROM events WHERE clock_set AND time_ms >= ?1 ORDER BY id LIMIT 1),
                9223372036854775807))",
        [now_ms.saturating_sub(EVENTS_MS)],
    )?;
    // Hours of a clock that was not set are those of the last time that it was, unless it began with 1970.
    let oldest = (now_ms / 1000).saturating_sub(HOURS_S);
    connection.execute(
        "DELETE FROM hours WHERE hour < ?1 AND (clock_set OR hour >= ?2)",
        [oldest, EARLIEST_S],
    )?;
    Ok(())
}

/// Forgets the oldest events, and then the oldest hours, until a batch has room in `most` pages.
pub(super) fn by_size(connection: &Connection, most: u64) -> rusqlite::Result<()> {
    let most = most.saturating_sub(SLACK_PAGES);
    while used_pages(connection)? > most {
        let events = connection.execute(
            "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT ?1)",
            [STEP],
        )?;
        let forgotten = if events > 0 {
            events
        } else {
            connection.execute(
                "DELETE FROM hours WHERE hour <= (SELECT max(hour) FROM (SELECT hour FROM hours ORDER BY hour LIMIT ?1))",
                [STEP],
            )?
        };
        if forgotten == 0 {
            break;
        }
    }
    Ok(())
}

fn used_pages(connection: &Connection) -> rusqlite::Result<u64> {
    let count = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    Ok(count("page_count")?.saturating_sub(count("freelist_count")?))
}

#[cfg(test)]
#[path = "prune_tests.rs"]
mod tests;
