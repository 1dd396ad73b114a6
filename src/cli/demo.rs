//! `sortd demo`: the whole daemon at work on photographs, without camera, Pi or configuration.
//!
//! Capture is simulated (each photograph is shown between views of a drawn, empty drop zone), and so
//! are the pins; everything between them is what the daemon runs. Time is simulated as well, so that
//! a minute of sorting takes seconds.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::output;
use super::photographs::{self, Labelled, Place};
use crate::actuate::{self, Outputs};
use crate::capture::replay::{PhotoSequence, Showing};
use crate::capture::{Captured, Frame};
use crate::classify::Classifier;
use crate::clock::{Clock, SimulatedClock};
use crate::config::{CameraSource, Config};
use crate::error::{Error, Result};
use crate::pipeline::{Pipeline, Plan};
use crate::report::{Event, Reporter};
use crate::signals::Asked;

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

/// The example that the README shows; the demo runs exactly that.
const CONFIG: &str = include_str!("../../config/examples/replay.toml");

pub(super) fn demo(_args: &Args) -> Result<()> {
    let config = Config::parse(CONFIG, Path::new("config/examples/replay.toml"))?;
    let plan = Plan::of(config.clone())?;
    let bins: Vec<&str> = config
        .bins
        .iter()
        .map(|bin| bin.name.value.as_str())
        .collect();
    let places = [photographs::white_board(), photographs::outdoors()];
    let places = places.map(|place| expect(place, &plan, &bins));
    let all: usize = places.iter().map(|(_, expected)| expected.len()).sum();
    output::line(format!(
        "sortd {}: {}, model {}, bins {}",
        env!("CARGO_PKG_VERSION"),
        output::count(all, "photograph"),
        plan.model,
        bins.join(", ")
    ))?;
    let asked = Asked::catch()?;
    let mut stage = Stage::set(plan)?;
    let mut totals = Vec::new();
    for (place, expected) in places {
        output::line("")?;
        output::line(format!(
            "{:<28} {:<24} {:<12}",
            place, "the network says", "bin that lights"
        ))?;
        let mut counts = Counts::default();
        for (labelled, answer) in expected {
            if asked.anything() {
                stage.park()?;
                output::line("parked")?;
                if asked.to_end() {
                    return Ok(());
                }
                asked.stop_if_asked();
                stage.pipeline.release();
            }
            let name = labelled.photo.name().to_owned();
            let shown = stage.show(labelled)?;
            let outcome = shown.outcome(answer);
            counts.add(outcome);
            output::line(format!(
                "{name:<28} {:<24} {:<15} {}",
                shown.verdict,
                shown.bin.map_or("-".into(), |bin| format!("[{bin}]")),
                outcome.word()
            ))?;
        }
        totals.push((place, counts));
    }
    output::line("")?;
    for (place, counts) in totals {
        output::line(format!("{place}: {counts}"))?;
    }
    Ok(())
}

/// A place's name, and its photographs with the bins that they belong into.
fn expect<'b>(
    place: Place,
    plan: &Plan,
    bins: &[&'b str],
) -> (&'static str, Vec<(Labelled, Option<&'b str>)>) {
    let with_bin = |labelled| {
        let bin = right_bin(plan, &labelled, bins);
        (labelled, bin)
    };
    let photographs = place.photographs.into_iter().map(with_bin);
    (place.name, photographs.collect())
}

fn right_bin<'b>(plan: &Plan, labelled: &Labelled, bins: &[&'b str]) -> Option<&'b str> {
    let label = plan
        .classifier
        .labels()
        .iter()
        .position(|label| label == labelled.label)?;
    plan.sorting.bin_of(label).map(|bin| bins[bin.0])
}

/// What became of one photograph.
struct Shown {
    verdict: String,
    bin: Option<String>,
    /// Whether a bin was recognised; else the light, if one is on, is that for unsure items.
    recognised: bool,
}

impl Shown {
    fn outcome(&self, answer: Option<&str>) -> Outcome {
        match (self.recognised, self.bin.as_deref() == answer) {
            (false, _) => Outcome::Unsure,
            (true, true) => Outcome::Right,
            (true, false) => Outcome::Wrong,
        }
    }
}

/// Whether the light that went on was the right one.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    Right,
    Wrong,
    Unsure,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Unsure => "unsure",
        }
    }
}

/// Outcomes of a place.
#[derive(Debug, Default)]
struct Counts([usize; 3]);

impl Counts {
    const fn add(&mut self, outcome: Outcome) {
        self.0[outcome as usize] += 1;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [right, wrong, unsure] = self.0;
        write!(f, "{right} right, {wrong} wrong, {unsure} unsure")
    }
}

/// The daemon's pipeline with a simulated clock, and the events that it reports.
struct Stage {
    pipeline: Pipeline,
    clock: Arc<SimulatedClock>,
    events: crate::report::Kept,
    showing: Showing,
    frame_time: Duration,
}

impl Stage {
    fn set(plan: Plan) -> Result<Self> {
        let clock = Arc::new(SimulatedClock::default());
        let shared: Arc<dyn Clock> = clock.clone();
        let camera = &plan.config.camera;
        let CameraSource::Replay {
            frames_per_photo, ..
        } = camera.source
        else {
            return Err(Error::internal("the demo's configuration replays nothing"));
        };
        let showing = Showing {
            frames_per_photo,
            width: camera.width,
            height: camera.height,
        };
        let frame_time = Duration::from_secs(1) / camera.fps;
        let actuator = actuate::open(&plan.config, Arc::clone(&shared))?;
        let outputs = Outputs::new(actuator, &plan.config, clock.now())?;
        let (reporter, events) = Reporter::keeping();
        let pipeline = Pipeline::new(plan, outputs, shared, reporter);
        Ok(Self {
            pipeline,
            clock,
            events,
            showing,
            frame_time,
        })
    }

    fn park(&mut self) -> Result<()> {
        let clock = Arc::clone(&self.clock);
        self.pipeline.park(|pause| clock.advance(pause))
    }

    /// Shows one photograph between two views of the empty drop zone.
    fn show(&mut self, labelled: Labelled) -> Result<Shown> {
        let name = labelled.photo.name().to_owned();
        let mut sequence = PhotoSequence::new(vec![labelled.photo], self.showing, false);
        let mut frame = Frame::empty(self.clock.now());
        loop {
            match sequence.next_frame(&mut frame)? {
                Captured::End => break,
                Captured::Skipped(error) => return Err(Error::internal(name).caused_by(error)),
                Captured::Frame => {}
            }
            self.clock.advance(self.frame_time);
            frame.captured_at = self.clock.now();
            self.pipeline.look(&frame)?;
        }
        Ok(told(&self.events.take()))
    }
}

/// What the events say of one item.
fn told(events: &[Event]) -> Shown {
    let bin = events.iter().find_map(|event| match event {
        Event::SignalOn { bin } => Some(bin.clone()),
        _ => None,
    });
    let verdict = events.iter().find_map(|event| match event {
        Event::Recognised {
            label, confidence, ..
        } => Some(format!("{label} {:.0} %", confidence * 100.0)),
        Event::Unsure { label, .. } => Some(format!("unsure, perhaps {label}")),
        _ => None,
    });
    Shown {
        verdict: verdict.unwrap_or_else(|| "nothing".into()),
        bin,
        recognised: events
            .iter()
            .any(|event| matches!(event, Event::Recognised { .. })),
    }
}
