//! A day of a bin, or a part of it, on a clock that is moved: the pipeline of the daemon with items, faults of
//! the pictures, gaps, reloads and parking by a seed.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sortd::actuate::{Action, Light, Outputs, SimulatedActuator, Timeline};
use sortd::clock::{Clock, SimulatedClock};
use sortd::config::Config;
use sortd::decide::BinId;
use sortd::pipeline::{Pipeline, Plan};
use sortd::report::{Kept, Reporter};

use crate::common::board::{At, Driven};
use crate::judge::{Judge, Rules};
use crate::pins::Found;
use crate::scenes::{self, Gallery, Scene, Seed};
use crate::setups::{self, Setup};

/// The loop turns three times a picture while something is going on.
const TURN: Duration = Duration::from_millis(22);

/// The pause between two looks at an empty zone.
const IDLE: Duration = Duration::from_millis(150);

/// What a day came to.
pub struct Day {
    looks: u64,
    complaints: Vec<String>,
    told: String,
}

impl Day {
    /// Prints it; panics where a promise was broken, or where nothing happened that could break one.
    #[track_caller]
    pub fn hold(self) {
        println!("{} looks: {}", self.looks, self.told);
        assert!(self.complaints.is_empty(), "{:#?}", self.complaints);
        for event in [
            "signal-on",
            "rearmed",
            "blind",
            "picture-fault",
            "frame-skipped",
        ] {
            assert!(self.told.contains(event), "no {event}: {}", self.told);
        }
    }
}

/// Lets so many simulated seconds pass; nobody comes for `longest_pause` at most.
pub fn run(seed: u64, seconds: u64, longest_pause: Duration) -> Day {
    let begun = Instant::now();
    let rules = setups::rules();
    let mut stage = Stage::set(&rules);
    let mut seed = Seed(seed);
    let end = Duration::from_secs(seconds);
    let mut next_break = Duration::from_secs(60);
    while stage.now() < end {
        // Rush hours and quiet ones.
        let rush = seed.once_in(4);
        let longest = longest_pause.as_millis() as u64 / if rush { 20 } else { 1 };
        let pause = (300, longest.max(1_000));
        let items = stage.gallery.len();
        for (scene, millis) in scenes::next(&mut seed, items, pause) {
            stage.show(scene, Duration::from_millis(millis));
        }
        match seed.within(0, 29) {
            0 => stage.pass(Duration::from_millis(seed.within(300, 20_000))),
            1 => stage.pipeline.camera_opened(),
            2 => stage.park(),
            _ => {}
        }
        if stage.now() >= next_break {
            next_break += Duration::from_secs(seed.within(200, 1_800));
            stage.reload(seed.within(0, setups::ALL.len() as u64 - 1) as usize);
        }
    }
    stage.finish(begun)
}

/// The pipeline with a simulated clock, and who judges it.
struct Stage<'r> {
    gallery: Gallery,
    pipeline: Pipeline,
    clock: Arc<SimulatedClock>,
    start: Instant,
    /// The setup in force and what it drives.
    setup: &'static Setup,
    timeline: Timeline,
    events: Kept,
    judge: Judge<'r>,
    found: Found,
    looks: u64,
    reloads: u64,
    /// What the last picture showed.
    last: Scene,
}

impl<'r> Stage<'r> {
    fn set(rules: &'r Rules) -> Self {
        let clock = Arc::new(SimulatedClock::default());
        let setup = &setups::ALL[0];
        let plan = plan(setup);
        let actuator = SimulatedActuator::new(clock.clone());
        let timeline = actuator.timeline();
        let start = clock.now();
        let outputs = Outputs::new(Box::new(actuator), &plan.config, start).unwrap();
        let (reporter, events) = Reporter::keeping();
        let pipeline = Pipeline::new(plan, outputs, clock.clone(), reporter);
        Self {
            gallery: Gallery::open(),
            pipeline,
            clock,
            start,
            setup,
            timeline,
            events,
            judge: Judge::new(rules, TURN),
            found: Found::default(),
            looks: 0,
            reloads: 0,
            last: Scene::Empty,
        }
    }

    fn now(&self) -> Duration {
        self.clock.now() - self.start
    }

    fn hear(&mut self) {
        let now = self.now();
        for event in self.events.take() {
            self.judge.hear(now, &serde_json::to_value(event).unwrap());
        }
    }

    fn turn(&mut self, by: Duration) {
        self.clock.advance(by);
        self.pipeline.pass().unwrap();
        self.hear();
    }

