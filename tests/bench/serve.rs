//! The children: they run a network when they are told to.

use std::io::{BufRead, Write};
use std::os::unix::process::parent_id;
use std::path::Path;
use std::time::Instant;

use sortd::classify::{Classifier, Compute, Layer, Scores, TractClassifier};
use sortd::error::{Error, Result};
use sortd::preprocess::ModelInput;

use crate::bundle;

/// A network with its picture.
struct Ready {
    classifier: TractClassifier,
    picture: ModelInput,
    scores: Scores,
}

impl Ready {
    fn load(model: &Path, compute: Compute) -> Result<Self> {
        let mut bundle = bundle::open(model)?;
        let classifier = TractClassifier::load(&bundle, compute)?;
        let (picture, _) = bundle.golden.swap_remove(0);
        Ok(Self {
            classifier,
            picture,
            scores: Scores::default(),
        })
    }

    fn run(&mut self) -> Result<()> {
        self.classifier.classify(&self.picture, &mut self.scores)
    }
}

/// Says `ready NAME` after a first inference, then answers each line `run K` with K nanoseconds.
pub fn serve(model: &Path, compute: Compute) -> Result<()> {
    let mut network = Ready::load(model, compute)?;
    network.run()?;
    say(&format!("ready sortd {}", env!("CARGO_PKG_VERSION")))?;
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(broken)?;
        let times: u32 = line
            .strip_prefix("run ")
            .and_then(|times| times.parse().ok())
            .ok_or_else(|| Error::usage(format!("\"{line}\" is not `run K`")))?;
        let mut nanos = Vec::with_capacity(times as usize);
        for _ in 0..times {
            let start = Instant::now();
            network.run()?;
            nanos.push(start.elapsed().as_nanos().to_string());
        }
        say(&nanos.join(" "))?;
    }
    Ok(())
}

/// Runs `times` inferences, each between two markers.
pub fn count(model: &Path, compute: Compute, times: u32) -> Result<()> {
    let mut network = Ready::load(model, compute)?;
    for _ in 0..times {
        mark();
        network.run()?;
        mark();
    }
    Ok(())
}

/// Names the layers, a line each, and runs each of them once more between two markers.
pub fn layers(model: &Path, compute: Compute) -> Result<()> {
    let mut network = Ready::load(model, compute)?;
    let Ready {
        classifier,
        picture,
        ..
    } = &mut network;
    let mut lines = Vec::new();
    let known = classifier.network().layers(picture, |layer| {
        let Layer {
            name,
            kind,
            fan_in,
            macs,
            ..
        } = layer;
        lines.push(format!("{kind}\t{name}\t{fan_in}\t{macs}"));
    });
    if !known {
        return Err(Error::data(format!(
            "{}: its layers cannot be told apart, because tract runs some of them",
            model.display()
        ))
        .advice("name a network and a backend that covers all of it"));
    }
    mark();
    // The marker behind a layer is followed by the one before the next; nothing follows the last one.
    classifier.network().layers(picture, |_| {
        mark();
        mark();
    });
    say(&lines.join("\n"))
}

/// What counters wait for: a system call that nobody else makes.
fn mark() {
    _ = parent_id();
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(broken)
}

fn broken(error: std::io::Error) -> Error {
    Error::unavailable("the coordinator has gone").caused_by(error)
}
