//! `sortd classify`: what do photographs show?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

use super::output;
use crate::capture::replay::{Photo, is_hidden, is_photo};
use crate::classify::{Classifier, Compute, Scores, TractClassifier};
use crate::config::Config;
use crate::decide::Sorting;
use crate::error::{Error, Result};
use crate::files;
use crate::preprocess::{ModelInput, Preprocessor, Region, VIEWS};

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
    /// Whether the label means that nothing is there; programs see that there is no bin.
    #[serde(skip)]
    is_empty: bool,
}

/// The answer for what cannot be read.
#[derive(Debug, Serialize)]
struct Unreadable {
    path: String,
    error: String,
}

pub(super) fn classify(args: &Args) -> Result<()> {
    let bundle = super::model::proven(args.model.as_deref())?;
    let mut reader = Reader::new(TractClassifier::load(&bundle, Compute::best(None))?, args)?;
    let (mut classified, mut unreadable) = (0, 0);
    for path in &args.paths {
        for (path, found) in photographs_at(path) {
            let answer = found.and_then(|()| reader.read(&path));
            *(if answer.is_ok() {
                &mut classified
            } else {
                &mut unreadable
            }) += 1;
            print(args.json, &path, answer)?;
        }
    }
    if unreadable == 0 {
        return Ok(());
    }
    Err(Error::data(format!(
        "{} could not be read, {classified} classified",
        output::count(unreadable, "path")
    ))
    .advice("see the reasons above"))
}

/// A path, and why there is no photograph to read there.
type Found = (PathBuf, Result<()>);

/// The photographs at a path: the file itself, or what a folder holds, by name; or why there is none.
fn photographs_at(path: &Path) -> Vec<Found> {
    if !files::is_folder(path) {
        return vec![(path.into(), Ok(()))];
    }
    let mut found = Vec::new();
    walk(path, &mut found);
    found.sort_by(|one, other| one.0.cmp(&other.0));
    if found.is_empty() {
        let error = Error::data(format!("{} holds no photograph", path.display()))
            .advice("name a folder with .jpg, .jpeg, .jfif or .png files in it");
        found.push((path.into(), Err(error)));
    }
    found
}

fn walk(folder: &Path, found: &mut Vec<Found>) {
    let entries = match files::entries(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let error = Error::data(format!("{} cannot be read", folder.display()))
                .caused_by(error)
                .advice("check its permissions and the disk");
            found.push((folder.into(), Err(error)));
            return;
        }
    };
    for entry in entries {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !is_hidden(&path) => walk(&path, found),
            // A link to a file is as good as the file; one to a folder may lead round in a circle. A
            // pipe could hold us for ever.
            Ok(_) if is_photo(&path) && !is_special(&path) => found.push((path, Ok(()))),
            _ => {}
        }
    }
}

/// Whether there is something else than a file; what cannot be looked at says why when it is read.
fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file())
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
            self.preprocessor
                .cut(&frame, region, VIEWS[0], &mut self.input)?;
            let start = Instant::now();
            self.classifier.classify(&self.input, look)?;
            inference += start.elapsed();
        }
        self.scores.set_mean(&self.looks);
        let labels = self.classifier.labels();
        let (label, bin) = match &self.sorting {
            Some(sorting) => sorting.name(&self.scores),
            None => (self.scores.best().0, None),
        };
        let probabilities = self.scores.probabilities().iter().copied();
        Ok(Answer {
            path: path.display().to_string(),
            label: labels[label].clone(),
            confidence: self.scores.confidence(label).value(),
            bin: bin.map(|bin| self.bins[bin.0].clone()),
            scores: labels.iter().cloned().zip(probabilities).collect(),
            inference_us: inference.as_micros() as u64,
            is_empty: self.classifier.empty_label() == Some(label),
        })
    }
}

fn print(json: bool, path: &Path, answer: Result<Answer>) -> Result<()> {
    if json {
        return match answer {
            Ok(answer) => output::json(&answer),
            Err(error) => output::json(&Unreadable {
                path: path.display().to_string(),
                error: error.to_string(),
            }),
        };
    }
    match answer {
        Ok(answer) => output::line(format!(
            "{}: {} {:.0} %{}",
            answer.path,
            answer.label,
            answer.confidence * 100.0,
            match answer.bin {
                Some(bin) => format!(", into {bin}"),
                None if answer.is_empty => ", nothing is there".into(),
                None => String::new(),
            }
        )),
        Err(error) => {
            log::error!(target: "sortd", "{error}");
            Ok(())
        }
    }
}
