//! A model with a label that means that nothing is there: no bin takes it, none lights for it, and
//! nobody asks for a bin that does.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sortd::actuate::{Outputs, SimulatedActuator};
use sortd::capture::replay::{Photo, PhotoSequence, Showing};
use sortd::capture::{Captured, Frame};
use sortd::clock::{Clock, SimulatedClock};
use sortd::config::Config;
use sortd::pipeline::{Pipeline, Plan};
use sortd::report::{Event, Reporter};
use tempfile::TempDir;

/// The network is sure of this one: it is what [`bundle`] calls nothing.
const NOTHING: &str = "tests/photos/metal/metal193.jpg";
const SOMETHING: &str = "tests/photos/glass/glass311.jpg";

/// The shipped bundle, for which what was metal means that nothing is there.
fn bundle() -> TempDir {
    common::shipped_bundle(|manifest| {
        for label in &mut manifest.labels {
            match &**label {
                "empty" => *label = "no more".into(),
                "metal" => *label = "empty".into(),
                _ => {}
            }
        }
        manifest.empty_label = Some("empty".into());
    })
}

/// A configuration for that bundle, written beside it.
fn config(bundle: &TempDir, trigger: &str, glass: &str) -> PathBuf {
    let text = format!(
        r#"
        [camera]
        source = "replay"
        path = "unused"
        [model]
        bundle = "{}"
        [trigger]
        mode = "{trigger}"
        learn-ms = 600
        [decision]
        unsure-bin = "other"
        [gpio]
        backend = "simulated"
        [[bins]]
        name = "glass"
        accepts = [{glass}]
        led = {{ pin = 17 }}
        [[bins]]
        name = "other"
        accepts = ["cardboard", "paper", "plastic", "trash"]
        led = {{ pin = 27 }}
        "#,
        bundle.path().display()
    );
    let file = bundle.path().join("sortd.toml");
    fs::write(&file, text).unwrap();
    file
}

fn check(file: &Path) -> common::Ran {
    common::finish(common::sortd().args(["check", "--config"]).arg(file))
}

#[test]
fn check_asks_for_no_bin_for_it() {
    let bundle = bundle();
    let file = config(&bundle, "motion", "\"glass\"");
    let ran = check(&file);
    assert_eq!((ran.status, &*ran.err), (0, ""), "{ran:?}");
    // Nor where each label must have a bin.
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replace("unsure-bin = \"other\"", "");
    let text = text.replace("\"trash\"]", "\"trash\", \"no more\"]");
    let labels = fs::read_to_string(bundle.path().join("model.toml")).unwrap();
    let text = if labels.contains("no more") {
        text
    } else {
        text.replace(", \"no more\"", "")
    };
    fs::write(&file, text).unwrap();
    let ran = check(&file);
    assert_eq!((ran.status, &*ran.err), (0, ""), "{ran:?}");
}

#[test]
fn a_bin_that_accepts_it_is_refused() {
    let bundle = bundle();
    let ran = check(&config(&bundle, "motion", "\"glass\", \"empty\""));
    assert_eq!(ran.status, 78, "{ran:?}");
    assert!(
        ran.err.contains("\"empty\" means that nothing is there"),
        "{ran:?}"
    );
}

#[test]
fn classify_names_it_and_no_bin() {
    let bundle = bundle();
    let file = config(&bundle, "motion", "\"glass\"");
    let classify = |json: bool| {
        let mut command = common::sortd();
        command.arg("classify").args(json.then_some("--json"));
        command.arg("--model").arg(bundle.path());
        command
            .arg("--config")
            .arg(&file)
            .args([NOTHING, SOMETHING]);
        let ran = common::finish(&mut command);
        assert_eq!(ran.status, 0, "{ran:?}");
        ran.out
    };
    let told = classify(true);
    let answers: Vec<Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers[0]["label"], "empty");
    assert_eq!(answers[0]["bin"], Value::Null);
    assert_eq!(answers[1]["bin"], "glass");
    let told = classify(false);
    let first = told.lines().next().unwrap();
    assert!(first.ends_with(" %, nothing is there"), "{told}");
}

/// The events of a daemon that is shown a photograph between two views of an empty zone.
fn events(bundle: &TempDir, trigger: &str, photo: &str) -> Vec<Event> {
    let plan = Plan::of(Config::load(&config(bundle, trigger, "\"glass\"")).unwrap()).unwrap();
    let clock = Arc::new(SimulatedClock::default());
    let actuator = Box::new(SimulatedActuator::new(clock.clone()));
    let outputs = Outputs::new(actuator, &plan.config, clock.now()).unwrap();
    let (reporter, events) = Reporter::keeping();
    let mut pipeline = Pipeline::new(plan, outputs, clock.clone(), reporter);
    let showing = Showing {
        frames_per_photo: 45,
        width: 640,
        height: 480,
    };
    let photo = Photo::file(&common::root().join(photo));
    let mut sequence = PhotoSequence::new(vec![photo], showing, false);
    let mut frame = Frame::empty(clock.now());
    while let Captured::Frame = sequence.next_frame(&mut frame).unwrap() {
        clock.advance(Duration::from_millis(66));
        frame.captured_at = clock.now();
        pipeline.look(&frame).unwrap();
    }
    events.take()
}

#[test]
fn nothing_lights_for_it() {
    let bundle = bundle();
    for trigger in ["motion", "always"] {
        let lit = |photo| {
            events(&bundle, trigger, photo)
                .into_iter()
                .any(|event| matches!(event, Event::SignalOn { bin } if bin == "glass"))
        };
        assert!(lit(SOMETHING), "{trigger}: the network looks");
    }
    // For longer than it takes to be unsure.
    let found = events(&bundle, "motion", NOTHING);
    let told = |event: &Event| {
        matches!(
            event,
            Event::SignalOn { .. } | Event::Unsure { .. } | Event::Recognised { .. }
        )
    };
    assert!(!found.iter().any(told), "{found:?}");
}
