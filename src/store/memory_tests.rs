//! The memory as the daemon has it, with both its threads.

use std::sync::mpsc::channel;

use super::*;
use crate::report::Event;

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

fn start(folder: Option<&Path>) -> (Memory, Reporter) {
    let reporter = Reporter::new(false).expect("a reporter");
    Memory::start(folder, reporter)
}

fn ask(memory: &Memory) -> Stats {
    let (sender, answer) = channel();
    memory.ask(Query::default(), move |told| {
        let _ = sender.send(told);
    });
    let told = answer.recv_timeout(PATIENCE).expect("an answer");
    told.expect("counts")
}

#[test]
fn what_was_counted_is_there_after_an_end_and_before_it_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let (memory, reporter) = start(Some(folder.path()));
    reporter.report(&Event::ItemSeen);
    assert_eq!(ask(&memory).total.items, 1);
    drop(memory);
    let (memory, reporter) = start(Some(folder.path()));
    reporter.report(&Event::ItemSeen);
    let stats = ask(&memory);
    assert_eq!((stats.total.items, stats.ever.items), (2, 2));
    assert_eq!((stats.memory, memory.trouble()), (None, None));
}

#[test]
fn without_a_folder_it_counts_until_the_end() {
    let (memory, reporter) = start(None);
    reporter.report(&Event::ItemSeen);
    let stats = ask(&memory);
    assert_eq!((stats.total.items, stats.lost), (1, 0));
    assert_eq!((stats.memory, memory.trouble()), (None, None));
}

#[test]
fn a_crowd_that_asks_is_turned_away_and_not_queued() {
    let (memory, _reporter) = start(None);
    let (sender, answers) = channel();
    for _ in 0..1_000 {
        let sender = sender.clone();
        memory.ask(Query::default(), move |told| {
            let _ = sender.send(told.is_some());
        });
    }
    let refused = answers.try_iter().filter(|answered| !answered).count();
    assert!(refused > 900, "{refused}");
}
