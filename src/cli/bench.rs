//! `sortd bench`: the cost of each stage on this machine.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{output, photographs};
use crate::actuate::{Outputs, SimulatedActuator};
use crate::capture::Frame;
use crate::classify::bundle::Bundle;
use crate::classify::{Classifier, Compute, Scores, TractClassifier};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::decide::{Decider, Limits, Observation, Sight, Sorting};
use crate::error::Result;
use crate::preprocess::{LumaGrid, ModelInput, Preprocessor, VIEWS};
use crate::presence::{Presence, PresenceDetector};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// How many frames are measured.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    frames: u32,
}

const CONFIG: &str = include_str!("../../config/examples/replay.toml");

/// The stages, in the order of the flow.
const STAGES: [&str; 5] = ["luma", "presence", "cut", "classify", "decide+actuate"];

/// The stages that lie between a frame and a changed pin without the network.
const CLASSIFY: usize = 3;

/// Times of one stage.
#[derive(Debug, Serialize)]
struct StageTimes {
    stage: &'static str,
    median_us: f64,
    p99_us: f64,
}

#[derive(Debug, Serialize)]
struct Times {
    frames: u32,
    stages: Vec<StageTimes>,
    peak_memory_kb: Option<u64>,
}

pub(super) fn bench(args: &Args) -> Result<()> {
    let times = measure(args.frames)?;
    if args.json {
        return output::json(&times);
    }
    output::line(format!("{:<28}{:>14}{:>14}", "stage", "median", "p99"))?;
    for times in &times.stages {
        let micros = |value: f64| output::millis(Duration::from_secs_f64(value / 1e6));
        output::line(format!(
            "{:<28}{:>14}{:>14}",
            times.stage,
            micros(times.median_us),
            micros(times.p99_us)
        ))?;
    }
    let memory = times
        .peak_memory_kb
        .map_or("unknown".into(), |kb| format!("{:.1} MB", kb as f64 / 1e3));
    output::line("")?;
    output::line(format!(
        "{} frames of photographs; peak memory {memory}",
        times.frames
    ))
}

fn measure(frames: u32) -> Result<Times> {
    let config = Config::parse(CONFIG, Path::new("config/examples/replay.toml"))?;
    let photographs = photographs::white_board().photographs;
    let pictures: Vec<Frame> = photographs
        .iter()
        .map(|labelled| labelled.photo.read())
        .collect::<Result<_>>()?;
    let mut bench = Bench::new(&config)?;
    let mut times: Vec<Vec<f64>> = vec![Vec::with_capacity(frames as usize); STAGES.len() + 2];
    // The first frames grow buffers and warm caches; the daemon runs for months.
    for picture in &pictures {
        bench.run(picture)?;
    }
    for picture in pictures.iter().cycle().take(frames as usize) {
        let stages = bench.run(picture)?;
        for (all, time) in times.iter_mut().zip(stages) {
            all.push(time);
        }
        let total: f64 = stages.iter().sum();
        times[STAGES.len()].push(total - stages[CLASSIFY]);
        times[STAGES.len() + 1].push(total);
    }
    let names = STAGES
        .into_iter()
        .chain(["frame to pin, no network", "frame to pin"]);
    let stages = names
        .zip(&mut times)
        .map(|(stage, times)| quantiles(stage, times))
        .collect();
    Ok(Times {
        frames,
        stages,
        peak_memory_kb: peak_memory_kb(),
    })
}

fn quantiles(stage: &'static str, times: &mut [f64]) -> StageTimes {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    StageTimes {
        stage,
        median_us: at(0.5),
        p99_us: at(0.99),
    }
}

/// The stages, one by one.
struct Bench {
    preprocessor: Preprocessor,
    grid: LumaGrid,
    presence: PresenceDetector,
    classifier: TractClassifier,
    input: ModelInput,
    scores: Scores,
    sorting: Sorting,
    decider: Decider,
    outputs: Outputs,
}

impl Bench {
    fn new(config: &Config) -> Result<Self> {
        let classifier = TractClassifier::load(&Bundle::embedded()?, Compute::best(None))?;
        let sorting = Sorting::new(config, classifier.labels(), classifier.empty_label());
        let limits = Limits {
            stale_after: Duration::from_secs(60),
            max_on: config.gpio.max_on,
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let actuator = Box::new(SimulatedActuator::new(Arc::clone(&clock)));
        Ok(Self {
            preprocessor: Preprocessor::new(config.camera.rotate, config.camera.zone)
                .masked(&config.camera.mask),
            grid: LumaGrid::default(),
            presence: PresenceDetector::new(config.trigger.presence),
            input: ModelInput::new(classifier.input_size()),
            scores: Scores::default(),
            decider: Decider::new(config.decision.clone(), limits, sorting.unsure_bin()),
            outputs: Outputs::new(actuator, config, clock.now())?,
            classifier,
            sorting,
        })
    }

    /// Microseconds of each stage for one frame.
    fn run(&mut self, frame: &Frame) -> Result<[f64; STAGES.len()]> {
        let mut lap = Instant::now();
        let mut split = || {
            let now = Instant::now();
            let micros = (now - lap).as_secs_f64() * 1e6;
            lap = now;
            micros
        };
        self.preprocessor.look(frame, &mut self.grid)?;
        let luma = split();
        let now = Instant::now();
        let presence = self.presence.observe(&self.grid, now);
        let found = split();
        let region = match presence {
            Presence::Item(item) => self.preprocessor.item_region(frame, &item),
            Presence::Learning | Presence::Empty => self.preprocessor.zone_region(),
        };
        self.preprocessor
            .cut(frame, &region, VIEWS[0], &mut self.input)?;
        let cut = split();
        self.classifier.classify(&self.input, &mut self.scores)?;
        let classified = split();
        let sight = Sight::Item(self.sorting.by_bin(&self.scores));
        let observation = Observation {
            captured_at: now,
            sight,
        };
        let decision = self.decider.step(Some(&observation), now);
        self.outputs.show(decision.signal, now)?;
        Ok([luma, found, cut, classified, split()])
    }
}

/// The most memory that this process ever held (`VmHWM` in proc(5)).
fn peak_memory_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
