//! What the pipeline keeps and what it believes of the pictures, with drawn scenes in simulated time.

use std::cell::Cell;
use std::path::Path;

use super::*;
use crate::actuate::SimulatedActuator;
use crate::capture::PixelFormat;
use crate::clock::SimulatedClock;
use crate::preprocess::{GRID_HEIGHT, GRID_WIDTH};
use crate::report::Kept;

/// A scene: the brightness at a column and a row of the grid.
type Scene<'s> = &'s dyn Fn(usize, usize) -> f32;

/// A board of one colour, a little darker towards one side, as the installer's guide asks for.
fn plain(x: usize, _: usize) -> f32 {
    170.0 - x as f32 * 0.4
}

/// The bottom of a bin: a bright board with dark joints.
fn tiles(x: usize, y: usize) -> f32 {
    if x % 16 < 3 || y % 12 < 2 {
        90.0
    } else {
        150.0
    }
}

/// Whether an item of `width` columns hides a cell, and how bright it is there.
fn item(width: usize, x: usize, y: usize) -> Option<f32> {
    let hides = (20..20 + width).contains(&x) && (10..34).contains(&y);
    hides.then(|| 30.0 + ((x * 37 + y * 53) % 120) as f32)
}

fn plain_with_item(x: usize, y: usize) -> f32 {
    item(24, x, y).unwrap_or_else(|| plain(x, y))
}

fn tiles_with_item(x: usize, y: usize) -> f32 {
    item(24, x, y).unwrap_or_else(|| tiles(x, y))
}

/// A pipeline over drawn scenes.
struct Stage {
    pipeline: Pipeline,
    clock: Arc<SimulatedClock>,
    events: Kept,
    noise: u32,
    /// Pictures a second.
    rate: u32,
}

fn plan(trigger: &str, extra: &str) -> Plan {
    let text = format!(
        r#"
        [camera]
        {extra}
        [trigger]
        {trigger}
        [decision]
        # What is drawn is nothing that a network was trained on: its opinion that nothing is there counts for little.
        min-confidence = 0.99
        keep-confidence = 0.99
        [gpio]
        backend = "simulated"
        [[bins]]
        name = "all"
        accepts = ["cardboard", "glass", "metal", "paper", "plastic", "trash"]
        led = {{ pin = 17 }}
        "#
    );
    Plan::of(Config::parse(&text, Path::new("test.toml")).unwrap()).unwrap()
}

fn outputs(config: &Config, clock: &Arc<SimulatedClock>) -> Outputs {
    let actuator = SimulatedActuator::new(clock.clone());
    Outputs::new(Box::new(actuator), config, clock.now()).unwrap()
}

impl Stage {
    fn new(trigger: &str) -> Self {
        let plan = plan(trigger, "");
        let clock = Arc::new(SimulatedClock::default());
        let outputs = outputs(&plan.config, &clock);
        let (reporter, events) = Reporter::keeping();
        let pipeline = Pipeline::new(plan, outputs, clock.clone(), reporter);
        Self {
            pipeline,
            clock,
            events,
            noise: 1,
            rate: 10,
        }
    }

