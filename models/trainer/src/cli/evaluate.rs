//! `trainer evaluate`.

use std::path::PathBuf;

use clap::Args;
use sortd::error::{Error, Result};
use sortd::preprocess::VIEWS;

use super::{Common, Trained};
use crate::answers::Answers;
use crate::data::material::Framing;
use crate::data::photo::{Loaded, Squeezed};
use crate::data::sources::Use;
use crate::engine::Engine;
use crate::evaluation::{self, Evaluation, Numbers, Subject};
use crate::files;
use crate::kshot::{Head, KShot};
use crate::metrics;
use crate::onnx;
use crate::parity::{Margin, Parity};
use crate::places;
use crate::plots;
use crate::selective::{self, Seen, Selective, Together};

/// Measure a run's best weights, or a bundle, on photographs that it was not trained on.
///
/// A run of quantisation-aware training is measured in int8, to the last bit as the daemon computes it; with
/// --bundle the daemon's engine itself answers. Writes evaluation-NAME.json and confusion-NAME.png
/// into the run's folder, where NAME is the test's with -item for that framing and -float or -int8.
#[derive(Debug, Args)]
pub struct Evaluate {
    #[command(flatten)]
    common: Common,

    /// Folder of the run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,

    /// Test of the run's sources to measure on
    #[arg(long, value_name = "NAME")]
    test: String,

    /// Measure this bundle of the run, in the daemon's engine
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,

    /// What logits are divided by [default: what fits the validation photographs best, or the bundle's]
    #[arg(long, value_name = "NUMBER", value_parser = temperature)]
    temperature: Option<f64>,

    /// How photographs become squares
    #[arg(long, value_enum, default_value = "whole")]
    framing: Framing,

    /// Also measure the few-shot accuracy with these numbers of photographs of each class
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', num_args = 0.., default_missing_value = "1,3,5")]
    kshot: Vec<usize>,

    /// Classifiers of the few-shot accuracy
    #[arg(
        long,
        value_enum,
        value_name = "HEADS",
        value_delimiter = ',',
        default_value = "nearest-mean",
        requires = "kshot"
    )]
    heads: Vec<Head>,

    /// Also measure what these numbers of views of each photograph say together, nearer and mirrored as the daemon looks
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', num_args = 0.., default_missing_value = "1,3,5", value_parser = view_count)]
    views: Vec<usize>,
}

fn temperature(text: &str) -> std::result::Result<f64, String> {
    let (lowest, highest) = metrics::TEMPERATURES;
    let number = text.parse().ok();
    number
        .filter(|number| (lowest..=highest).contains(number))
        .ok_or_else(|| format!("a temperature is a number from {lowest} to {highest}"))
}

fn view_count(text: &str) -> std::result::Result<usize, String> {
    let most = VIEWS.len();
    let count = text.parse().ok().filter(|count| (1..=most).contains(count));
    count.ok_or_else(|| format!("there are 1 to {most} views"))
}

/// What answers.
enum Answering {
    /// The trainer.
    Run,
    /// The daemon.
    Bundle(Box<Engine>),
}

impl Evaluate {
    /// Measures.
    ///
    /// # Errors
    /// The run or the data is missing, a test holds photographs of the training set, the bundle is
    /// of other labels or does not load, or a file cannot be written.
    pub fn run(self) -> Result<()> {
        let trained = Trained::open(&self.run, &self.common)?;
        let sources = trained.sources();
        sources.refuse_leakage(&places::data(self.common.data.as_deref()))?;
        let photos = self.photos(&trained, sources.test(&self.test)?)?;
        photos.report_skipped(&self.test);
        let mut answering = match &self.bundle {
            None => Answering::Run,
            Some(bundle) => Answering::Bundle(Box::new(open(bundle, &trained)?)),
        };
        let answers = answering.answers(&trained, &photos.photos)?;
        if self.bundle.is_some() {
            // A bundle of other weights must not be taken for this run's.
            let margin = Margin::of(&trained.deployed()?);
            let ours = trained.answers(&photos.photos)?;
            Parity::of(margin, &photos.photos, &ours, &answers).require()?;
        }
        let subject = self.subject(&trained, &mut answering, &photos.photos)?;
        let ending = subject.numbers.ending();
        let truths: Vec<usize> = photos.photos.iter().map(|photo| photo.label).collect();
        let mut found = Evaluation::new(
            subject,
            &answers.logits,
            &truths,
            photos.skipped.len(),
            sources.empty_label(),
        );
        found.kshot = self.kshot(&trained, &answers, &truths);
        found.together =
            self.together(&trained, &mut answering, &truths, found.subject.temperature)?;
        let framing = match self.framing {
            Framing::Whole => "",
            Framing::Item => "-item",
        };
        let name = format!("{}{framing}{ending}", self.test.replace('/', "-"));
        files::write_json(&trained.folder.evaluation_file(&name), &found)?;
        plots::confusion(&trained.folder.confusion_file(&name), &found)?;
        report(&found)
    }

