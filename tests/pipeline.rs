//! From frames to pins, with real photographs, the real network, simulated time and simulated pins.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::codecs::jpeg::JpegEncoder;
use sortd::actuate::{Action, Light, Outputs, SimulatedActuator, Timeline};
use sortd::capture::replay::{Photo, PhotoSequence, Showing};
use sortd::capture::{Captured, Frame, PixelFormat};
use sortd::clock::{Clock, SimulatedClock};
use sortd::config::Config;
use sortd::decide::BinId;
use sortd::pipeline::{Pipeline, Plan};
use sortd::report::{Event, Kept, Reporter};
use sortd::units::PulseWidth;

const FRAME_TIME: Duration = Duration::from_millis(66);

/// The daemon's loop turns three times a frame while a lid moves.
const TURN: Duration = Duration::from_millis(22);

/// Metal goes into bin 0, everything else into bin 1.
fn config(camera: &str, trigger: &str) -> String {
    format!(
        r#"
        [camera]
        source = "replay"
        path = "unused"
        {camera}
        [trigger]
        learn-ms = 600
        {trigger}
        [decision]
        hold-ms = 600
        rearm-ms = 300
        unsure-bin = "other"
        [gpio]
        backend = "simulated"
        [[bins]]
        name = "metal"
        accepts = ["metal"]
        led = {{ pin = 17 }}
        servo = {{ pin = 18 }}
        [[bins]]
        name = "other"
        accepts = ["cardboard", "glass", "paper", "plastic", "trash"]
        led = {{ pin = 27 }}
        "#
    )
}

/// A pipeline on a stage where time and pins are simulated.
struct Stage {
    pipeline: Pipeline,
    clock: Arc<SimulatedClock>,
    timeline: Timeline,
    events: Kept,
}

impl Stage {
    fn new(text: &str) -> Self {
        let config = Config::parse(text, Path::new("test.toml")).unwrap();
        let plan = Plan::of(config).unwrap();
        let clock = Arc::new(SimulatedClock::default());
        let actuator = SimulatedActuator::new(clock.clone());
        let timeline = actuator.timeline();
        let outputs = Outputs::new(Box::new(actuator), &plan.config, clock.now()).unwrap();
        let (reporter, events) = Reporter::keeping();
        let pipeline = Pipeline::new(plan, outputs, clock.clone(), reporter);
        Self {
            pipeline,
            clock,
            timeline,
            events,
        }
    }

    fn look(&mut self, frame: &mut Frame) {
        for _ in 0..2 {
            self.clock.advance(TURN);
            self.pipeline.pass().unwrap();
        }
        self.clock.advance(TURN);
        frame.captured_at = self.clock.now();
        self.pipeline.look(frame).unwrap();
    }

    /// Shows a photograph between two views of an empty zone, each frame changed by `change`.
    fn show(&mut self, photo: &str, mut change: impl FnMut(&mut Frame)) {
        let mut sequence = sequence(photo);
        let mut frame = Frame::empty(self.clock.now());
        while let Captured::Frame = sequence.next_frame(&mut frame).unwrap() {
            let mut shown = frame.clone();
            change(&mut shown);
            self.look(&mut shown);
        }
    }

    /// What the bins' lights did, in order.
    fn lights(&self) -> Vec<(usize, bool)> {
        let actions = self.timeline.actions().into_iter();
        actions
            .filter_map(|(_, action)| match action {
                Action::Light(Light::Bin(BinId(bin)), on) => Some((bin, on)),
                _ => None,
            })
            .skip(2) // Both go off at the start.
            .collect()
    }

    fn names(&self) -> Vec<&'static str> {
        self.events.take().iter().map(Event::name).collect()
    }
}

fn photo(name: &str) -> Photo {
    Photo::file(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/photos")
            .join(name),
    )
}

/// A photograph for a second between two views of an empty zone.
fn sequence(name: &str) -> PhotoSequence {
    let showing = Showing {
        frames_per_photo: 15,
        width: 640,
        height: 480,
    };
    PhotoSequence::new(vec![photo(name)], showing, false)
}

const METAL: &str = "metal/metal193.jpg";

#[test]
fn the_right_light_goes_on_and_off_and_its_lid_with_it() {
    let mut stage = Stage::new(&config("", ""));
    stage.show(METAL, |_| ());
    assert_eq!(stage.lights(), [(0, true), (0, false)]);
    let pulses: Vec<Option<u16>> = stage
        .timeline
        .actions()
        .iter()
        .filter_map(|(_, action)| match action {
            Action::Pulse(BinId(0), pulse) => Some(pulse.map(PulseWidth::micros)),
            _ => None,
        })
        .collect();
    assert_eq!(pulses.first(), Some(&Some(1_000)), "the lid begins closed");
    assert_eq!(
        pulses.iter().flatten().max(),
        Some(&1_500),
        "it opens by 90 degrees"
    );
}

