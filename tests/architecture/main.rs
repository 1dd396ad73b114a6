//! The promises of ARCHITECTURE.md about the code itself: which way imports run, where a driver crate
//! may be named, and how long a file may be. The numbers are those of the invariants there.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod imports;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use imports::Imports;

/// Modules in the order of the flow; each may import those before it, and the floor.
const FLOW: [&str; 16] = [
    "capture",
    "preprocess",
    "presence",
    "classify",
    "decide",
    "actuate",
    "report",
    "store",
    "machine",
    "pipeline",
    "control",
    "daemon",
    "takeover",
    "web",
    "cli",
    "main",
];

/// Modules that every other may import and that name no stage.
const FLOOR: [&str; 10] = [
    "error",
    "visible",
    "panics",
    "signals",
    "files",
    "units",
    "clock",
    "time_zone",
    "config",
    "jpeg",
];

/// The laboratory's modules in the order of the flow; each may import those before it.
const LABORATORY: [&str; 31] = [
    "output",
    "places",
    "device",
    "rng",
    "files",
    "metrics",
    "selective",
    "schedule",
    "average",
    "components",
    "kshot",
    "kernels",
    "quantise",
    "nets",
    "weights",
    "data",
    "answers",
    "deploy",
    "onnx",
    "engine",
    "parity",
    "compress",
    "config",
    "run_folder",
    "checkpoint",
    "progress",
    "evaluation",
    "bundle",
    "plots",
    "card",
    "training",
];

/// Where each driver crate may be named: files, and folders with a slash behind them.
const DRIVERS: [(&str, &[&str]); 7] = [
    ("nokhwa", &["capture/v4l2.rs"]),
    ("v4l", &["capture/preset.rs"]),
    ("rppal", &["actuate/rppal.rs", "actuate/hardware_pwm.rs"]),
    ("gpiocdev", &["actuate/gpiochip.rs"]),
    ("rusqlite", &["store/"]),
    ("jiff", &["time_zone.rs"]),
    (
        "tract_onnx",
        &[
            "classify/tract.rs",
            "classify/exports.rs",
            "classify/network.rs",
            "classify/onnx/",
            "classify/sanity.rs",
            "classify/budget/",
            "classify/int8/section.rs",
            "classify/int8/lower/",
        ],
    ),
];

const LONGEST_FILE: usize = 400;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder of the repository, by its path inside that folder.
fn sources(folder: &str) -> BTreeMap<String, String> {
    fn walk(folder: &Path, base: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, base, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path
                    .strip_prefix(base)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    let base = root().join(folder);
    walk(&base, &base, &mut found);
    found
}

/// The top module of a file: `capture` for `capture/v4l2.rs` and for `capture.rs`.
fn module(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The code of a file without comments and without its tests, which may name anything.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let mut kept = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("#[cfg(test)]") {
            let first = lines.by_ref().find(|line| !line.starts_with("#["));
            if !first.is_some_and(|line| line.ends_with(';')) {
                lines.by_ref().find(|line| *line == "}");
            }
            continue;
        }
        let code = line.trim_start();
        if !code.starts_with("//") {
            kept.push(code.split(" // ").next().unwrap_or(code));
        }
    }
    kept.into_iter()
}

fn is_test(file: &str) -> bool {
    file.ends_with("tests.rs") || file.contains("tests/") || file.ends_with("fake_camera.rs")
}