    fn photos(&self, trained: &Trained, uses: &[Use]) -> Result<Loaded<Squeezed>> {
        let data = places::data(self.common.data.as_deref());
        let side = trained.config.network.side;
        trained.sources().load(&data, uses, side, self.framing)
    }

    /// What several views of each photograph say together.
    fn together(
        &self,
        trained: &Trained,
        answering: &mut Answering,
        truths: &[usize],
        temperature: f64,
    ) -> Result<Vec<Together>> {
        let (sources, side) = (trained.sources(), trained.config.network.side);
        let data = places::data(self.common.data.as_deref());
        let bins = evaluation::lights(&sources.labels, sources.empty_label());
        let mut seen = Vec::new();
        let most = self.views.iter().copied().max().unwrap_or(0);
        for view in VIEWS.into_iter().take(most) {
            let uses = sources.test(&self.test)?;
            let photos = sources
                .load_view(&data, uses, side, self.framing, view)?
                .photos;
            let answers = answering.answers(trained, &photos)?;
            seen.push(Seen {
                whole: view.is_whole(),
                rows: selective::rows(&answers.logits, temperature),
            });
        }
        let of = |&count: &usize| Together::of(&seen[..count], truths, &bins);
        Ok(self.views.iter().map(of).collect())
    }

    fn subject(
        &self,
        trained: &Trained,
        answering: &mut Answering,
        photos: &[Squeezed],
    ) -> Result<Subject> {
        let config = &trained.config;
        let (numbers, engine, model_bytes, latency_ms, temperature) = match answering {
            Answering::Run => (
                trained.numbers(),
                evaluation::Engine::Trainer,
                onnx::encode(&trained.deployed()?)?.len(),
                None,
                self.temperature
                    .map_or_else(|| self.fitted_temperature(trained), Ok)?,
            ),
            Answering::Bundle(engine) => (
                if engine.is_quantised() {
                    Numbers::Int8
                } else {
                    Numbers::Float
                },
                evaluation::Engine::Daemon,
                engine.model_bytes(),
                photos
                    .first()
                    .map(|photo| engine.latency(&photo.pixels))
                    .transpose()?
                    .map(|time| 1000.0 * time.as_secs_f64()),
                self.temperature
                    .unwrap_or_else(|| f64::from(engine.manifest().output.temperature)),
            ),
        };
        Ok(Subject {
            list: self.test.clone(),
            framing: self.framing,
            trained_on: config.data.name.clone(),
            architecture: config.network.architecture.clone(),
            numbers,
            engine,
            weights_sha256: Some(trained.weights_sha256()?),
            epoch: trained.best_epoch()?,
            epochs: config.training.epochs,
            parameters: config.network.parameters,
            macs: config.network.macs,
            model_bytes: model_bytes as u64,
            latency_ms,
            labels: config.data.labels().to_vec(),
            temperature,
        })
    }

    /// The temperature that fits the validation photographs best.
    fn fitted_temperature(&self, trained: &Trained) -> Result<f64> {
        let photos = self.photos(trained, &trained.sources().validation)?.photos;
        let answered = trained.answered(&photos)?;
        Ok(metrics::fit_temperature(&[answered]))
    }

