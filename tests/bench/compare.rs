//! `make bench`: all engines on this machine, in turns.
//!
//! The processes of all engines of a network live side by side, but one at a time works. They take
//! turns in rounds, so that what else the machine does falls on all of them alike.

use std::path::PathBuf;
use std::time::Duration;

use sortd::error::{Error, Result};

use crate::bundle;
use crate::contestant::{BenchModel, Bundles, Contestant, MODELS, Places, Running, contestants};
use crate::program::{self, RUNS, Run};
use crate::report::{self, Section};
use crate::table::{self, Measured, Real, median};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder with the bench models.
    #[arg(long)]
    models: PathBuf,
    /// The Python that has the other engines; left out, sortd and tract are measured alone.
    #[arg(long)]
    python: Option<PathBuf>,
    /// The program that runs the other engines.
    #[arg(long, default_value = "tests/bench/peers.py")]
    peers: PathBuf,
    /// The built daemon.
    #[arg(long)]
    sortd: PathBuf,
    /// How many rounds are measured, after one that is not.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Only the networks whose title holds this.
    #[arg(long, default_value = "")]
    only: String,
    /// The file whose section is written; left out, the section is printed.
    #[arg(long, overrides_with = "out")]
    out: Option<PathBuf>,
    /// What to say of the machine and the day, a line each.
    #[arg(long)]
    fact: Vec<String>,
}

/// How long an engine works in a round.
const TURN: Duration = Duration::from_millis(150);

/// Measures everything and writes the section.
pub fn compare(args: &Args) -> Result<()> {
    let scratch = bundle::scratch()?;
    let places = Places {
        models: &args.models,
        python: args.python.as_deref(),
        peers: &args.peers,
    };
    let mut measured = Vec::new();
    for model in MODELS
        .iter()
        .filter(|model| model.title.contains(&args.only))
    {
        let bundles = Bundles {
            float: scratch.path().join(format!("{}-float", model.onnx)),
            quantised: scratch.path().join(model.onnx),
        };
        bundle::write(&model.float(&args.models), &bundles.float)?;
        bundle::write(&model.quantised(&args.models), &bundles.quantised)?;
        let engines = engines(model, &bundles, &places, args.rounds)?;
        let command = program::classify(&args.sortd, &bundles.quantised);
        measured.push((model, engines, command));
    }
    if measured.is_empty() {
        return Err(
            Error::usage(format!("no network's title holds \"{}\"", args.only))
                .advice("leave --only out to measure all of them"),
        );
    }
    let mut commands: Vec<_> = measured
        .iter()
        .map(|(_, _, command)| command.clone())
        .collect();
    let version = vec![args.sortd.display().to_string(), "--version".into()];
    commands.push(version);
    if let Some(python) = &args.python {
        let text = python.display().to_string();
        commands.push(vec![text, "-c".into(), "import numpy".into()]);
    }
    eprintln!("bench: whole runs of sortd");
    let runs = program::medians(&commands)?;
    let (real, others) = runs.split_at(measured.len());
    let results: Vec<(&BenchModel, Vec<Measured>)> = measured
        .into_iter()
        .map(|(model, engines, _)| (model, engines))
        .collect();
    let section = section(args, &results, real, others);
    report::publish(args.out.as_deref(), Section::Time, &section)
}

fn section(
    args: &Args,
    results: &[(&BenchModel, Vec<Measured>)],
    real: &[Run],
    others: &[Run],
) -> String {
    let mut facts = args.fact.clone();
    facts.push(format!("Engines: {}", table::engines(results)));
    facts.push(format!(
        "Each engine is a process of its own; one at a time works, in {} rounds of about {} ms in turns, \
         after one round that is not counted. The ratio is that of the medians. Starts are medians of \
         {RUNS} fresh processes.",
        args.rounds,
        TURN.as_millis()
    ));
    if let Some(python) = others.get(1) {
        facts.push(format!(
            "The processes of ONNX Runtime and LiteRT are Python's: with numpy alone one takes {} and {}.",
            table::megabytes(python.memory),
            table::millis(python.time)
        ));
    }
    let mut text = table::facts(&facts);
    text += &table::bar(results);
    for (model, engines) in results {
        text += &table::engines_of(model, engines);
    }
    let real: Vec<Real> = results
        .iter()
        .zip(real)
        .map(|((model, _), run)| Real { model, run: *run })
        .collect();
    text += &table::whole_runs(&real, others[0]);
    text
}

