//! `trainer export`.

use std::path::{Path, PathBuf};

use clap::Args;
use sortd::classify::bundle::{Accuracy, Calibration, DataSource};
use sortd::error::{Error, Result};

use super::{Common, Trained, ancestry};
use crate::answers::Answers;
use crate::bundle::{Content, Draft, Findings};
use crate::data::Sources;
use crate::data::material::{Credit, Framing};
use crate::data::photo::{Loaded, Squeezed};
use crate::data::sources::Use;
use crate::deploy::Deployed;
use crate::engine::Engine;
use crate::evaluation::Evaluation;
use crate::metrics::{self, Answered};
use crate::parity::{Margin, Parity};
use crate::places;

/// The test that shows photographs of every kind, where the sources describe it.
const ALL: &str = "all";

/// Write a run's best weights as a bundle that the daemon loads.
///
/// A run of quantisation-aware training is written in int8, another in real numbers, with the batch
/// normalisation folded in. The temperature is fitted on the validation photographs, and the first
/// photograph of each class of a test becomes a golden case. The bundle is only written if the
/// daemon's engine answers as the trainer does on every photograph of both, at most one step apart.
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    common: Common,

    /// Folder of the run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,

    /// Folder of the bundle [default: bundle/ in the run's folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Short name of the model
    #[arg(long, default_value = "waste")]
    name: String,

    /// Terms on which you pass the weights on, as an SPDX name
    #[arg(long, value_name = "NAME", default_value = "NOASSERTION")]
    licence: String,

    /// Test of the run's sources to take the golden cases from [default: all, or the first there is]
    #[arg(long, value_name = "TEST")]
    golden: Option<String>,

    /// Runs of the same recipe, each trained without a source (`--leave-out`): the temperature is fitted to what they say
    /// of it, so that confidences are honest in places that nobody trained on [default: to the validation photographs]
    #[arg(long, value_name = "DIR", num_args = 1..)]
    left_out: Vec<PathBuf>,
}

impl Export {
    /// Exports.
    ///
    /// # Errors
    /// The run or the data is missing, the daemon's engine and the trainer disagree, a quantised
    /// layer has no integer kernel, or a file cannot be written.
    pub fn run(self) -> Result<()> {
        let trained = Trained::open(&self.run, &self.common)?;
        let sources = trained.sources();
        let data = places::data(self.common.data.as_deref());
        let load = |uses: &[Use]| -> Result<Loaded<Squeezed>> {
            sources.load(&data, uses, trained.config.network.side, Framing::Whole)
        };
        // A wrong folder is told of before the long work.
        let away = self.away_from_home(sources, &data)?;
        let golden = sources.test(self.golden.as_deref().unwrap_or(usual_test(sources)))?;
        let golden = first_of_each_class(load(golden)?, sources)?;
        let validation = load(&sources.validation)?;
        validation.report_skipped("photographs to calibrate confidences with");
        let network = trained.deployed()?;
        let out = self
            .out
            .clone()
            .unwrap_or_else(|| trained.folder.root().join("bundle"));
        let content = Content {
            name: &self.name,
            licence: &self.licence,
            network: &network,
            labels: &sources.labels,
            empty_label: sources.empty.as_deref(),
            golden: &golden,
        };
        let mut draft = Draft::write(&out, &content)?;
        agree(&trained, &network, &mut draft.engine, &golden)?;
        let (answers, parity) = agree(&trained, &network, &mut draft.engine, &validation.photos)?;
        let (temperature, calibration) = if away.is_empty() {
            let truths = validation.photos.iter().map(|photo| photo.label);
            let (logits, truths) = (answers.logits, truths.collect());
            calibrate(Vec::new(), &[Answered { logits, truths }])
        } else {
            let (families, kinds): (Vec<String>, Vec<Answered>) = away.into_iter().unzip();
            calibrate(families, &kinds)
        };
        let findings = Findings {
            temperature,
            calibration: calibration.clone(),
            accuracy: accuracy(&trained)?,
            data: origins(&trained, sources, &data)?,
        };
        let manifest = draft.finish(findings, &golden)?;
        doubt(temperature);
        say!(
            "{}: {} {}, {} parameters, {} MACs, temperature {:.3} (calibration error {:.1} % before, {:.1} % with it)",
            out.display(),
            manifest.architecture,
            manifest.version,
            manifest.cost.parameters,
            manifest.cost.macs,
            manifest.output.temperature,
            100.0 * calibration.error_before,
            100.0 * calibration.error_after,
        )?;
        say!("the daemon's engine and the trainer: {parity}")
    }