    fn kshot(&self, trained: &Trained, answers: &Answers, truths: &[usize]) -> Vec<KShot> {
        let config = &trained.config;
        let (rows, labels) = (&answers.embeddings, config.data.labels());
        let mut found = Vec::new();
        for &shots in &self.kshot {
            let of = |&head: &Head| KShot::measure(head, shots, rows, truths, labels, config.seed);
            let measured: Vec<KShot> = self.heads.iter().filter_map(of).collect();
            if measured.is_empty() {
                eprintln!(
                    "note: few-shot accuracy with {shots} of each class is not measured: {} has no two classes with more photographs than that",
                    self.test
                );
            }
            found.extend(measured);
        }
        found
    }
}

impl Answering {
    fn answers(&mut self, trained: &Trained, photos: &[Squeezed]) -> Result<Answers> {
        match self {
            Self::Run => trained.answers(photos),
            Self::Bundle(engine) => engine.answers(photos),
        }
    }
}

/// Loads a bundle that a run was exported to.
///
/// # Errors
/// It does not load, or is of another network, of other labels or for another input.
pub fn open(bundle: &std::path::Path, trained: &Trained) -> Result<Engine> {
    let engine = Engine::open(bundle)?;
    let (manifest, config) = (engine.manifest(), &trained.config);
    if manifest.labels != config.data.labels() || manifest.input.width != config.network.side {
        return Err(Error::data(format!(
            "the bundle in {} is not of the run in {}: its labels are {} at {} pixels, the run's {} at {}",
            bundle.display(),
            trained.folder.root().display(),
            manifest.labels.join(", "),
            manifest.input.width,
            config.data.labels().join(", "),
            config.network.side
        ))
        .advice("name the run that it was exported from"));
    }
    let (network, cost) = (&config.network, manifest.cost);
    if manifest.architecture != network.architecture
        || (cost.parameters, cost.macs) != (network.parameters, network.macs)
        || engine.is_quantised() != config.training.quantised
    {
        return Err(Error::data(format!(
            "the bundle in {} is not of the run in {}: it is {} of {} parameters, the run's {} of {}, or only one of both is in int8",
            bundle.display(),
            trained.folder.root().display(),
            manifest.architecture,
            cost.parameters,
            network.architecture,
            network.parameters,
        ))
        .advice("name the run that it was exported from"));
    }
    Ok(engine)
}

fn report(found: &Evaluation) -> Result<()> {
    let percent = |share: f64| 100.0 * share;
    say!(
        "{}: {} of {} right, {:.1} % (95 %: {:.1} to {:.1} %); {:.1} % in the right bin; calibration error {:.1} % at temperature {:.3}",
        found.subject.list,
        found.correct,
        found.images,
        percent(found.accuracy),
        percent(found.interval.0),
        percent(found.interval.1),
        percent(found.into_bins.accuracy),
        percent(found.calibration_error),
        found.subject.temperature,
    )?;
    for together in &found.together {
        let share = together.correct as f64 / together.images.max(1) as f64;
        say!(
            "  {} views together: {:.1} % right",
            together.views,
            percent(share)
        )?;
        tell_lights(&together.selective, together.images)?;
    }
    tell_lights(&found.selective, found.images)?;
    for kshot in &found.kshot {
        say!(
            "  few-shot, {} of each of {} classes, {}: {:.1} % ± {:.1}",
            kshot.shots,
            kshot.labels.len(),
            kshot.head.name(),
            percent(kshot.mean),
            percent(kshot.deviation)
        )?;
    }
    Ok(())
}

/// The thresholds that are told; the file has more.
const TOLD: [f64; 3] = [0.6, 0.75, 0.9];

/// For how many photographs a light goes on, and how many of those lights are right.
fn tell_lights(points: &[Selective], images: u64) -> Result<()> {
    for point in points
        .iter()
        .filter(|point| TOLD.contains(&point.threshold))
    {
        let shown = 100.0 * point.shown as f64 / images.max(1) as f64;
        let right = match point.precision() {
            Some(precision) => format!(
                "for {shown:.1} %, and {:.1} % of those are right",
                100.0 * precision
            ),
            None => "for none".to_owned(),
        };
        say!(
            "    at confidence {:.2} a light goes on {right}",
            point.threshold
        )?;
    }
    Ok(())
}