/// The top modules that a line names, as `crate::NAME`.
fn named_modules(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn invariant_1_imports_run_one_way() {
    let rank = |name: &str| FLOW.iter().position(|module| *module == name);
    for (file, text) in sources("src")
        .iter()
        .filter(|(file, _)| !is_test(file) && *file != "lib.rs")
    {
        let own = module(file);
        for line in code(text) {
            for named in named_modules(line).filter(|named| *named != own) {
                let Some(their_rank) = rank(named) else {
                    continue;
                };
                assert!(
                    !FLOOR.contains(&own),
                    "{file}: the floor names the stage {named}"
                );
                let own_rank = rank(own).unwrap_or_else(|| panic!("{file} is in no known module"));
                assert!(
                    their_rank < own_rank,
                    "{file} imports {named}, which comes after {own}"
                );
            }
        }
    }
}

#[test]
fn invariant_1_only_the_pipeline_and_its_users_know_all_stages() {
    for (file, text) in sources("src").iter().filter(|(file, _)| !is_test(file)) {
        if matches!(module(file), "pipeline" | "daemon" | "cli" | "main" | "lib") {
            continue;
        }
        let stages: std::collections::BTreeSet<&str> = code(text)
            .flat_map(named_modules)
            .filter(|name| FLOW.contains(name))
            .collect();
        assert!(
            stages.len() <= 3,
            "{file} knows {stages:?}; only the pipeline knows the order"
        );
    }
}

#[test]
fn invariant_1_imports_of_the_laboratory_run_one_way_inside_its_rooms_as_well() {
    let laboratory = sources("models/trainer/src");
    let imports = Imports::of(&laboratory);
    let modules: std::collections::BTreeSet<&str> =
        laboratory.keys().map(|file| module(file)).collect();
    for own in modules
        .into_iter()
        .filter(|name| !matches!(*name, "lib" | "main" | "cli"))
    {
        let place = LABORATORY.iter().position(|name| *name == own);
        let place = place
            .unwrap_or_else(|| panic!("the laboratory's module {own} has no place in the flow"));
        for named in imports.of_top(own) {
            let before = LABORATORY[..place].iter().any(|name| *name == named);
            assert!(
                before,
                "the laboratory's module {own} imports {named}, which comes after it"
            );
        }
    }
    for room in imports.rooms() {
        let circle = imports.circle_in(&room);
        assert_eq!(circle, None, "a circle of imports in {}", room.join("/"));
    }
}

#[test]
fn invariant_2_each_driver_crate_is_named_where_it_is_wrapped() {
    for (file, text) in sources("src") {
        for (driver, homes) in DRIVERS {
            let names = code(&text).any(|line| {
                line.contains(&format!("{driver}::")) || line.starts_with(&format!("use {driver};"))
            });
            // `rppal` is also the name of our own module; only the crate's path counts.
            let own = line_names_own_module(&text, driver);
            let home =
                |home: &&str| file == *home || home.ends_with('/') && file.starts_with(*home);
            assert!(
                !names || own || homes.iter().any(home),
                "{file} names {driver}"
            );
        }
    }
}

fn line_names_own_module(text: &str, driver: &str) -> bool {
    text.lines()
        .any(|line| line.trim() == format!("mod {driver};"))
}

#[test]
fn invariant_10_unsafe_code_stands_in_the_kernels_and_their_threads() {
    const HOMES: [&str; 2] = ["classify/int8/kernels/", "classify/int8/pool.rs"];
    // The trainer hands slices to the matrix product, which takes pointers.
    const TRAINERS_HOMES: [&str; 1] = ["kernels/product.rs"];
    let daemon = sources("src")
        .into_iter()
        .map(|source| (source, &HOMES[..]));
    let trainer = sources("models/trainer/src").into_iter();
    let trainer = trainer.map(|source| (source, &TRAINERS_HOMES[..]));
    for ((file, text), homes) in daemon.chain(trainer) {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let block = line.contains("unsafe {") || line.contains("unsafe impl");
            if !block || line.trim_start().starts_with("//") {
                continue;
            }
            assert!(
                homes.iter().any(|home| file.starts_with(home)),
                "{file} has unsafe code"
            );
            let argued = lines[..at]
                .iter()
                .rev()
                .take_while(|line| line.trim_start().starts_with("//"))
                .any(|line| line.contains("SAFETY:"));
            assert!(argued, "{file}:{} does not say why it is safe", at + 1);
        }
    }
}

#[test]
fn invariant_3_files_are_short_and_say_what_they_are_for() {
    for folder in ["src", "models/trainer/src", "tests"] {
        for (file, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(lines <= LONGEST_FILE, "{folder}/{file} has {lines} lines");
            assert!(
                text.starts_with("//!"),
                "{folder}/{file} does not say what it is for"
            );
        }
    }
}

#[test]
fn invariant_4_nothing_aborts_on_a_panic() {
    // rppal resets its pins, and `Outputs` parks, while a panic unwinds.
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(!manifest.contains("panic = \"abort\""));
}

#[test]
fn the_pipeline_is_told_in_one_screen() {
    let text = fs::read_to_string(root().join("src/pipeline/mod.rs")).unwrap();
    let from = text.find("pub fn look").unwrap();
    let to = text.find("fn watch_picture").unwrap();
    let lines = code(&text[from..to])
        .filter(|line| !line.is_empty())
        .count();
    assert!(lines <= 60, "from a frame to a light takes {lines} lines");
}
