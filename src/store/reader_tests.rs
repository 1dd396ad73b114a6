//! Answers, while batches are written.

use super::*;
use crate::report::{Event, Witness as _};
use crate::store::file::File;
use tempfile::TempDir;

fn scene() -> (TempDir, Reader, File) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.db");
    let file = File::open(&path, 0).unwrap_or_else(|fault| panic!("{}", fault.error()));
    let desk = Arc::<Desk>::default();
    desk.keep_events();
    desk.opened(file.batches().ok());
    let path = Some(path);
    (folder, Reader { desk, path }, file)
}

fn items(reader: &Reader) -> Option<(u64, u64)> {
    let stats = reader.attempt(Query::default())?;
    Some((stats.total.items, stats.ever.items))
}

#[test]
fn whatever_the_writer_is_doing_each_item_is_counted_once() {
    let (_folder, reader, mut file) = scene();
    let desk = Arc::clone(&reader.desk);
    desk.see(&Event::ItemSeen);
    assert_eq!(items(&reader), Some((1, 1)), "it waits");
    let batch = desk.take().expect("it waits");
    desk.see(&Event::ItemSeen);
    assert_eq!(items(&reader), Some((2, 2)), "it is about to be written");
    let number = file.write(&batch).expect("written");
    assert_eq!(items(&reader), Some((2, 2)), "it is in the file");
    desk.written(number);
    assert_eq!(items(&reader), Some((2, 2)), "and that is known");
    // A batch that began and ended between the two looks is looked for again.
    let unwritten = desk.unwritten();
    let mut sum = Sum::new(Query::default(), desk.zone());
    assert_eq!(add_unwritten(&mut sum, &unwritten, Some(2)), None);
    assert_eq!(add_unwritten(&mut sum, &unwritten, Some(0)), None);
    assert_eq!(add_unwritten(&mut sum, &unwritten, Some(1)), Some(()));
}

#[test]
fn a_file_that_cannot_be_read_leaves_what_is_in_memory_and_says_so() {
    let (folder, reader, file) = scene();
    drop(file);
    std::fs::write(folder.path().join("state.db"), [0x5a; 9000]).expect("written");
    reader.desk.see(&Event::ItemSeen);
    let stats = reader.stats(Query::default()).expect("an answer");
    assert_eq!(stats.total.items, 1);
    assert!(stats.memory.is_some_and(|text| text.contains("state.db")));
}
