//! `make bench-page`: what visitors of the page cost the bin.
//!
//! The whole daemon and the whole page, each a process of its own: a replay of photographs at 30 pictures a second, all of which are
//! looked at, first without a visitor and then with 32, each of whom asks for the newest picture twice a second, as the page does. In
//! turns, so that what else the machine does falls on both.

#![allow(
    clippy::unwrap_used,
    reason = "a measurement that cannot be set up ends where it stands"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use common::bin::Bin;
use common::page::Page;
use serde_json::Value;

/// How many look at the page at once.
const VISITORS: u32 = 32;
/// How often each asks for a picture.
const EVERY: Duration = Duration::from_millis(500);
/// The latest 512 turns are known, those of 17 s.
const SPAN: Duration = Duration::from_secs(20);
const ROUNDS: usize = 5;

/// What was measured in one span.
#[derive(Debug, Clone, Copy)]
struct Measured {
    looks_per_s: f64,
    median_ms: f64,
    p99_ms: f64,
    pictures_per_s: f64,
}

/// Photographs one after the other for ever, and each picture of them looked at.
fn busy(folder: &Path) -> PathBuf {
    let photos = common::root().join("tests/demo/white-board");
    let text = fs::read_to_string(common::root().join("config/examples/replay.toml")).unwrap();
    let text = text
        .replace("../../tests/photos", photos.to_str().unwrap())
        .replace("repeat = false", "repeat = true\nwidth = 640\nheight = 480")
        .replace("fps = 15", "fps = 30")
        .replace("[trigger]", "[trigger]\nmode = \"always\"");
    let file = folder.join("sortd.toml");
    fs::write(&file, text).unwrap();
    file
}

fn status(bin: &Bin) -> Value {
    serde_json::from_str(&bin.ask(&["status", "--json"]).out).unwrap()
}

fn measure(bin: &Bin, page: &Page, token: &str, visitors: u32) -> Measured {
    let (over, shown) = (AtomicBool::new(false), AtomicU64::new(0));
    scope(|scope| {
        for number in 0..visitors {
            let (over, shown) = (&over, &shown);
            scope.spawn(move || {
                sleep(EVERY * number / VISITORS);
                while !over.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    assert!(page.get("/api/look", token)["jpeg"].is_string());
                    shown.fetch_add(1, Ordering::Relaxed);
                    sleep(EVERY.saturating_sub(began.elapsed()));
                }
            });
        }
        let (began, before, shown_before) =
            (Instant::now(), status(bin), shown.load(Ordering::Relaxed));
        sleep(SPAN);
        let (span, after) = (began.elapsed().as_secs_f64(), status(bin));
        over.store(true, Ordering::Relaxed);
        let looks = after["pictures"].as_u64().unwrap() - before["pictures"].as_u64().unwrap();
        Measured {
            looks_per_s: looks as f64 / span,
            median_ms: after["turn_ms"]["median"].as_f64().unwrap(),
            p99_ms: after["turn_ms"]["p99"].as_f64().unwrap(),
            pictures_per_s: (shown.load(Ordering::Relaxed) - shown_before) as f64 / span,
        }
    })
}

fn median(all: &[Measured], of: impl Fn(&Measured) -> f64) -> f64 {
    let mut all: Vec<f64> = all.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

#[test]
#[ignore = "a measurement of minutes: make bench-page"]
fn visitors_of_the_page_cost_the_bin_little() {
    let folder = tempfile::tempdir().unwrap();
    let config = busy(folder.path());
    let bin = Bin::run(folder, &config);
    let page = Page::start(bin.folder.path());
    let token = page.pair(&bin);
    measure(&bin, &page, &token, VISITORS);
    let (mut alone, mut visited) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(measure(&bin, &page, &token, 0));
        visited.push(measure(&bin, &page, &token, VISITORS));
    }
    println!(
        "{ROUNDS} rounds of {} s each; medians of the rounds",
        SPAN.as_secs()
    );
    println!(
        "{:<28} {:>10} {:>14} {:>12}",
        "", "alone", "32 visitors", "difference"
    );
    for (name, of) in [
        (
            "looks a second",
            (|one| one.looks_per_s) as fn(&Measured) -> f64,
        ),
        ("a turn, median, ms", |one| one.median_ms),
        ("a turn, 99th percentile, ms", |one| one.p99_ms),
        ("pictures shown a second", |one| one.pictures_per_s),
    ] {
        let (alone, visited) = (median(&alone, of), median(&visited, of));
        println!(
            "{name:<28} {alone:>10.2} {visited:>14.2} {:>+12.2}",
            visited - alone
        );
    }
}
