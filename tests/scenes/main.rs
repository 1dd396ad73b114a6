//! Scenes before the daemon's pipeline with the shipped configuration and model: empty zones with
//! disturbances, and items that come, stay and go, composed of real photographs by a seed.
//!
//! `make scenes` measures for long and prints tables. `MINUTES` of each disturbance and `VISITS` of each kind on
//! each ground; `SEED`; `GROUNDS` and `ITEMS`, folders of other photographs; `PICTURES`, a folder to keep some in;
//! `ONLY`, a part of the name of what is to be measured alone.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod album;
mod busy;
mod canvas;
mod chance;
#[path = "../common/mod.rs"]
mod common;
mod conditions;
mod disturbance;
mod ground;
mod item;
mod quiet;
mod stage;
mod visit;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use album::Album;
use busy::Busy;
use disturbance::Disturbance;
use ground::Ground;
use item::Item;
use quiet::Quiet;
use visit::Manner;

/// Of the drawn grounds, one that needs no file.
fn tiles() -> Ground {
    let mut grounds = Ground::all();
    let at = grounds
        .iter()
        .position(|ground| ground.name == "tiles")
        .unwrap();
    grounds.swap_remove(at)
}

#[test]
fn no_disturbance_but_the_sun_lights_a_bin() {
    let (ground, album) = (tiles(), Album::none());
    let kinds = Disturbance::ALL
        .into_iter()
        .filter(|kind| *kind != Disturbance::SunPatch);
    for kind in kinds {
        let quiet = quiet::watch(&ground, kind, Duration::from_secs(20), 20, &album);
        assert_eq!(quiet.signals, 0, "{}: {quiet:?}", kind.name());
    }
}

#[test]
fn an_item_gets_one_answer() {
    let (ground, album, items) = (tiles(), Album::none(), Item::all());
    let busy = busy::watch(&ground, &items, Manner::Laid, 6, 20, &album);
    assert_eq!(busy.once, busy.visits, "{busy:?}");
}

/// A number from the environment.
fn asked(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number"))
    })
}

/// Does all of the work, as much at once as there are processors, and answers in its order.
fn on_all_cores<T: Sync, R: Send>(work: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(item) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let at = std::ptr::from_ref(item) as usize;
                    let result = each(item);
                    done.lock().unwrap().push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[test]
#[ignore = "many minutes: `make scenes`"]
fn measure() {
    let (minutes, visits, seed) = (asked("MINUTES", 10), asked("VISITS", 25), asked("SEED", 1));
    let (grounds, album, items) = (Ground::all(), Album::asked_for(), Item::all());
    let names: Vec<&str> = grounds.iter().map(|ground| ground.name.as_str()).collect();
    println!("{} grounds: {}", grounds.len(), names.join(", "));
    let torn = items.iter().filter(|item| !item.is_whole).count();
    println!(
        "{} items; {torn} of them cannot be cut out in one piece, and are only shown as transparent ones\n",
        items.len()
    );

    println!(
        "| disturbance | minutes | occurrences | items seen | picture faults | false signals | an hour |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|");
    let only = std::env::var("ONLY").unwrap_or_default();
    let disturbances = Disturbance::ALL.into_iter();
    for kind in disturbances.filter(|kind| kind.name().contains(&only)) {
        let time = Duration::from_secs(60 * minutes);
        let parts = on_all_cores(&grounds, |ground| {
            quiet::watch(ground, kind, time, seed, &album)
        });
        print_quiet(kind.name(), &Quiet::sum(parts.iter().copied()));
        for (ground, part) in grounds.iter().zip(&parts) {
            if part.signals > 0 {
                print_quiet(&format!("… on {}", ground.name), part);
            }
        }
    }

    println!(
        "\n| items | visits | one answer | none | several | right | wrong | unsure | median s to light |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    let mut all = Vec::new();
    let manners = Manner::ALL.into_iter();
    for manner in manners.filter(|manner| manner.name().contains(&only)) {
        let fitting: Vec<&Ground> = grounds
            .iter()
            .filter(|ground| manner != Manner::Clear || ground.is_plain)
            .collect();
        let visits = visits as u32 * if manner == Manner::Clear { 4 } else { 1 };
        let parts = on_all_cores(&fitting, |ground| {
            busy::watch(ground, &items, manner, visits, seed, &album)
        });
        let sum = Busy::sum(parts);
        print_busy(manner.name(), &sum);
        all.push(sum);
    }
    print_busy("all", &Busy::sum(all));
}

fn print_quiet(name: &str, quiet: &Quiet) {
    let hours = quiet.time.as_secs_f32() / 3600.0;
    println!(
        "| {name} | {:.0} | {} | {} | {} | {} in {} | {:.1} |",
        quiet.time.as_secs_f32() / 60.0,
        quiet.occurrences,
        quiet.seen,
        quiet.faults,
        quiet.signals,
        quiet.with_signal,
        quiet.signals as f32 / hours
    );
}

fn print_busy(name: &str, busy: &Busy) {
    let share = |count: u32| 100.0 * count as f32 / busy.visits as f32;
    println!(
        "| {name} | {} | {:.1} % | {:.1} % | {:.1} % | {:.1} % | {:.1} % | {:.1} % | {:.2} |",
        busy.visits,
        share(busy.once),
        share(busy.missed),
        share(busy.again),
        share(busy.right),
        share(busy.wrong),
        share(busy.unsure),
        busy.median_wait()
    );
}