    /// The families of the runs that were trained without one, and what each run says of its photographs.
    fn away_from_home(&self, sources: &Sources, data: &Path) -> Result<Vec<(String, Answered)>> {
        let mut kinds: Vec<(String, Answered)> = Vec::new();
        for run in &self.left_out {
            let trained = Trained::open(run, &self.common)?;
            let theirs = trained.sources();
            if theirs.labels != sources.labels {
                let what = format!("{} tells other labels apart", run.display());
                return Err(Error::data(what).advice("give runs of the same recipe"));
            }
            let Some((family, uses)) = theirs.left_out() else {
                let what = format!("{} was trained on all sources", run.display());
                return Err(
                    Error::data(what).advice("give runs that were trained with --leave-out FAMILY")
                );
            };
            if kinds.iter().any(|(known, _)| known == family) {
                let what = format!("{} leaves out {family}, as another run does", run.display());
                return Err(Error::usage(what).advice("give one run for each family"));
            }
            let photos = theirs.load(data, uses, trained.config.network.side, Framing::Whole)?;
            photos.report_skipped("photographs to calibrate confidences with");
            kinds.push((family.to_owned(), trained.answered(&photos.photos)?));
        }
        Ok(kinds)
    }
}

/// The test that golden cases are taken from where nobody says.
fn usual_test(sources: &Sources) -> &str {
    let names: Vec<&str> = sources.tests.keys().map(String::as_str).collect();
    if names.contains(&ALL) {
        ALL
    } else {
        names.first().copied().unwrap_or(ALL)
    }
}

/// What the daemon's engine answers, after making sure that the trainer answers the same.
fn agree(
    trained: &Trained,
    network: &Deployed,
    engine: &mut Engine,
    photos: &[Squeezed],
) -> Result<(Answers, Parity)> {
    let theirs = engine.answers(photos)?;
    let ours = trained.answers(photos)?;
    let parity = Parity::of(Margin::of(network), photos, &ours, &theirs);
    parity.require().map(|()| (theirs, parity))
}

/// The temperature that fits the answers best, and what it does to the calibration error.
fn calibrate(left_out: Vec<String>, kinds: &[Answered]) -> (f32, Calibration) {
    // The manifest holds the temperature in single precision.
    let temperature = metrics::fit_temperature(kinds) as f32;
    let error = |temperature| {
        let of =
            |kind: &Answered| metrics::calibration_error(&kind.logits, &kind.truths, temperature);
        kinds.iter().map(of).sum::<f64>() / kinds.len().max(1) as f64
    };
    let calibration = Calibration {
        left_out,
        images: kinds.iter().map(|kind| kind.truths.len() as u64).sum(),
        error_before: error(1.0),
        error_after: error(f64::from(temperature)),
    };
    (temperature, calibration)
}

/// Says so where no temperature fits, so that the confidences mean little.
fn doubt(temperature: f32) {
    let (lowest, highest) = metrics::TEMPERATURES;
    let within = 1.001 * lowest..=0.999 * highest;
    if !within.contains(&f64::from(temperature)) {
        eprintln!(
            "note: of the temperatures {lowest} to {highest} the last one was taken, since the fit wants to go beyond; \
             confidences will mean little until there are more photographs to choose by, some of them hard"
        );
    }
}

/// The first photograph of each class.
fn first_of_each_class(photos: Loaded<Squeezed>, sources: &Sources) -> Result<Vec<Squeezed>> {
    let mut first: Vec<Option<Squeezed>> = vec![None; sources.labels.len()];
    for photo in photos.photos {
        let place = photo.label;
        first[place].get_or_insert(photo);
    }
    let found = first.into_iter().zip(&sources.labels);
    found
        .map(|(photo, label)| {
            photo.ok_or_else(|| {
                Error::data(format!("the golden test has no photograph of {label}"))
                    .advice("name a test of all classes with --golden")
            })
        })
        .collect()
}

/// What was measured of these weights in these numbers.
fn accuracy(trained: &Trained) -> Result<Vec<Accuracy>> {
    let found = Evaluation::all_of(&trained.folder, trained.numbers().ending())?;
    if found.is_empty() {
        eprintln!(
            "note: no accuracy in the manifest; `trainer evaluate --run {} --test NAME` measures it",
            trained.folder.root().display()
        );
    }
    let whole = found
        .into_iter()
        .filter(|found| found.subject.framing == Framing::Whole);
    let accuracy = whole.map(|found| Accuracy {
        split: found.subject.list,
        correct: found.correct,
        total: found.images,
    });
    Ok(accuracy.collect())
}

/// Whose work went into the weights: of the run, and of those that it goes back to.
fn origins(trained: &Trained, sources: &Sources, data: &Path) -> Result<Vec<DataSource>> {
    let family = ancestry::of(&trained.folder)?;
    let mut credits = sources.credits(data)?;
    for run in &family {
        let theirs = run.config()?.data.sources;
        if theirs != *sources {
            let more = theirs.credits(data)?.into_iter();
            let is_new = |credit: &Credit| credits.iter().all(|known| known.name != credit.name);
            credits.extend(more.filter(is_new).collect::<Vec<_>>());
        }
    }
    let mut origins: Vec<DataSource> = credits
        .into_iter()
        .map(|credit| DataSource {
            name: credit.name,
            licence: credit.licence,
            attribution: credit.attribution,
            images: credit.images as u64,
        })
        .collect();
    if ancestry::starts_from_imagenet(&family)? {
        origins.push(DataSource {
            name: "MobileNet v1 weights pretrained on ImageNet".to_owned(),
            licence: "Apache-2.0".to_owned(),
            attribution: Some("Keras".to_owned()),
            images: 1_281_167,
        });
    }
    Ok(origins)
}
