//! The file `state.db`, as the thread that writes has it and as readers open it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::desk::{Batch, Noted};
use super::fault::Fault;
use super::prune;
use super::schema::{self, Kind, VERSIONS};
use super::stats::{Group, Grouping, Query, Sum};
use super::tally::{Outcome, Tally};
use crate::error::Error;
use crate::files;

/// How long another program may hold the file before that counts as a fault.
const LOCKED: Duration = Duration::from_secs(1);

/// Where the daemon stands in its state partition, so much stays free for configurations and the system.
const LEFT_FREE: u64 = 6 << 20;

/// Kilobytes of the file that are kept in memory.
const CACHE_KIB: i64 = 512;

/// Pages that are written beside the file before they are moved into it.
const CHECKPOINT_PAGES: i64 = 250;

/// The file, open for writing.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    connection: Connection,
    most_pages: u64,
}

type Done<T> = Result<T, Fault>;

impl File {
    /// Opens the file, or makes it; its tables are brought to the newest version. Beside it lie `aside` bytes of an older one.
    pub fn open(path: &Path, aside: u64) -> Done<Self> {
        is_regular(path).map_err(|error| Fault::of_disk(path, "opened", error))?;
        if !path.exists() {
            enough_room(path)?;
        }
        let opened = Self::opened(path, aside);
        match opened.map_err(|error| Fault::of(path, "opened", error))? {
            (Kind::Ours, file) => Ok(file),
            (Kind::Newer(version), _) => Err(Fault::Unusable(newer(path, version))),
            (Kind::Foreign, _) => Err(Fault::Torn(Error::data(format!(
                "the memory {} is a database of something else",
                path.display()
            )))),
        }
    }

    fn opened(path: &Path, aside: u64) -> rusqlite::Result<(Kind, Self)> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut connection = connect(path, flags)?;
        let kind = schema::kind(&connection, VERSIONS)?;
        let most_pages = prune::most_pages(aside);
        if kind == Kind::Ours {
            settle(&connection, most_pages)?;
            schema::migrate(&mut connection, VERSIONS)?;
            let check: String =
                connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
            if check != "ok" {
                let torn = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
                return Err(rusqlite::Error::SqliteFailure(torn, Some(check)));
            }
        }
        let path = path.to_owned();
        let file = Self {
            path,
            connection,
            most_pages,
        };
        Ok((kind, file))
    }

    /// How many batches are in the file.
    pub fn batches(&self) -> Done<u64> {
        let number = batches(&self.connection);
        number.map_err(|error| self.fault("read", error))
    }

    /// Forgets the oldest where the next batch would have no room.
    pub fn make_room(&self) -> Done<()> {
        enough_room(&self.path)?;
        let made = prune::by_size(&self.connection, self.most_pages);
        made.map_err(|error| self.fault("written", error))
    }

    /// Forgets what is too old at `now_ms`, by a clock that is set and steady.
    pub fn forget_old(&self, now_ms: i64) -> Done<()> {
        enough_room(&self.path)?;
        let forgotten = prune::by_age(&self.connection, now_ms);
        forgotten.map_err(|error| self.fault("written", error))
    }

    /// Writes a batch, all of it or nothing, onto the disk; answers with its number.
    pub fn write(&mut self, batch: &Batch) -> Done<u64> {
        let written = write(&mut self.connection, batch);
        written.map_err(|error| self.fault("written", error))
    }

    fn fault(&self, doing: &str, error: rusqlite::Error) -> Fault {
        Fault::of(&self.path, doing, error)
    }
}

/// Adds what the file has to an answer; the number of its newest batch, which is in the answer.
pub(super) fn read(path: &Path, query: Query, sum: &mut Sum) -> Done<u64> {
    is_regular(path).map_err(|error| Fault::of_disk(path, "read", error))?;
    add_all(path, query, sum).map_err(|error| Fault::of(path, "read", error))
}

fn add_all(path: &Path, query: Query, sum: &mut Sum) -> rusqlite::Result<u64> {
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // One state of the file, whatever is written meanwhile.
    let state = connection.transaction()?;
    add_hours(&state, query, sum)?;
    add_ever(&state, sum)?;
    batches(&state)
}

/// Whether its disk has more free than is left for configurations and the system.
fn enough_room(path: &Path) -> Done<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // A file system without blocks says nothing of room.
    let disk = rustix::fs::statvfs(folder);
    let disk = disk.ok().filter(|disk| disk.f_blocks > 0);
    let free = disk.map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    match free {
        Some(free) if free < LEFT_FREE => Err(Fault::Unusable(full(path, free))),
        _ => Ok(()),
    }
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(LOCKED)?;
    Ok(connection)
}