    /// Shows a scene for so many seconds, and answers with what was reported.
    fn show(&mut self, scene: Scene<'_>, seconds: u32) -> Vec<&'static str> {
        for _ in 0..seconds * self.rate {
            self.clock.advance(Duration::from_secs(1) / self.rate);
            let frame = self.frame(scene);
            self.pipeline.look(&frame).unwrap();
        }
        self.events.take().iter().map(Event::name).collect()
    }

    fn frame(&mut self, scene: Scene<'_>) -> Frame {
        let mut data = Vec::with_capacity(GRID_WIDTH * GRID_HEIGHT * 3);
        for at in 0..GRID_WIDTH * GRID_HEIGHT {
            let next = self.noise.wrapping_mul(1_664_525);
            self.noise = next.wrapping_add(1_013_904_223);
            let noise = (self.noise >> 24) as f32 / 256.0 * 2.0 - 1.0;
            let brightness = scene(at % GRID_WIDTH, at / GRID_WIDTH) + noise;
            data.extend([brightness.clamp(0.0, 255.0) as u8; 3]);
        }
        Frame {
            data,
            format: PixelFormat::Rgb8,
            width: GRID_WIDTH as u32,
            height: GRID_HEIGHT as u32,
            captured_at: self.clock.now(),
        }
    }

    fn reload(&mut self, trigger: &str, camera: &str) {
        let clock = self.clock.clone();
        self.pipeline.park(|pause| clock.advance(pause)).unwrap();
        let next = plan(trigger, camera);
        let taken = self
            .pipeline
            .take_over(next, |config| Ok(outputs(config, &clock)));
        assert!(matches!(taken, Ok(Takeover::Done)));
        drop(self.events.take());
    }
}

/// Things that hide the zone: a hand, a sticker, a bag through which little is seen.
fn covers() -> [Box<dyn Fn(usize, usize) -> f32>; 3] {
    [
        Box::new(|x, y| 60.0 + (x + y) as f32 * 0.3),
        Box::new(|_, _| 205.0),
        Box::new(|x, y| 140.0 + (tiles(x / 8 * 8, y / 8 * 8) - 140.0) * 0.05),
    ]
}

#[test]
fn a_plain_board_is_no_covered_lens_however_long_an_item_was_there() {
    for (rate, seconds) in [(6, 4), (15, 4), (30, 6), (10, 65)] {
        let mut stage = Stage::new("");
        stage.rate = rate;
        stage.show(&plain, 3);
        let told = stage.show(&plain_with_item, seconds);
        assert!(told.contains(&"item-seen"), "{told:?}");
        let told = stage.show(&plain, 30);
        assert!(!told.contains(&"picture-fault"), "{rate}/s: {told:?}");
        assert!(!told.contains(&"blind"), "{rate}/s: {told:?}");
    }
}

#[test]
fn a_plain_board_is_no_covered_lens_when_what_lay_there_at_the_start_has_gone() {
    let mut stage = Stage::new("");
    stage.show(&plain_with_item, 10);
    let told = stage.show(&plain, 30);
    assert!(!told.contains(&"picture-fault"), "{told:?}");
    stage.show(&plain_with_item, 10);
    stage.pipeline.camera_opened();
    stage.show(&plain_with_item, 10);
    let told = stage.show(&plain, 30);
    assert!(!told.contains(&"picture-fault"), "{told:?}");
}

#[test]
fn a_bin_is_tested_where_the_zone_is_empty_and_nobody_holds_it() {
    let mut stage = Stage::new("");
    assert_eq!(stage.pipeline.test("all"), Err(Untested::NotEmpty));
    stage.show(&plain, 3);
    let names = vec!["all".to_owned()];
    assert_eq!(
        stage.pipeline.test("glass"),
        Err(Untested::NoSuchBin(names))
    );
    assert!(stage.pipeline.test("all").is_ok());
    let told = stage.show(&plain, 10);
    assert_eq!(told, ["bin-tested", "signal-on", "signal-off", "rearmed"]);
    stage.pipeline.hold().unwrap();
    assert_eq!(stage.pipeline.test("all"), Err(Untested::AtRest));
    stage.pipeline.release();
    stage.show(&plain_with_item, 1);
    assert_eq!(stage.pipeline.test("all"), Err(Untested::NotEmpty));
}

#[test]
fn what_a_button_did_not_ask_about_is_no_empty_zone_for_a_test() {
    let mut stage = Stage::new("mode = \"button\"\npin = 5");
    stage.show(&plain, 3);
    stage.show(&plain_with_item, 3);
    assert_eq!(stage.pipeline.test("all"), Err(Untested::NotEmpty));
}

#[test]
fn a_dimmed_lamp_is_no_covered_lens() {
    let mut stage = Stage::new("");
    stage.show(&tiles, 3);
    for gain in [0.6, 0.22, 1.5, 0.3] {
        let told = stage.show(&|x, y| tiles(x, y) * gain, 20);
        assert!(!told.contains(&"picture-fault"), "{gain}: {told:?}");
    }
}

#[test]
fn a_cover_is_found_whatever_lies_behind_it_and_its_end_as_well() {
    for cover in covers() {
        for scene in [&tiles as Scene<'_>, &tiles_with_item] {
            let mut stage = Stage::new("");
            stage.show(&tiles, 60);
            stage.show(scene, 8);
            let told = stage.show(&*cover, 6);
            assert!(told.contains(&"picture-fault"), "{told:?}");
            let told = stage.show(&*cover, 100);
            assert!(!told.contains(&"picture-restored"), "{told:?}");
            let told = stage.show(scene, 2);
            assert!(told.contains(&"picture-restored"), "{told:?}");
            stage.show(&tiles, 3);
            let told = stage.show(&tiles_with_item, 1);
            assert!(told.contains(&"item-seen"), "{told:?}");
        }
    }
}

#[test]
fn a_cover_is_found_that_is_put_on_at_the_start_or_while_the_camera_is_away() {
    for cover in covers() {
        let mut stage = Stage::new("");
        stage.show(&tiles, 1);
        let told = stage.show(&*cover, 8);
        assert!(told.contains(&"picture-fault"), "{told:?}");

        let mut stage = Stage::new("");
        stage.show(&tiles, 5);
        stage.pipeline.camera_opened();
        let told = stage.show(&*cover, 8);
        assert!(told.contains(&"picture-fault"), "{told:?}");
        let told = stage.show(&tiles, 4);
        assert!(told.contains(&"picture-restored"), "{told:?}");
        let told = stage.show(&tiles_with_item, 1);
        assert!(told.contains(&"item-seen"), "{told:?}");
    }
}

#[test]
fn a_new_plain_lining_becomes_usual_in_the_end() {
    let mut stage = Stage::new("");
    stage.show(&tiles, 5);
    let told = stage.show(&plain, 60);
    assert!(told.contains(&"picture-fault"), "{told:?}");
    assert!(!told.contains(&"picture-restored"), "{told:?}");
    let told = stage.show(&plain, 140);
    assert!(told.contains(&"picture-restored"), "{told:?}");
    let told = stage.show(&plain_with_item, 10);
    assert!(told.contains(&"item-seen"), "{told:?}");
    let told = stage.show(&plain, 30);
    assert!(!told.contains(&"picture-fault"), "{told:?}");
}

#[test]
fn a_reload_keeps_what_was_learnt_of_a_zone_that_is_seen_as_before() {
    let same = "frame-deadline-ms = 1500";
    for (camera, known) in [
        (same, true),
        ("rotate = 180", false),
        ("width = 320", false),
    ] {
        let mut stage = Stage::new("");
        stage.show(&tiles, 5);
        stage.reload("contrast = 20", camera);
        let told = stage.show(&tiles_with_item, 1);
        assert_eq!(told.contains(&"item-seen"), known, "{camera}: {told:?}");
    }
    // So does one that the board refuses.
    let mut stage = Stage::new("");
    stage.show(&tiles, 5);
    let clock = stage.clock.clone();
    let refused = Cell::new(true);
    let taken = stage.pipeline.take_over(plan("", ""), |config| {
        if refused.take() {
            return Err(Error::internal("the board refuses"));
        }
        Ok(outputs(config, &clock))
    });
    assert!(matches!(taken, Ok(Takeover::Refused(_))));
    let told = stage.show(&tiles_with_item, 1);
    assert!(told.contains(&"item-seen"), "{told:?}");
}

#[test]
fn a_cover_is_found_although_it_was_put_on_before_a_reload() {
    let mut stage = Stage::new("");
    stage.show(&tiles, 5);
    stage.show(&*covers()[0], 2);
    stage.reload("", "");
    let told = stage.show(&*covers()[0], 4);
    assert!(told.contains(&"picture-fault"), "{told:?}");
    stage.reload("", "rotate = 90");
    let told = stage.show(&tiles, 2);
    assert!(told.contains(&"picture-restored"), "{told:?}");
}

#[test]
fn an_item_that_nobody_asks_about_does_not_arm_the_button_again() {
    let mut stage = Stage::new("mode = \"button\"\npin = 5\nbutton-ms = 3000");
    stage.show(&tiles, 3);
    stage.pipeline.trigger.press(stage.clock.now());
    let told = stage.show(&tiles_with_item, 30);
    let lit = told.iter().filter(|name| **name == "signal-on").count();
    assert!(lit <= 1 && !told.contains(&"blind"), "{told:?}");
    assert!(!told.contains(&"rearmed"), "{told:?}");
    assert!(!told.contains(&"item-left"), "{told:?}");
}