/// Measures all engines of a model.
fn engines(
    model: &BenchModel,
    bundles: &Bundles,
    places: &Places,
    rounds: u32,
) -> Result<Vec<Measured>> {
    let contestants = contestants(model, bundles, places)?;
    let mut children = Vec::new();
    for contestant in &contestants {
        // An engine that does not run here must not keep the others from being measured.
        match Running::start(contestant) {
            Ok(child) => children.push((contestant, child)),
            Err(error) => eprintln!("bench: {}: {error}", model.title),
        }
    }
    if children.is_empty() {
        return Err(
            Error::unavailable(format!("no engine runs {}", model.title))
                .advice("see the reasons above"),
        );
    }
    eprintln!("bench: {}: {} engines", model.title, children.len());
    let nanos = in_turns(&mut children, rounds)?;
    let peaks: Vec<_> = children
        .iter()
        .map(|(_, child)| child.peak_memory())
        .collect();
    let ready: Vec<(&Contestant, String)> = children
        .into_iter()
        .map(|(contestant, child)| (contestant, child.engine.clone()))
        .collect();
    let starts = starts(&ready)?;
    Ok(ready
        .into_iter()
        .zip(nanos)
        .zip(peaks.into_iter().zip(starts))
        .map(|(((contestant, engine), nanos), (memory, start))| {
            Measured::new(contestant, engine, nanos, memory, start)
        })
        .collect())
}

/// The nanoseconds of each child's inferences.
fn in_turns(children: &mut [(&Contestant, Running)], rounds: u32) -> Result<Vec<Vec<u64>>> {
    let mut times = Vec::with_capacity(children.len());
    for (_, child) in children.iter_mut() {
        let nanos = median(child.run(3)?.into_iter()).max(1);
        let in_a_turn = TURN.as_nanos() as u64 / nanos;
        times.push(u32::try_from(in_a_turn.clamp(2, 5000)).expect("it is clamped"));
    }
    let mut nanos = vec![Vec::new(); children.len()];
    for round in 0..=rounds {
        for place in 0..children.len() {
            // Another one begins each round, so that none always follows the same one.
            let at = (place + round as usize) % children.len();
            let taken = children[at].1.run(times[at])?;
            if round > 0 {
                nanos[at].extend(taken);
            }
        }
    }
    Ok(nanos)
}

/// The median times from the start of a fresh process to its first result.
fn starts(ready: &[(&Contestant, String)]) -> Result<Vec<Duration>> {
    let mut times = vec![Vec::with_capacity(RUNS); ready.len()];
    for _ in 0..RUNS {
        for ((contestant, _), times) in ready.iter().zip(&mut times) {
            times.push(Running::start(contestant)?.started);
        }
    }
    Ok(times
        .into_iter()
        .map(|times| median(times.into_iter()))
        .collect())
}

impl Measured {
    fn new(
        contestant: &Contestant,
        engine: String,
        mut nanos: Vec<u64>,
        memory: Option<u64>,
        start: Duration,
    ) -> Self {
        nanos.sort_unstable();
        Self {
            name: contestant.name.clone(),
            role: contestant.role,
            engine,
            median: Duration::from_nanos(nanos[nanos.len() / 2]),
            tenth: Duration::from_nanos(nanos[nanos.len() / 10]),
            memory,
            start,
        }
    }
}