/// A pipe or a device in its place is not opened.
fn is_regular(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Err(io::Error::other("it is a link")),
        Ok(found) => files::refuse_special(found.file_type()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// A write-ahead log, each batch on the disk before the next, and bounds for memory and disk.
fn settle(connection: &Connection, most_pages: u64) -> rusqlite::Result<()> {
    let set = |name: &str, value: i64| connection.pragma_update(None, name, value);
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "temp_store", "memory")?;
    set("cache_size", -CACHE_KIB)?;
    set("wal_autocheckpoint", CHECKPOINT_PAGES)?;
    set(
        "journal_size_limit",
        CHECKPOINT_PAGES * prune::PAGE.cast_signed(),
    )?;
    set("max_page_count", most_pages.cast_signed())
}

fn write(connection: &mut Connection, batch: &Batch) -> rusqlite::Result<u64> {
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    write_events(&step, &batch.events)?;
    write_tally(&step, &batch.tally)?;
    let number = step.query_row(
        "UPDATE batches SET number = number + 1 RETURNING number",
        [],
        |row| row.get(0),
    )?;
    step.commit()?;
    Ok(number)
}

fn write_events<'e>(
    connection: &Connection,
    events: impl IntoIterator<Item = &'e Noted>,
) -> rusqlite::Result<()> {
    let mut insert =
        connection.prepare("INSERT INTO events (time_ms, clock_set, event) VALUES (?1, ?2, ?3)")?;
    for noted in events {
        // An event can always be expressed.
        let event = serde_json::to_string(&noted.event).unwrap_or_default();
        insert.execute((noted.time_ms, noted.clock_set, event))?;
    }
    Ok(())
}

fn write_tally(connection: &Connection, tally: &Tally) -> rusqlite::Result<()> {
    let mut hours = connection.prepare(
        "INSERT INTO hours VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET count = count + excluded.count",
    )?;
    for (key, count) in &tally.hours {
        let outcome = key.outcome.name();
        hours.execute((
            key.hour,
            key.clock_set,
            &key.bin,
            &key.label,
            outcome,
            count,
        ))?;
    }
    let mut totals = connection.prepare(
        "INSERT INTO totals VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET count = count + excluded.count",
    )?;
    for ((outcome, bin), count) in &tally.ever {
        totals.execute((outcome.name(), bin, count))?;
    }
    Ok(())
}

fn batches(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT number FROM batches", [], |row| row.get(0))
}

fn add_hours(connection: &Connection, query: Query, sum: &mut Sum) -> rusqlite::Result<()> {
    let group = match query.by {
        Grouping::Bin => "bin",
        Grouping::Label => "label",
        Grouping::Hour | Grouping::Day => "hour",
        Grouping::Outcome => "outcome",
    };
    // They are added up here: SQLite would sort them, and on a disk where they are many.
    let mut asked = connection.prepare(&format!(
        "SELECT outcome, clock_set, count, {group} FROM hours WHERE hour >= ?1 AND hour < ?2"
    ))?;
    let mut rows = asked.query(<[i64; 2]>::from(query.range()))?;
    while let Some(row) = rows.next()? {
        let group = match query.by {
            Grouping::Hour | Grouping::Day => Group::Start(row.get(3)?),
            _ => Group::Name(row.get(3)?),
        };
        let outcome: String = row.get(0)?;
        if let Some(outcome) = Outcome::named(&outcome) {
            sum.add(group, outcome, row.get(1)?, row.get(2)?);
        }
    }
    Ok(())
}

fn add_ever(connection: &Connection, sum: &mut Sum) -> rusqlite::Result<()> {
    let mut asked = connection.prepare("SELECT outcome, bin, count FROM totals")?;
    let mut rows = asked.query([])?;
    while let Some(row) = rows.next()? {
        let (outcome, bin): (String, String) = (row.get(0)?, row.get(1)?);
        if let Some(outcome) = Outcome::named(&outcome) {
            sum.add_ever(outcome, &bin, row.get(2)?);
        }
    }
    Ok(())
}

fn newer(path: &Path, version: i64) -> Error {
    Error::unavailable(format!(
        "the memory {} is of a newer sortd: its tables are of version {version}, those of this program of {}",
        path.display(),
        VERSIONS.len()
    ))
    .advice("install the newer sortd again, or move the file away and lose its counts")
}

fn full(path: &Path, free: u64) -> Error {
    Error::unavailable(format!(
        "the memory {} cannot be written: of its disk {} kB are free, and {} kB are left for configurations and the system",
        path.display(),
        free / 1000,
        LEFT_FREE / 1000
    ))
    .advice("make room on its disk")
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
