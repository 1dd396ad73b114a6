//! `sortd demo`: the whole daemon at work on photographs, without camera, Pi or configuration.
//!
//! Capture is simulated (each photograph is shown between views of a drawn, empty drop zone), and so
//! are the pins; everything between them is what the daemon runs. Time is simulated as well, so that
//! a minute of sorting takes seconds.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::output;
use super::photographs::{self, Labelled};
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
    let photographs = photographs::embedded();
    let plan = Plan::of(config.clone())?;
    let bins: Vec<&str> = config
        .bins
        .iter()
        .map(|bin| bin.name.value.as_str())
        .collect();
    let answers: Vec<Option<&str>> = photographs
        .iter()
        .map(|p| right_bin(&plan, p, &bins))
        .collect();
    output::line(format!(
        "sortd {}: {} of TrashNet, model {}, bins {}",
        env!("CARGO_PKG_VERSION"),
        output::count(photographs.len(), "photograph"),
        plan.model,
        bins.join(", ")
    ))?;
    output::line("")?;
    output::line(format!(
        "{:<28} {:<24} {:<12}",
        "photograph", "the network says", "bin that lights"
    ))?;
    let asked = Asked::catch()?;
    let mut stage = Stage::set(plan)?;
    let all = photographs.len();
    let mut right = 0;
    for (labelled, answer) in photographs.into_iter().zip(answers) {
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
        let hit = shown.bin.as_deref() == answer;
        right += usize::from(hit);
        output::line(format!(
            "{name:<28} {:<24} {:<15} {}",
            shown.verdict,
            shown.bin.map_or("-".into(), |bin| format!("[{bin}]")),
            if hit { "right" } else { "wrong" }
        ))?;
    }
    output::line("")?;
    output::line(format!(
        "{right} of {all} photographs went into the right bin ({:.0} %).",
        100.0 * right as f64 / all as f64
    ))
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
    }
}
