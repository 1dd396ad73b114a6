//! Each command as a person or a unit file calls it: what it prints, and its exit status.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Every command with a page of help.
const COMMANDS: [&[&str]; 17] = [
    &[],
    &["run"],
    &["demo"],
    &["check"],
    &["classify"],
    &["cameras"],
    &["bins"],
    &["bins", "test"],
    &["park"],
    &["resume"],
    &["status"],
    &["look"],
    &["events"],
    &["model"],
    &["model", "info"],
    &["model", "verify"],
    &["bench"],
];

#[test]
fn every_command_explains_itself() {
    for command in COMMANDS {
        let ran = common::run(command.iter().chain(&["--help"]));
        assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{command:?}");
        let usage = ["Usage: sortd", &command.join(" ")].join(" ");
        assert!(ran.out.contains(usage.trim_end()), "{}", ran.out);
    }
    let version = common::run(["--version"]);
    assert_eq!(version.status, 0);
    assert_eq!(
        version.out,
        format!("sortd {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert!(common::run(["--help"]).out.contains("78 configuration"));
}

#[test]
fn a_command_line_without_sense_is_a_usage_error() {
    for args in [
        &[][..],
        &["--colour"],
        &["dance"],
        &["check", "--colour"],
        &["classify"],
        &["bins"],
        &["bins", "test"],
        &["model"],
        &["bench", "--frames", "0"],
        &["run", "--events", "xml"],
    ] {
        let ran = common::run(args);
        assert_eq!(ran.status, 2, "{args:?}: {ran:?}");
        assert_eq!(ran.out, "");
        assert!(
            ran.err.contains("Usage:") || ran.err.contains("--help"),
            "{ran:?}"
        );
    }
}

#[test]
fn the_demo_says_of_each_place_what_went_right_wrong_and_unsure() {
    let ran = common::run(["demo"]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let sections: Vec<&str> = ran.out.split("\n\n").collect();
    let [_, places @ .., totals] = &sections[..] else {
        panic!("{}", ran.out)
    };
    assert_eq!(places.len(), 2, "{}", ran.out);
    for (place, total) in places.iter().zip(totals.lines()) {
        let photographs: Vec<&str> = place.lines().filter(|line| line.contains(".jpg")).collect();
        assert_eq!(photographs.len(), 15, "{place}");
        let told = |word: &str| {
            let ends = |line: &&&str| line.split_whitespace().last() == Some(word);
            format!("{} {word}", photographs.iter().filter(ends).count())
        };
        let counts = ["right", "wrong", "unsure"].map(told).join(", ");
        let (name, said) = total.rsplit_once(": ").unwrap();
        assert!(place.starts_with(name), "{total}");
        assert_eq!(said, counts, "{place}");
    }
}

#[test]
fn the_benchmark_measures_every_stage() {
    let ran = common::run(["bench", "--json", "--frames", "20"]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let times: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(times["frames"], 20);
    let stages = times["stages"].as_array().unwrap();
    let names: Vec<_> = stages.iter().filter_map(|s| s["stage"].as_str()).collect();
    let expected = [
        "luma",
        "presence",
        "cut",
        "classify",
        "decide+actuate",
        "frame to pin, no network",
        "frame to pin",
    ];
    assert_eq!(names, expected);
    for stage in stages {
        let micros = |key: &str| stage[key].as_f64().unwrap();
        assert!(micros("median_us") > 0.0 && micros("median_us") <= micros("p99_us"));
    }
    assert!(times["peak_memory_kb"].as_u64().unwrap() > 1000);

    let plain = common::run(["bench", "--frames", "10"]);
    assert_eq!(plain.status, 0);
    for name in expected {
        assert!(plain.out.contains(name), "{}", plain.out);
    }
    assert!(plain.out.contains("peak memory"));
}

/// A configuration with two bins on this backend, and a lid; signals are short.
fn config(folder: &Path, gpio: &str) -> String {
    let file = folder.join("sortd.toml");
    let text = format!(
        "[camera]\nsource = \"replay\"\npath = \"nothing\"\n\
         [decision]\nhold-ms = 200\nunsure-bin = \"rest\"\n\
         [gpio]\n{gpio}\n\
         [[bins]]\nname = \"glass\"\naccepts = [\"glass\"]\nled = {{ pin = 17 }}\n\
         [[bins]]\nname = \"rest\"\nled = {{ pin = 27 }}\n"
    );
    fs::write(&file, text).expect("written");
    file.display().to_string()
}

#[test]
fn a_bin_is_tried_out_and_parked() {
    let folder = tempfile::tempdir().unwrap();
    let file = config(folder.path(), "backend = \"simulated\"");
    let ran = common::run(["bins", "test", "glass", "-c", &file]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, "glass: on for 0.2 s\nparked\n");

    let ran = common::run(["bins", "test", "glas", "-c", &file]);
    assert_eq!((ran.status, ran.out.as_str()), (2, ""));
    assert_eq!(
        ran.complaint(),
        format!("{file} has no bin \"glas\"; choose one of: glass, rest")
    );
}

#[test]
fn a_bin_that_is_tried_out_is_parked_by_whatever_ends_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let file = config(folder.path(), "backend = \"simulated\"");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("hold-ms = 200", "hold-ms = 10000")).unwrap();
    for signal in ["INT", "TERM", "HUP", "QUIT"] {
        let mut child = common::sortd()
            .args(["bins", "test", "glass", "-c", &file])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "glass: on for 10 s\n");
        common::signal(&child, signal);
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "parked\n", "after SIG{signal}");
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn parking_says_that_all_is_at_rest() {
    let folder = tempfile::tempdir().unwrap();
    let file = config(folder.path(), "backend = \"simulated\"");
    let ran = common::run(["park", "-c", &file]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, "parked: every light is off, every lid closed\n");
}

/// What needs pins fails with 69 and advice, and prints no result.
fn assert_no_pins(gpio: &str, why: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = config(folder.path(), gpio);
    for command in [&["run"][..], &["bins", "test", "rest"], &["park"]] {
        let ran = common::run(command.iter().copied().chain(["-c", &file]));
        assert_eq!(
            (ran.status, ran.out.as_str()),
            (69, ""),
            "{command:?}: {ran:?}"
        );
        let complaint = ran.complaint();
        assert!(complaint.contains(why), "{complaint}");
        assert!(
            complaint.contains("; "),
            "{complaint} does not say what to do"
        );
    }
    // The configuration itself is right; only this machine is not.
    let checked = common::run(["check", "-c", &file]);
    assert_eq!(checked.status, 0, "{checked:?}");
    let machine = common::run(["check", "--hardware", "-c", &file]);
    assert_eq!(machine.status, 69, "{machine:?}");
    assert!(machine.out.contains("WRONG"));
}

#[test]
fn a_machine_without_pins_says_so() {
    let model = fs::read_to_string("/proc/device-tree/model").unwrap_or_default();
    if model.contains("Raspberry Pi") {
        eprintln!("skipped: this is a {model}");
        return;
    }
    assert_no_pins("backend = \"rppal\"", "no Raspberry Pi that rppal knows");
}

#[test]
fn a_chip_that_is_none_is_refused() {
    assert_no_pins(
        "backend = \"gpiochip\"\nchip = \"/dev/no-such-gpiochip\"",
        "name a chip that exists",
    );
    let file = common::root().join("Cargo.toml");
    assert_no_pins(
        &format!("backend = \"gpiochip\"\nchip = \"{}\"", file.display()),
        "name a GPIO chip",
    );
}

#[test]
fn a_machine_without_cameras_says_so() {
    let nodes = fs::read_dir("/dev").unwrap().flatten();
    let mut names = nodes.map(|node| node.file_name().to_string_lossy().into_owned());
    if names.any(|name| name.starts_with("video")) {
        eprintln!("skipped: this machine has video devices");
        return;
    }
    let ran = common::run(["cameras"]);
    assert_eq!((ran.status, ran.out.as_str()), (69, ""));
    assert!(ran.complaint().contains("; plug in a USB camera"));
}

#[test]
fn a_configuration_that_is_missing_stops_every_command_that_needs_one() {
    for command in [
        &["run"][..],
        &["check"],
        &["park"],
        &["bins", "test", "glass"],
        &["classify", "tests/photos"],
    ] {
        let ran = common::run(command.iter().copied().chain(["-c", "no/such.toml"]));
        assert_eq!(
            (ran.status, ran.out.as_str()),
            (78, ""),
            "{command:?}: {ran:?}"
        );
        assert!(
            ran.complaint()
                .starts_with("no/such.toml:1:1: cannot be read: ")
        );
    }
}

/// Runs `sortd` with its standard output redirected as a shell does it.
fn redirected(args: &str, output: &str) -> common::Ran {
    // Whatever it takes to run it here is in the shell's own arguments.
    let script = format!("\"$@\" {args} {output}");
    let sortd = common::sortd();
    let mut shell = Command::new("sh");
    common::finish(
        shell
            .args(["-c", &script, "sh"])
            .arg(sortd.get_program())
            .args(sortd.get_args())
            .current_dir(common::root()),
    )
}

#[test]
fn closed_and_full_outputs_end_quietly_or_with_a_reason() {
    for args in ["model info", "check -c config/sortd.toml", "--help"] {
        let closed = redirected(args, ">&-");
        assert_eq!((closed.status, closed.err.as_str()), (0, ""), "{args}");
        let unread = redirected(args, "| true");
        assert_eq!((unread.status, unread.err.as_str()), (0, ""), "{args}");
    }
    let full = redirected("model info", "> /dev/full");
    assert_eq!(full.status, 70);
    assert!(full.complaint().contains("No space left"), "{full:?}");
    // Nobody may read standard error either.
    let mute = redirected("model verify no/such/folder", "2>&-");
    assert_eq!(mute.status, 65);
}

#[test]
fn a_pipe_that_closes_at_once_is_no_error() {
    let mut child = common::sortd()
        .args(["demo"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stderr.is_empty(), "{ended:?}");
}
