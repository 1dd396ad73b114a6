//! `sortd classify`: what do photographs show?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

use super::output;
use crate::capture::replay::Photo;
use crate::classify::bundle::Bundle;
use crate::classify::{Classifier, Scores, TractClassifier};
use crate::config::Config;
use crate::decide::Sorting;
use crate::error::{Error, Result};
use crate::preprocess::{ModelInput, Preprocessor, Region};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print one JSON object a photograph.
    #[arg(long)]
    json: bool,
    /// Folder of another model bundle than the one inside the binary.
    #[arg(short, long, value_name = "BUNDLE")]
    model: Option<PathBuf>,
    /// The configuration whose bins are named; left out, those of the shipped one.
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Average over this many centred crops, from the whole photograph inwards.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    crops: u8,
    /// Photographs, or folders with photographs in them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// The bins that are named where no configuration is.
const SHIPPED_CONFIG: &str = include_str!("../../config/sortd.toml");

/// The innermost crop shows this share of the photograph's sides.
const INNERMOST: f32 = 0.5;

/// The answer for one photograph.
#[derive(Debug, Serialize)]
struct Answer {
    path: String,
    label: String,
    confidence: f32,
    bin: Option<String>,
    scores: BTreeMap<String, f32>,
    inference_us: u64,
}

/// The answer for what cannot be read.
#[derive(Debug, Serialize)]
struct Unreadable {
    path: String,
    error: String,
}

pub(super) fn classify(args: &Args) -> Result<()> {
    let bundle = Bundle::choose(args.model.as_deref())?;
    let mut reader = Reader::new(TractClassifier::load(&bundle)?, args)?;
    let mut unreadable = 0;
    for path in &args.paths {
        for found in photographs_at(path) {
            let (shown, answer) = match found {
                Ok(file) => {
                    let answer = reader.read(&file);
                    (file, answer)
                }
                Err(error) => (path.clone(), Err(error)),
            };
            unreadable += usize::from(answer.is_err());
            print(args.json, &shown, answer)?;
        }
    }
    if unreadable == 0 {
        return Ok(());
    }
    Err(Error::data(format!(
        "{} could not be read",
        output::count(unreadable, "path")
    ))
    .advice("the reasons stand above; the others were classified"))
}

/// The photographs at a path: the file itself, or what a folder holds, by name; or why there is none.
fn photographs_at(path: &Path) -> Vec<Result<PathBuf>> {
    if !path.is_dir() {
        return vec![Ok(path.into())];
    }
    let mut files = Vec::new();
    let mut failures = Vec::new();
    walk(path, &mut files, &mut failures);
    files.sort();
    if files.is_empty() && failures.is_empty() {
        failures.push(
            Error::data(format!("{} holds no photograph", path.display()))
                .advice("name a folder with .jpg, .jpeg or .png files in it"),
        );
    }
    files
        .into_iter()
        .map(Ok)
        .chain(failures.into_iter().map(Err))
        .collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, failures: &mut Vec<Error>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            failures
                .push(Error::data(format!("{} cannot be read", folder.display())).caused_by(error));
            return;
        }
    };
    for entry in entries.flatten() {
        let path = entry.path();
        // Links are not followed, so that a circle of them does not hold us for ever.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&path, files, failures),
            Ok(_) if is_photograph(&path) => files.push(path),
            _ => {}
        }
    }
}

fn is_photograph(path: &Path) -> bool {
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    ["jpg", "jpeg", "png"]
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

/// Reads photographs and asks the network.
struct Reader {
    classifier: TractClassifier,
    bins: Vec<String>,
    sorting: Option<Sorting>,
    regions: Vec<Region>,
    preprocessor: Preprocessor,
    input: ModelInput,
    looks: Vec<Scores>,
    scores: Scores,
}

impl Reader {
    fn new(classifier: TractClassifier, args: &Args) -> Result<Self> {
        let config = match &args.config {
            Some(file) => Config::load(file)?,
            None => Config::parse(SHIPPED_CONFIG, Path::new("config/sortd.toml"))?,
        };
        let empty = classifier.empty_label();
        let labels = classifier.labels();
        let fits = config.check_labels(labels, empty.map(|index| labels[index].as_str()));
        // The shipped bins fit the shipped model; for another model they are only left out.
        let sorting = match (fits, &args.config) {
            (Err(report), Some(_)) => return Err(report.into()),
            (Err(_), None) => None,
            (Ok(()), _) => Some(Sorting::new(&config, labels, empty)),
        };
        let crops = usize::from(args.crops);
        let share = |crop: usize| {
            1.0 - (1.0 - INNERMOST) * crop as f32 / (crops.saturating_sub(1).max(1)) as f32
        };
        Ok(Self {
            bins: config.bins.into_iter().map(|bin| bin.name.value).collect(),
            sorting,
            regions: (0..crops).map(|crop| Region::centre(share(crop))).collect(),
            preprocessor: Preprocessor::for_photographs(),
            input: ModelInput::new(classifier.input_size()),
            looks: vec![Scores::default(); crops],
            scores: Scores::default(),
            classifier,
        })
    }

    fn read(&mut self, path: &Path) -> Result<Answer> {
        let frame = Photo::file(path).read()?;
        let mut inference = std::time::Duration::ZERO;
        for (region, look) in self.regions.iter().zip(&mut self.looks) {
            self.preprocessor.cut(&frame, region, &mut self.input)?;
            let start = Instant::now();
            self.classifier.classify(&self.input, look)?;
            inference += start.elapsed();
        }
        self.scores.set_mean(&self.looks);
        let (label, confidence) = self.scores.best();
        let labels = self.classifier.labels();
        let bin = self
            .sorting
            .as_ref()
            .and_then(|sorting| sorting.bin_of(label));
        let probabilities = self.scores.probabilities().iter().copied();
        Ok(Answer {
            path: path.display().to_string(),
            label: labels[label].clone(),
            confidence: confidence.value(),
            bin: bin.map(|bin| self.bins[bin.0].clone()),
            scores: labels.iter().cloned().zip(probabilities).collect(),
            inference_us: inference.as_micros() as u64,
        })
    }
}

fn print(json: bool, path: &Path, answer: Result<Answer>) -> Result<()> {
    if json {
        return output::line(match answer {
            Ok(answer) => json_line(&answer)?,
            Err(error) => json_line(&Unreadable {
                path: path.display().to_string(),
                error: error.to_string(),
            })?,
        });
    }
    match answer {
        Ok(answer) => output::line(format!(
            "{}: {} {:.0} %{}",
            answer.path,
            answer.label,
            answer.confidence * 100.0,
            answer
                .bin
                .map_or(String::new(), |bin| format!(", into {bin}"))
        )),
        Err(error) => {
            log::error!(target: "sortd", "{error}");
            Ok(())
        }
    }
}

fn json_line(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal("an answer cannot be written as JSON").caused_by(error))
}