    /// Lets time pass without pictures.
    fn pass(&mut self, time: Duration) {
        let end = self.now() + time;
        while self.now() < end {
            self.turn(TURN);
        }
    }

    /// Shows a scene for a while, as often as the daemon would look at it.
    fn show(&mut self, scene: Scene, time: Duration) {
        let end = self.now() + time;
        let seen = match scene {
            Scene::Frozen | Scene::Cut => self.last,
            scene => scene,
        };
        while self.now() < end {
            let mut frame = match scene {
                Scene::Frozen => self.gallery.picture(seen, 0).clone(),
                _ => self.gallery.picture(seen, self.looks as usize).clone(),
            };
            if scene == Scene::Cut {
                frame.data.truncate(1_000);
            }
            if self.pipeline.is_resting() && self.pipeline.is_at_rest() {
                self.clock.advance(IDLE);
            } else {
                self.turn(TURN);
                self.turn(TURN);
                self.clock.advance(TURN);
            }
            frame.captured_at = self.clock.now();
            self.pipeline.look(&frame).unwrap();
            self.looks += 1;
            self.hear();
        }
        self.last = seen;
    }

    fn park(&mut self) {
        let clock = self.clock.clone();
        self.pipeline.park(|pause| clock.advance(pause)).unwrap();
        self.hear();
        assert!(self.pipeline.is_at_rest(), "parked at {:?}", self.now());
        self.pipeline.release();
    }

    /// Takes over another setup as the loop does: held first, and once everything is at rest.
    fn reload(&mut self, setup: usize) {
        self.reloads += 1;
        self.pipeline.hold().unwrap();
        self.hear();
        while !self.pipeline.is_at_rest() {
            self.turn(TURN);
        }
        self.judge_pins();
        self.setup = &setups::ALL[setup];
        let opened = RefCell::new(None);
        let open = |config: &Config| {
            let actuator = SimulatedActuator::new(self.clock.clone());
            opened.replace(Some(actuator.timeline()));
            Outputs::new(Box::new(actuator), config, self.clock.now())
        };
        self.pipeline.take_over(plan(self.setup), open).unwrap();
        self.timeline = opened.take().unwrap();
    }

    /// Judges what was driven since the last reload.
    fn judge_pins(&mut self) {
        let wiring = setups::wiring();
        let actions = self.timeline.actions();
        let driven = actions.iter().flat_map(|(at, action)| {
            let at = *at - self.start;
            driven(self.setup, *action)
                .into_iter()
                .map(move |what| At { at, what })
        });
        let log: Vec<At> = driven.collect();
        let found = wiring.judge(&log, TURN);
        self.found.complaints.extend(found.complaints);
        self.found.complaints.extend(wiring.unrest(&log));
        self.found.longest = self.found.longest.max(found.longest);
    }

    fn finish(mut self, begun: Instant) -> Day {
        self.park();
        self.judge_pins();
        self.judge.end(self.now(), true);
        let told = format!(
            "{:?} simulated in {:?}; longest signal {:?}, longest light {:?}; {} reloads, {:?}",
            self.now(),
            begun.elapsed(),
            self.judge.longest,
            self.found.longest,
            self.reloads,
            self.judge.counts
        );
        let mut complaints = self.judge.complaints;
        complaints.extend(self.found.complaints);
        Day {
            looks: self.looks,
            complaints,
            told,
        }
    }
}

fn plan(setup: &Setup) -> Plan {
    let camera = "source = \"replay\"\npath = \"unused\"";
    let text = setup.text(camera, "backend = \"simulated\"");
    Plan::of(Config::parse(&text, Path::new("day.toml")).unwrap()).unwrap()
}

/// What an action means at the pins of a board that is wired by this setup.
fn driven(setup: &Setup, action: Action) -> Vec<Driven> {
    let lid = |bin: BinId| setup.bins[bin.0].lid.expect("only a lid gets pulses");
    match action {
        Action::Light(Light::Bin(bin), on) => vec![Driven::Line(setup.bins[bin.0].light, on)],
        Action::Light(Light::Status, _) => Vec::new(),
        Action::Pulse(bin, Some(pulse)) => {
            let width = u32::from(pulse.micros());
            vec![
                Driven::Duty(lid(bin), width),
                Driven::Enabled(lid(bin), true),
            ]
        }
        Action::Pulse(bin, None) => vec![Driven::Enabled(lid(bin), false)],
    }
}
