//! The thread that writes, turn by turn.

use super::*;
use crate::report::{Kept, Witness as _};
use crate::store::file;
use crate::store::stats::{Query, Sum};
use rusqlite::Connection;
use std::fs;
use std::os::unix::fs::FileExt;
use tempfile::TempDir;

struct Scene {
    folder: TempDir,
    desk: Arc<Desk>,
    writer: Writer,
    told: Kept,
}

impl Scene {
    fn new() -> Self {
        Self::in_folder(tempfile::tempdir().expect("a folder"))
    }

    fn in_folder(folder: TempDir) -> Self {
        let desk = Arc::<Desk>::default();
        desk.keep_events();
        let (reporter, told) = Reporter::keeping();
        let path = Some(folder.path().join("state.db"));
        let writer = Writer::new(Arc::clone(&desk), path, reporter);
        Self {
            folder,
            desk,
            writer,
            told,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("state.db")
    }

    /// One turn of the writer.
    fn turn(&mut self) {
        self.writer.turn();
    }

    fn remarks(&self) -> Vec<String> {
        let events = self.told.take();
        events.iter().map(ToString::to_string).collect()
    }

    fn counted(&self) -> i64 {
        let connection = Connection::open(self.path()).expect("opened");
        let counted = connection.query_row("SELECT sum(count) FROM totals", [], |row| row.get(0));
        counted.expect("counted")
    }
}

#[test]
fn a_file_that_is_in_use_is_tried_again_and_nothing_is_lost() {
    let mut scene = Scene::new();
    scene.turn();
    let other = Connection::open(scene.path()).expect("opened");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    scene.desk.see(&Event::ItemSeen);
    scene.turn();
    let remarks = scene.remarks();
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    assert!(
        remarks[0].contains("sqlite3") && remarks[0].contains("hourly"),
        "{remarks:?}"
    );
    assert!(scene.desk.trouble().is_some());
    other.execute_batch("ROLLBACK").expect("released");
    scene.desk.see(&Event::ItemSeen);
    scene.turn();
    assert_eq!(scene.remarks(), [""; 0], "the hour is not over");
    scene.writer.again = Instant::now();
    scene.turn();
    assert_eq!(scene.remarks(), ["the memory is written again"]);
    assert_eq!((scene.counted(), scene.desk.trouble()), (2, None));
}

#[test]
fn a_torn_file_is_set_aside_and_counting_goes_on_in_a_new_one() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("state.db"), [0x5a; 9000]).expect("written");
    let mut scene = Scene::in_folder(folder);
    scene.desk.see(&Event::ItemSeen);
    scene.turn();
    let remarks = scene.remarks();
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    assert!(remarks[0].contains("state.db.corrupt"), "{remarks:?}");
    assert_eq!((scene.counted(), scene.desk.trouble()), (1, None));
    let aside = fs::read(scene.folder.path().join("state.db.corrupt"));
    assert_eq!(aside.expect("kept"), [0x5a; 9000]);
    // A card that tears each file is left alone for a while.
    scene.writer.give_up(Fault::Torn(Error::data("torn again")));
    assert!(
        scene
            .desk
            .trouble()
            .is_some_and(|text| text.contains("torn again"))
    );
    assert!(scene.writer.file.is_none());
    assert_eq!(scene.counted(), 1, "the second one is not set aside");
}

#[test]
fn a_file_that_tears_while_it_is_written_loses_nothing_that_waited() {
    let mut scene = Scene::new();
    scene.turn();
    let other = Connection::open(scene.path()).expect("opened");
    other.execute_batch("DROP TABLE totals").expect("gone");
    drop(other);
    scene.desk.see(&Event::ItemSeen);
    scene.turn();
    assert!(scene.remarks()[0].contains("state.db.corrupt"));
    scene.turn();
    assert_eq!(scene.counted(), 1);
}

#[test]
fn a_page_that_only_who_reads_finds_torn_is_set_aside_too() {
    let mut scene = Scene::new();
    scene.desk.see(&Event::ItemSeen);
    scene.turn();
    let other = Connection::open(scene.path()).expect("opened");
    let page = "SELECT rootpage FROM sqlite_schema WHERE name = 'hours'";
    let page: u64 = other.query_row(page, [], |row| row.get(0)).expect("told");
    let size: u64 = other
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .expect("told");
    let moved = other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    moved.expect("all of it is in the file");
    drop(other);
    // The writer has the page in memory, and does not see that it is torn on the disk.
    let file = fs::OpenOptions::new().write(true).open(scene.path());
    let torn = file.and_then(|file| file.write_all_at(&[0x5a; 64], (page - 1) * size));
    torn.expect("torn");
    let query = Query::default();
    let read = file::read(&scene.path(), query, &mut Sum::new(query, TimeZone::utc()));
    assert!(matches!(read, Err(Fault::Torn(_))), "{read:?}");
    scene.desk.suspect();
    scene.desk.see(&Event::ItemSeen);
    scene.turn();
    assert!(scene.remarks()[0].contains("state.db.corrupt"));
    assert_eq!(scene.counted(), 1);
}

#[test]
fn what_somebody_suspects_for_nothing_goes_on() {
    let mut scene = Scene::new();
    scene.turn();
    scene.desk.see(&Event::ItemSeen);
    scene.turn();
    scene.desk.suspect();
    scene.desk.see(&Event::ItemSeen);
    scene.turn();
    assert_eq!((scene.counted(), scene.remarks()), (2, Vec::new()));
}

#[test]
fn a_folder_that_cannot_be_written_is_told_once_with_its_cure() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("state.db")).expect("made");
    let mut scene = Scene::in_folder(folder);
    scene.turn();
    scene.desk.see(&Event::ItemSeen);
    scene.turn();
    let remarks = scene.remarks();
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    assert!(remarks[0].contains("user write"), "{remarks:?}");
}

#[test]
fn a_file_of_a_newer_program_is_left_as_it_is() {
    let mut scene = Scene::new();
    let newer = Connection::open(scene.path()).expect("opened");
    newer
        .execute_batch("CREATE TABLE totals (sum INTEGER); PRAGMA user_version = 9")
        .expect("made");
    drop(newer);
    let before = fs::read(scene.path()).expect("read");
    scene.desk.see(&Event::ItemSeen);
    scene.turn();
    assert!(scene.remarks()[0].contains("install the newer sortd"));
    assert_eq!(fs::read(scene.path()).expect("read"), before);
}
