//! The daemon's pipeline with the shipped configuration, on a clock that is moved.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sortd::actuate::{Outputs, SimulatedActuator};
use sortd::capture::Frame;
use sortd::clock::{Clock, SimulatedClock};
use sortd::config::Config;
use sortd::pipeline::{Pipeline, Plan};
use sortd::report::{Event, Kept, Reporter};

use crate::common::root;

/// A camera's 15 pictures a second.
const FRAME_TIME: Duration = Duration::from_millis(66);

/// The daemon's pause between two looks at an empty zone, rounded up to the next picture.
const IDLE_FRAMES: u32 = 3;

/// An event and the time of the stage at which it came.
pub type Told = (Duration, Event);

/// A daemon before a scene.
pub struct Stage {
    pipeline: Pipeline,
    clock: Arc<SimulatedClock>,
    start: Instant,
    events: Kept,
    frame: Frame,
    /// Looks so far.
    pub looks: u64,
}

impl Stage {
    /// A daemon that has seen nothing yet.
    pub fn new() -> Self {
        let plan = Plan::of(shipped_config()).unwrap();
        let clock = Arc::new(SimulatedClock::default());
        let start = clock.now();
        let actuator = SimulatedActuator::new(clock.clone());
        let outputs = Outputs::new(Box::new(actuator), &plan.config, start).unwrap();
        let (reporter, events) = Reporter::keeping();
        Self {
            pipeline: Pipeline::new(plan, outputs, clock.clone(), reporter),
            clock,
            start,
            events,
            frame: Frame::empty(start),
            looks: 0,
        }
    }

    /// The time since it began.
    pub fn now(&self) -> Duration {
        self.clock.now() - self.start
    }

    /// The bin that a label belongs into.
    pub fn bin_of(&self, label: &str) -> String {
        let bins = &self.pipeline.config().bins;
        let bin = bins
            .iter()
            .find(|bin| bin.accepts.iter().any(|accepted| accepted.value == label));
        bin.unwrap_or_else(|| panic!("no bin accepts {label}"))
            .name
            .value
            .clone()
    }

    /// Lets the daemon look for so long at what `paint` makes of the time since now.
    pub fn play(
        &mut self,
        length: Duration,
        mut paint: impl FnMut(Duration, &mut Frame),
    ) -> Vec<Told> {
        let begin = self.now();
        let mut told = Vec::new();
        while self.now() < begin + length {
            let pictures = if self.pipeline.is_resting() {
                IDLE_FRAMES
            } else {
                1
            };
            for _ in 1..pictures {
                self.clock.advance(FRAME_TIME);
                self.pipeline.pass().unwrap();
            }
            self.clock.advance(FRAME_TIME);
            paint(self.now().saturating_sub(begin), &mut self.frame);
            self.frame.captured_at = self.clock.now();
            self.pipeline.look(&self.frame).unwrap();
            self.looks += 1;
            let now = self.now();
            told.extend(self.events.take().into_iter().map(|event| (now, event)));
        }
        told
    }
}

/// The shipped configuration, with nothing changed but where pictures come from.
fn shipped_config() -> Config {
    let text = std::fs::read_to_string(root().join("config/sortd.toml")).unwrap();
    let replayed = text
        .replace(
            "source = \"v4l2\"",
            "source = \"replay\"\npath = \"unused\"",
        )
        .replace("device = \"auto\"", "");
    Config::parse(&replayed, Path::new("scenes.toml")).unwrap()
}
