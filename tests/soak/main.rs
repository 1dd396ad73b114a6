//! Long runs by a seed: daemons on boards that are not there, and a simulated day through the pipeline.
//! Items, faults, reloads and ends come mixed; what is signalled and what is driven is judged throughout.
//!
//! `make soak` runs the long ones; `LOOKS`, `SEED`, `LANES` and `DAY` (in seconds) set how long and which.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

#[path = "../common/mod.rs"]
mod common;
mod day;
mod judge;
mod lane;
mod pins;
mod process;
mod scenes;
mod setups;

use std::time::{Duration, Instant};

use common::board::Board;
use lane::{Ending, Lane, Outcome};

/// A number from the environment.
fn asked(name: &str, usual: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) if !text.is_empty() => {
            let number = text.replace('_', "").parse();
            number.unwrap_or_else(|_| panic!("{name}={text} is no number"))
        }
        _ => usual,
    }
}

/// Runs lanes side by side, prints what they came to, and answers with the looks.
#[track_caller]
fn run_side_by_side(lanes: Vec<Lane>) -> Outcome {
    let begun = Instant::now();
    let lanes: Vec<_> = lanes
        .into_iter()
        .map(|lane| std::thread::spawn(move || lane.run()))
        .collect();
    let mut all = Outcome::default();
    for lane in lanes {
        all.add(lane.join().expect("a lane reports, and does not panic"));
    }
    println!("{:.0} s: {all}", begun.elapsed().as_secs_f64());
    assert!(all.complaints.is_empty(), "{:#?}", all.complaints);
    assert!(all.count("signal-on") > 0, "nothing was ever signalled");
    all
}

#[test]
fn daemons_with_items_a_reload_a_stop_a_kill_and_a_fault_keep_their_promises() {
    let Some(_board) = Board::new() else { return };
    let endings = [Ending::Stop, Ending::Kill, Ending::Fault];
    let lanes = endings.map(|ending| Lane {
        number: ending as usize,
        seed: 18,
        looks: 150,
        longest_life: 150,
        first: ending,
    });
    let all = run_side_by_side(lanes.into());
    assert!(all.looks >= 450, "{all}");
    assert!(all.count("config-reloaded") > 0, "{all}");
}

#[test]
fn two_simulated_minutes_of_a_rush_hour_keep_every_promise() {
    day::run(23, 150, Duration::from_secs(2)).hold();
}

#[test]
#[ignore = "hours: `make soak`"]
fn a_million_looks_of_daemons_keep_their_promises() {
    let Some(_board) = Board::new() else { return };
    let (looks, seed) = (asked("LOOKS", 1_000_000), asked("SEED", 1));
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let lanes = asked("LANES", 2 * cores as u64);
    println!("{looks} looks in {lanes} lanes, seed {seed}");
    let endings = [Ending::Stop, Ending::Kill, Ending::Fault];
    let lane = |number: u64| Lane {
        number: number as usize,
        seed: seed.wrapping_add(number),
        looks: looks.div_ceil(lanes),
        longest_life: (looks / lanes / 4).clamp(500, 20_000),
        first: endings[number as usize % endings.len()],
    };
    let all = run_side_by_side((0..lanes).map(lane).collect());
    assert!(all.looks >= looks, "{all}");
}

#[test]
#[ignore = "minutes: `make soak`"]
fn a_simulated_day_keeps_every_promise() {
    day::run(
        asked("SEED", 1),
        asked("DAY", 86_400),
        Duration::from_secs(120),
    )
    .hold();
}
