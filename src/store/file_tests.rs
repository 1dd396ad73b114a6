//! The file: what is written is there, and what is not sortd's is told apart.

use super::*;
use crate::report::Event;
use crate::store::stats::Stats;
use crate::time_zone::TimeZone;
use tempfile::TempDir;

/// 2026-11-30 13:00.
const HOUR: i64 = 1_796_043_600;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.db");
    (folder, path)
}

fn batch(events: &[Event]) -> Batch {
    let mut batch = Batch::default();
    for event in events {
        batch.tally.count(event, HOUR, true);
        batch.events.push_back(Noted {
            time_ms: HOUR * 1000,
            clock_set: true,
            event: event.clone(),
        });
    }
    batch
}

fn recognised(bin: &str) -> Event {
    Event::Recognised {
        label: format!("{bin} of some kind"),
        bin: bin.into(),
        confidence: 0.9,
    }
}

fn open(path: &Path) -> File {
    File::open(path, 0).unwrap_or_else(|fault| panic!("{}", fault.error()))
}

fn told(path: &Path, by: Grouping) -> (u64, Stats) {
    let query = Query {
        by,
        ..Query::default()
    };
    let mut sum = Sum::new(query, TimeZone::utc());
    let batches = read(path, query, &mut sum).unwrap_or_else(|fault| panic!("{}", fault.error()));
    (batches, sum.told())
}

#[test]
fn batches_add_up_and_a_reader_knows_how_many_there_are() {
    let (_folder, path) = place();
    let mut file = open(&path);
    let story = [Event::ItemSeen, recognised("glass"), recognised("glass")];
    assert_eq!(file.write(&batch(&story)).ok(), Some(1));
    assert_eq!(told(&path, Grouping::Bin).0, 1, "beside an open writer");
    assert_eq!(file.write(&batch(&[recognised("paper")])).ok(), Some(2));
    drop(file);
    let file = open(&path);
    assert_eq!(file.batches().ok(), Some(2));
    for (by, names) in [
        (Grouping::Bin, &["glass", "", "paper"][..]),
        (
            Grouping::Label,
            &["glass of some kind", "", "paper of some kind"],
        ),
        (Grouping::Hour, &["2026-11-30 13:00"]),
        (Grouping::Day, &["2026-11-30"]),
        (Grouping::Outcome, &["recognised", "came"]),
    ] {
        let (batches, stats) = told(&path, by);
        assert_eq!(batches, 2);
        let told: Vec<&str> = stats.rows.iter().map(|row| &*row.name).collect();
        assert_eq!(told, names, "{by:?}");
        assert_eq!((stats.total.items, stats.total.recognised), (1, 3));
        assert_eq!((stats.ever.items, stats.ever.recognised), (1, 3));
    }
    let events: i64 = file
        .connection
        .query_row(
            "SELECT count(*) FROM events WHERE event LIKE '%glass%'",
            [],
            |row| row.get(0),
        )
        .expect("counted");
    assert_eq!(events, 2);
}

#[test]
fn each_batch_is_on_the_disk_before_the_next() {
    let (_folder, path) = place();
    let file = open(&path);
    let setting = |name: &str| -> String {
        let value = file
            .connection
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
        format!("{:?}", value.expect("told"))
    };
    assert_eq!(setting("journal_mode"), r#"Text("wal")"#);
    assert_eq!(setting("synchronous"), "Integer(2)");
    assert_eq!(setting("page_size"), format!("Integer({})", prune::PAGE));
    let most = format!("Integer({})", prune::most_pages(0));
    assert_eq!(setting("max_page_count"), most);
}

#[test]
fn a_torn_file_and_anothers_database_are_begun_anew_and_no_other() {
    let (folder, path) = place();
    let mut file = open(&path);
    for number in 0..200 {
        let events = vec![recognised(&format!("bin {number}")); 20];
        file.write(&batch(&events)).expect("written");
    }
    drop(file);
    let whole = fs::read(&path).expect("read");
    let mut torn = whole.clone();
    torn[20_000..60_000].fill(0x5a);
    let half = &whole[..whole.len() / 2 + 100];
    for (what, bytes) in [
        ("a hole", &torn[..]),
        ("half of it", half),
        ("no database", &[b'x'; 9000][..]),
    ] {
        fs::write(&path, bytes).expect("written");
        let opened = File::open(&path, 0);
        assert!(matches!(opened, Err(Fault::Torn(_))), "{what}: {opened:?}");
    }
    fs::remove_file(&path).expect("removed");
    let other = Connection::open(&path).expect("opened");
    other
        .execute_batch("CREATE TABLE notes (text TEXT)")
        .expect("made");
    drop(other);
    assert!(matches!(File::open(&path, 0), Err(Fault::Torn(_))));
    fs::remove_file(&path).expect("removed");
    let newer = open(&path);
    newer
        .connection
        .pragma_update(None, "user_version", 99)
        .expect("written");
    drop(newer);
    let Err(Fault::Unusable(error)) = File::open(&path, 0) else {
        panic!("a newer file is left as it is");
    };
    assert!(error.to_string().contains("newer sortd"), "{error}");
    let missing = File::open(&folder.path().join("missing/state.db"), 0);
    assert!(matches!(missing, Err(Fault::Unusable(_))), "{missing:?}");
    let folder_there = File::open(folder.path(), 0);
    assert!(matches!(folder_there, Err(Fault::Unusable(_))));
}

#[test]
fn a_link_in_its_place_is_not_followed() {
    let (folder, path) = place();
    let elsewhere = folder.path().join("elsewhere");
    std::os::unix::fs::symlink(&elsewhere, &path).expect("made");
    assert!(matches!(File::open(&path, 0), Err(Fault::Unusable(_))));
    assert!(!elsewhere.exists());
}
