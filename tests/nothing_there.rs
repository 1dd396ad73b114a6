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

use prost::Message;
use serde_json::Value;
use sortd::actuate::{Outputs, SimulatedActuator};
use sortd::capture::replay::{Photo, PhotoSequence, Showing};
use sortd::capture::{Captured, Frame};
use sortd::clock::{Clock, SimulatedClock};
use sortd::config::Config;
use sortd::pipeline::{Pipeline, Plan};
use sortd::report::{Event, Reporter};
use tempfile::TempDir;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto::{Tensor, Value as TypeValue};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
};

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
fn config(bundle: &TempDir, glass: &str) -> PathBuf {
    let text = format!(
        r#"
        [camera]
        source = "replay"
        path = "unused"
        [model]
        bundle = "{}"
        [trigger]
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
    let file = config(&bundle, "\"glass\"");
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
    let ran = check(&config(&bundle, "\"glass\", \"empty\""));
    assert_eq!(ran.status, 78, "{ran:?}");
    assert!(
        ran.err.contains("\"empty\" means that nothing is there"),
        "{ran:?}"
    );
}

#[test]
fn classify_names_it_and_no_bin() {
    let bundle = bundle();
    let file = config(&bundle, "\"glass\"");
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
fn events(bundle: &TempDir, photo: &str) -> Vec<Event> {
    let plan = Plan::of(Config::load(&config(bundle, "\"glass\"")).unwrap()).unwrap();
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
    let found = events(&bundle, SOMETHING);
    let lit = |event: &Event| matches!(event, Event::SignalOn { bin } if bin == "glass");
    assert!(found.iter().any(lit), "the network looks: {found:?}");
    // It is shown for longer than it takes to be unsure.
    let found = events(&bundle, NOTHING);
    let told = |event: &Event| {
        matches!(
            event,
            Event::SignalOn { .. } | Event::Unsure { .. } | Event::Recognised { .. }
        )
    };
    assert!(!found.iter().any(told), "{found:?}");
}

/// A network of 128 by 128 pixels whose answer is these logits, whatever it is shown.
fn constant(logits: &[f32]) -> Vec<u8> {
    let node = |op: &str, inputs: &[&str], output: &str| NodeProto {
        op_type: op.into(),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.into()],
        ..NodeProto::default()
    };
    let axis = AttributeProto {
        name: "axis".into(),
        r#type: AttributeType::Int as i32,
        i: 1,
        ..AttributeProto::default()
    };
    let flatten = NodeProto {
        attribute: vec![axis],
        ..node("Flatten", &["p"], "q")
    };
    let classes = i64::try_from(logits.len()).expect("few classes");
    let tensor = |name: &str, dims: &[i64], values: &[f32]| TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: DataType::Float as i32,
        raw_data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        ..TensorProto::default()
    };
    let dim = |size: &i64| Dimension {
        denotation: String::new(),
        value: Some(dimension::Value::DimValue(*size)),
    };
    let info = |name: &str, shape: &[i64]| ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            denotation: String::new(),
            value: Some(TypeValue::TensorType(Tensor {
                elem_type: DataType::Float as i32,
                shape: Some(TensorShapeProto {
                    dim: shape.iter().map(dim).collect(),
                }),
            })),
        }),
        doc_string: String::new(),
    };
    let graph = GraphProto {
        name: "constant".into(),
        node: vec![
            node("GlobalAveragePool", &["x"], "p"),
            flatten,
            node("Gemm", &["q", "w", "b"], "y"),
        ],
        initializer: vec![
            tensor("w", &[3, classes], &vec![1e-6; 3 * logits.len()]),
            tensor("b", &[classes], logits),
        ],
        input: vec![info("x", &[1, 3, 128, 128])],
        output: vec![info("y", &[1, classes])],
        ..GraphProto::default()
    };
    ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: 13,
        }],
        graph: Some(graph),
        ..ModelProto::default()
    }
    .encode_to_vec()
}

#[test]
fn classify_names_a_label_of_the_bin_that_it_names() {
    // Of cardboard, paper and plastic, which share a bin, each is less likely than glass.
    let logits = [0.25f32, 0.26, 0.005, 0.24, 0.235, 0.005, 0.005].map(f32::ln);
    let model = constant(&logits);
    let bundle = common::shipped_bundle(|manifest| {
        common::is_of(manifest, &model);
        manifest.output.temperature = 1.0;
        manifest.golden.tolerance = 0.01;
        for case in &mut manifest.golden.cases {
            case.output = logits.to_vec();
        }
    });
    fs::write(bundle.path().join("model.onnx"), &model).unwrap();
    let mut command = common::sortd();
    command
        .args(["classify", "--json", "--model"])
        .arg(bundle.path());
    command.args(["--config", "config/sortd.toml", SOMETHING]);
    let ran = common::finish(&mut command);
    assert_eq!(ran.status, 0, "{ran:?}");
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&answer["label"], &answer["bin"]),
        (&"cardboard".into(), &"paper".into())
    );
    // And so does the daemon.
    let told = events(&bundle, SOMETHING);
    let named = told.iter().find_map(|event| match event {
        Event::Recognised { label, bin, .. } => Some((&**label, &**bin)),
        _ => None,
    });
    assert_eq!(named, Some(("cardboard", "other")), "{told:?}");
}
