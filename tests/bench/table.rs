//! The tables of `make bench`. Every figure in them is computed from what was measured.

use std::fmt::Write;
use std::time::Duration;

use sortd::classify::Backend;

use crate::contestant::{BenchModel, Role};
use crate::program::Run;

/// An engine's figures for a network.
#[derive(Debug)]
pub struct Measured {
    /// How tables name it.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// What it calls itself, with its version.
    pub engine: String,
    /// Half of the inferences took less.
    pub median: Duration,
    /// A tenth of the inferences took less.
    pub tenth: Duration,
    /// The most memory that its process held, in kilobytes of 1024 bytes.
    pub memory: Option<u64>,
    /// From the start of its process to its first result.
    pub start: Duration,
}

/// What a run of the real program took for a network.
pub struct Real<'a> {
    /// The network.
    pub model: &'a BenchModel,
    /// The run.
    pub run: Run,
}

/// Networks with the figures of their engines.
type Results<'a> = [(&'a BenchModel, Vec<Measured>)];

/// The most time that a run may take above `sortd --version`.
const START: Duration = Duration::from_millis(15);

/// The one in the middle.
pub fn median<T: Ord>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    let middle = values.len() / 2;
    values.swap_remove(middle)
}

/// A list.
pub fn facts(facts: &[String]) -> String {
    let mut text = String::new();
    for fact in facts {
        _ = writeln!(text, "- {fact}");
    }
    text
}

/// The engines with their versions, each once.
pub fn engines(results: &Results) -> String {
    let mut engines: Vec<&str> = Vec::new();
    for measured in results.iter().flat_map(|(_, engines)| engines) {
        if !engines.contains(&&*measured.engine) {
            engines.push(&measured.engine);
        }
    }
    engines.join(", ")
}

/// A duration as milliseconds.
pub fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    let digits = if millis < 10.0 { 3 } else { 1 };
    format!("{millis:.digits$} ms")
}

/// Kilobytes of 1024 bytes as megabytes of a million bytes.
pub fn megabytes(kilobytes: u64) -> String {
    format!("{:.1} MB", in_megabytes(kilobytes))
}

fn in_megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 * 1024.0 / 1e6
}

/// Whether a bar was reached, in a word.
pub fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "**missed**" }
}

/// The median of the fastest peer, if one was measured.
fn fastest_peer(engines: &[Measured]) -> Option<Duration> {
    let peers = engines.iter().filter(|engine| engine.role == Role::Peer);
    peers.map(|peer| peer.median).min()
}

/// sortd on one thread with its fastest backend, and that backend.
fn sortd(engines: &[Measured]) -> Option<(Duration, Backend)> {
    let own = engines.iter().filter_map(|engine| match engine.role {
        Role::Sortd {
            backend,
            threads: 1,
        } => Some((engine.median, backend)),
        _ => None,
    });
    own.min_by_key(|(median, _)| *median)
}

/// What was needed and what was reached.
pub fn bar(results: &Results) -> String {
    let mut text = String::from(
        "\n### The bar\n\nOne thread; sortd's fastest backend to the fastest peer (LiteRT and ONNX Runtime, f32 and int8).\n\n\
         | network | sortd | fastest peer | ratio | needed | |\n|---|--:|--:|--:|--:|---|\n",
    );
    for (model, engines) in results {
        let needed = model.needed;
        let cells = match (sortd(engines), fastest_peer(engines)) {
            (Some((own, backend)), Some(peer)) => {
                let ratio = own.as_secs_f64() / peer.as_secs_f64();
                let verdict = verdict(ratio <= needed);
                format!(
                    "{} ({backend}) | {} | {ratio:.2} | ≤ {needed:.1} | {verdict}",
                    millis(own),
                    millis(peer)
                )
            }
            _ => format!("– | – | – | ≤ {needed:.1} | not measured"),
        };
        _ = writeln!(text, "| {} | {cells} |", model.title);
    }
    text
}

/// All engines of a network.
pub fn engines_of(model: &BenchModel, engines: &[Measured]) -> String {
    let mut text = format!(
        "\n### MobileNet v1 {}\n\n| engine | median | 10th percentile | to the fastest peer | peak memory | start to first result |\n\
         |---|--:|--:|--:|--:|--:|\n",
        model.title
    );
    let fastest = fastest_peer(engines);
    for engine in engines {
        let ratio = fastest.map_or("–".into(), |fastest| {
            format!("{:.2}", engine.median.as_secs_f64() / fastest.as_secs_f64())
        });
        _ = writeln!(
            text,
            "| {} | {} | {} | {ratio} | {} | {} |",
            engine.name,
            millis(engine.median),
            millis(engine.tenth),
            engine.memory.map_or("–".into(), megabytes),
            millis(engine.start)
        );
    }
    text
}

/// Whole runs of the real program, above one that does nothing.
pub fn whole_runs(real: &[Real], version: Run) -> String {
    let mut text = format!(
        "\n### A whole run of `sortd classify`\n\nOne picture, from the start of the process to its end; `sortd --version` takes {} and {}.\n\n\
         | network | peak memory | needed | | run | above `--version` | needed | |\n|---|--:|--:|---|--:|--:|--:|---|\n",
        megabytes(version.memory),
        millis(version.time)
    );
    for Real { model, run } in real {
        let memory = model.memory.map_or("– | ".into(), |most| {
            let verdict = verdict(in_megabytes(run.memory) <= most);
            format!("≤ {most:.0} MB | {verdict}")
        });
        let above = run.time.saturating_sub(version.time);
        _ = writeln!(
            text,
            "| {} | {} | {memory} | {} | {} | ≤ {} ms | {} |",
            model.title,
            megabytes(run.memory),
            millis(run.time),
            millis(above),
            START.as_millis(),
            verdict(above <= START)
        );
    }
    text
}