#[test]
fn an_item_is_recognised_whatever_the_pixel_format_and_the_mounting() {
    type Change<'c> = &'c dyn Fn(&mut Frame);

    let plain = |_: &mut Frame| ();
    let upside_down = |frame: &mut Frame| {
        let pixels: Vec<[u8; 3]> = frame
            .data
            .as_chunks::<3>()
            .0
            .iter()
            .rev()
            .copied()
            .collect();
        frame.data = pixels.concat();
    };
    let changes: [(&str, Change<'_>); 4] = [
        ("", &plain),
        ("rotate = 180", &upside_down),
        ("", &to_yuyv),
        ("crop = \"zone\"", &plain),
    ];
    for (camera, change) in changes {
        let mut stage = Stage::new(&config(camera, ""));
        stage.show(METAL, change);
        assert_eq!(stage.lights(), [(0, true), (0, false)], "with {camera:?}");
    }
}

/// The frame as a USB camera without compression would send it (BT.601, studio range).
fn to_yuyv(frame: &mut Frame) {
    let mut data = Vec::with_capacity(frame.data.len() / 3 * 2);
    for pair in frame.data.as_chunks::<6>().0 {
        let yuv = |rgb: &[u8]| {
            let [red, green, blue] = [f32::from(rgb[0]), f32::from(rgb[1]), f32::from(rgb[2])];
            [
                (16.0 + 0.257 * red + 0.504 * green + 0.098 * blue) as u8,
                (128.0 - 0.148 * red - 0.291 * green + 0.439 * blue) as u8,
                (128.0 + 0.439 * red - 0.368 * green - 0.071 * blue) as u8,
            ]
        };
        let (first, second) = (yuv(&pair[..3]), yuv(&pair[3..]));
        data.extend([first[0], first[1], second[0], first[2]]);
    }
    frame.data = data;
    frame.format = PixelFormat::Yuyv;
}

/// Shows a photograph that fills every frame until something lights, for five seconds at most.
fn show_until_lit(stage: &mut Stage) -> Option<BinId> {
    let mut frame = photo(METAL).read().unwrap();
    for noise in 0..75 {
        // A living sensor never delivers the same picture twice.
        frame.data[0] = noise;
        stage.look(&mut frame);
        if stage.pipeline.signal().is_some() {
            break;
        }
    }
    stage.pipeline.signal()
}

#[test]
fn no_background_is_needed_in_the_mode_always() {
    let mut stage = Stage::new(&config("", "mode = \"always\""));
    assert_eq!(show_until_lit(&mut stage), Some(BinId(0)));
    let mut stage = Stage::new(&config("", "mode = \"motion\""));
    assert_eq!(
        show_until_lit(&mut stage),
        None,
        "to motion, what never moves is the background"
    );
}

#[test]
fn corrupt_and_short_frames_are_left_out_and_told() {
    let mut stage = Stage::new(&config("", ""));
    let mut number = 0;
    stage.show(METAL, |frame| {
        number += 1;
        match number % 5 {
            0 => frame.data.truncate(100),
            1 => {
                frame.format = PixelFormat::Mjpeg;
                frame.data = b"\xff\xd8\xff\xe0 no picture".to_vec();
            }
            _ => {}
        }
    });
    assert_eq!(
        stage.lights(),
        [(0, true), (0, false)],
        "the good frames are enough"
    );
    assert!(stage.names().contains(&"frame-skipped"));
}

#[test]
fn frames_that_stop_coming_take_the_light_with_them() {
    let mut stage = Stage::new(&config("", ""));
    let mut sequence = sequence(METAL);
    let mut frame = Frame::empty(stage.clock.now());
    while stage.pipeline.signal().is_none() {
        assert!(matches!(
            sequence.next_frame(&mut frame).unwrap(),
            Captured::Frame
        ));
        stage.look(&mut frame);
    }
    let mut waited = Duration::ZERO;
    while stage.pipeline.signal().is_some() {
        assert!(
            waited < Duration::from_secs(3),
            "the light outlives the camera"
        );
        stage.clock.advance(FRAME_TIME);
        waited += FRAME_TIME;
        stage.pipeline.pass().unwrap();
    }
    let names = stage.names();
    assert_eq!(names[names.len() - 1], "signal-off");
}

#[test]
fn a_stale_frame_lights_nothing() {
    let mut stage = Stage::new(&config("", ""));
    let mut sequence = sequence(METAL);
    let mut frame = Frame::empty(stage.clock.now());
    stage.clock.advance(Duration::from_secs(60));
    while let Captured::Frame = sequence.next_frame(&mut frame).unwrap() {
        stage.clock.advance(FRAME_TIME);
        let long_ago = stage.clock.now().checked_sub(Duration::from_secs(30));
        frame.captured_at = long_ago.unwrap();
        stage.pipeline.look(&frame).unwrap();
    }
    assert_eq!(stage.lights(), []);
}

#[test]
fn a_frozen_picture_is_told_and_lights_nothing() {
    let mut stage = Stage::new(&config("", "mode = \"always\""));
    let mut frame = photo(METAL).read().unwrap();
    for _ in 0..200 {
        stage.look(&mut frame);
    }
    assert_eq!(stage.pipeline.signal(), None);
    let names = stage.names();
    assert!(names.contains(&"picture-fault"), "{names:?}");
}

#[test]
fn a_camera_that_never_delivers_a_whole_picture_is_told_and_lights_nothing() {
    for share in [30, 60, 90] {
        let mut stage = Stage::new(&config("", "mode = \"always\""));
        let half = |frame: &mut Frame| {
            let mut jpeg = Vec::new();
            let (width, height) = (frame.width, frame.height);
            JpegEncoder::new_with_quality(&mut jpeg, 85)
                .encode(&frame.data, width, height, image::ExtendedColorType::Rgb8)
                .unwrap();
            jpeg.truncate(jpeg.len() * share / 100);
            jpeg.extend([0xFF, 0xD9]);
            (frame.format, frame.data) = (PixelFormat::Mjpeg, jpeg);
        };
        (0..2).for_each(|_| stage.show(METAL, half));
        assert_eq!(stage.lights(), [], "{share} %");
        let names = stage.names();
        assert!(names.contains(&"picture-fault"), "{share} %: {names:?}");
        assert!(!names.contains(&"item-seen"), "{share} %: {names:?}");
    }
}

#[test]
fn parking_in_the_middle_of_a_signal_reaches_rest() {
    let mut stage = Stage::new(&config("", "mode = \"always\""));
    assert_eq!(show_until_lit(&mut stage), Some(BinId(0)));
    let clock = stage.clock.clone();
    let before: Instant = clock.now();
    stage.pipeline.park(|pause| clock.advance(pause)).unwrap();
    assert_eq!(stage.lights().last(), Some(&(0, false)));
    assert_eq!(
        stage
            .timeline
            .actions()
            .iter()
            .rev()
            .find_map(|(_, action)| match action {
                Action::Pulse(_, pulse) => Some(*pulse),
                Action::Light(..) => None,
            }),
        Some(None),
        "the lid is closed and left alone"
    );
    assert!(clock.now() - before < Duration::from_secs(3));
}

/// Shows a photograph that fills every frame for so many frames; how often a light went on.
fn lights_over(stage: &mut Stage, frames: u8) -> usize {
    let mut frame = photo(METAL).read().unwrap();
    for noise in 0..frames {
        frame.data[0] = noise;
        stage.look(&mut frame);
    }
    stage
        .names()
        .iter()
        .filter(|name| **name == "signal-on")
        .count()
}

#[test]
fn a_reload_and_a_reopened_camera_do_not_forget_that_the_item_must_go_first() {
    let text = config("", "mode = \"always\"");
    let other_bins = text.replace("\"metal\"", "\"cans\"");
    let other_bins = other_bins.replace("accepts = [\"cans\"]", "accepts = [\"metal\"]");
    let other_camera = config("rotate = 180", "mode = \"always\"");
    let mut stage = Stage::new(&text);
    assert_eq!(lights_over(&mut stage, 30), 1);
    for next in [&text, &text, &other_bins, &other_camera, &text] {
        let clock = stage.clock.clone();
        stage.pipeline.park(|pause| clock.advance(pause)).unwrap();
        let plan = Plan::of(Config::parse(next, Path::new("test.toml")).unwrap()).unwrap();
        let open = |config: &Config| {
            Outputs::new(
                Box::new(SimulatedActuator::new(clock.clone())),
                config,
                clock.now(),
            )
        };
        stage.pipeline.take_over(plan, open).unwrap();
        assert_eq!(lights_over(&mut stage, 30), 0, "it lies there still");
    }
    for _ in 0..3 {
        stage.pipeline.camera_opened();
        assert_eq!(lights_over(&mut stage, 30), 0, "it lies there still");
    }
}
