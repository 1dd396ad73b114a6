//! The tables, and the way from those of an older program to these.

use rusqlite::{Connection, TransactionBehavior};

/// What each version adds to the one before; `PRAGMA user_version` says how many a file has. What stands here was shipped and
/// is never changed: a new version is a new entry at the end.
///
/// `batches` has one row. Times of events are milliseconds, hours are seconds since 1970.
pub(super) const VERSIONS: &[&str] = &["
CREATE TABLE batches (number INTEGER NOT NULL) STRICT;
INSERT INTO batches VALUES (0);
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    clock_set INTEGER NOT NULL,
    event TEXT NOT NULL
) STRICT;
CREATE TABLE hours (
    hour INTEGER NOT NULL,
    clock_set INTEGER NOT NULL,
    bin TEXT NOT NULL,
    label TEXT NOT NULL,
    outcome TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (hour, clock_set, bin, label, outcome)
) STRICT, WITHOUT ROWID;
CREATE TABLE totals (
    outcome TEXT NOT NULL,
    bin TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (outcome, bin)
) STRICT, WITHOUT ROWID;
"];

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One of these tables, or of none yet.
    Ours,
    /// One of a newer program, which has so many versions of the tables.
    Newer(i64),
    /// A database of something else.
    Foreign,
}

/// What the file is that was opened.
pub(super) fn kind(connection: &Connection, versions: &[&str]) -> rusqlite::Result<Kind> {
    let version = version(connection)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    Ok(if version < 0 || (version == 0) != (tables == 0) {
        Kind::Foreign
    } else if version > newest(versions) {
        Kind::Newer(version)
    } else {
        Kind::Ours
    })
}

/// Brings the tables to the newest version, all at once or not at all.
pub(super) fn migrate(connection: &mut Connection, versions: &[&str]) -> rusqlite::Result<()> {
    let has = usize::try_from(version(connection)?).unwrap_or_default();
    if has >= versions.len() {
        return Ok(());
    }
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for version in &versions[has..] {
        step.execute_batch(version)?;
    }
    step.pragma_update(None, "user_version", newest(versions))?;
    step.commit()
}

const fn newest(versions: &[&str]) -> i64 {
    versions.len().cast_signed() as i64
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_an_older_program_are_brought_forward_with_what_they_hold() {
        let mut connection = Connection::open_in_memory().expect("opened");
        assert_eq!(kind(&connection, VERSIONS).expect("read"), Kind::Ours);
        migrate(&mut connection, VERSIONS).expect("made");
        connection
            .execute("INSERT INTO totals VALUES ('came', '', 7)", [])
            .expect("counted");
        let mut next = VERSIONS.to_vec();
        next.push("ALTER TABLE totals ADD COLUMN since INTEGER;");
        migrate(&mut connection, &next).expect("brought forward");
        let (count, since): (i64, Option<i64>) = connection
            .query_row("SELECT count, since FROM totals", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .expect("read");
        assert_eq!((count, since), (7, None));
        let newer = Kind::Newer(newest(&next));
        assert_eq!(kind(&connection, VERSIONS).expect("read"), newer);
    }

    #[test]
    fn a_step_that_fails_leaves_the_tables_as_they_were() {
        let mut connection = Connection::open_in_memory().expect("opened");
        migrate(&mut connection, VERSIONS).expect("made");
        let mut wrong = VERSIONS.to_vec();
        wrong.push("CREATE TABLE added (a INTEGER); CREATE TABLE totals (a INTEGER);");
        migrate(&mut connection, &wrong).expect_err("there is such a table");
        assert_eq!(kind(&connection, VERSIONS).expect("read"), Kind::Ours);
        let added = connection.query_row("SELECT a FROM added", [], |_| Ok(()));
        assert!(added.is_err());
    }

    #[test]
    fn a_database_of_something_else_is_told_apart() {
        let connection = Connection::open_in_memory().expect("opened");
        connection
            .execute_batch("CREATE TABLE notes (text TEXT)")
            .expect("made");
        assert_eq!(kind(&connection, VERSIONS).expect("read"), Kind::Foreign);
    }
}
