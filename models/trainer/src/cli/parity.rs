//! `trainer parity`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use sortd::error::{Error, Result};

use super::evaluate::open;
use super::{Common, Trained};
use crate::answers::Answers;
use crate::data::Sources;
use crate::data::material::Framing;
use crate::data::photo::Squeezed;
use crate::engine::Engine;
use crate::files;
use crate::parity::{self, Margin};
use crate::places;

/// Hold a bundle in the daemon's engine against its run, on every photograph of every test.
///
/// Each logit may be one quantisation step apart and the first class must be the same; else the exit status is 65.
/// With --dump the photographs' pixels and the daemon's answers are written for other engines to
/// compare with, as `make model-parity` does.
#[derive(Debug, Args)]
pub struct Parity {
    #[command(flatten)]
    common: Common,

    /// Folder of the bundle
    #[arg(long, value_name = "DIR")]
    bundle: PathBuf,

    /// Folder of the run that it was exported from
    #[arg(long, value_name = "DIR", required_unless_present = "dump")]
    run: Option<PathBuf>,

    /// File that describes the tests [default: that of the run, or models/trainer/data/waste-everywhere.toml]
    #[arg(long, value_name = "FILE")]
    sources: Option<PathBuf>,

    /// Only this test
    #[arg(long, value_name = "NAME")]
    test: Option<String>,

    /// Folder to write pixels and answers to
    #[arg(long, value_name = "DIR")]
    dump: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was found on one test.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Finding {
    test: String,
    #[serde(flatten)]
    parity: parity::Parity,
}

/// What is dumped of one test.
#[derive(Debug, Serialize)]
struct Dumped {
    test: String,
    images: usize,
    side: u32,
    labels: usize,
    embedding: usize,
    /// The scale of the logits; none where the network computes in real numbers.
    step: Option<f32>,
    paths: Vec<PathBuf>,
}

impl Parity {
    /// Compares.
    ///
    /// # Errors
    /// The bundle, the run or the data is missing, or the answers differ.
    pub fn run(self) -> Result<()> {
        let trained = self
            .run
            .as_ref()
            .map(|run| Trained::open(run, &self.common))
            .transpose()?;
        let mut engine = match &trained {
            Some(trained) => open(&self.bundle, trained)?,
            None => Engine::open(&self.bundle)?,
        };
        let sources = self.sources(trained.as_ref())?;
        let mut findings = Vec::new();
        for test in self.tests(&sources)? {
            let photos = self.photos(&sources, &test, &engine)?;
            let answers = engine.answers(&photos)?;
            if let Some(folder) = &self.dump {
                dump(folder, &test, &photos, &answers, &engine)?;
            }
            if let Some(trained) = &trained {
                let margin = Margin::of(&trained.deployed()?);
                let ours = trained.answers(&photos)?;
                let parity = parity::Parity::of(margin, &photos, &ours, &answers);
                findings.push(Finding { test, parity });
            }
        }
        self.report(&findings)?;
        findings
            .iter()
            .try_for_each(|finding| finding.parity.require())
    }

    fn sources(&self, trained: Option<&Trained>) -> Result<Sources> {
        match (&self.sources, trained) {
            (Some(file), _) => Sources::read(file),
            (None, Some(trained)) => Ok(trained.sources().clone()),
            (None, None) => Sources::read(&places::sources(None)),
        }
    }

    fn tests(&self, sources: &Sources) -> Result<Vec<String>> {
        match &self.test {
            Some(test) => sources.test(test).map(|_| vec![test.clone()]),
            None if sources.tests.is_empty() => Err(Error::data("the sources describe no test")),
            None => Ok(sources.tests.keys().cloned().collect()),
        }
    }

    fn photos(&self, sources: &Sources, test: &str, engine: &Engine) -> Result<Vec<Squeezed>> {
        let data = places::data(self.common.data.as_deref());
        let side = engine.manifest().input.width;
        let photos = sources.load(&data, sources.test(test)?, side, Framing::Whole)?;
        photos.report_skipped(test);
        Ok(photos.photos)
    }

    fn report(&self, findings: &[Finding]) -> Result<()> {
        if self.json {
            let text = serde_json::to_string_pretty(findings).map_err(|error| {
                Error::internal("cannot express what was found").caused_by(error)
            })?;
            return say!("{text}");
        }
        for Finding { test, parity } in findings {
            say!("{test}: {parity}")?;
        }
        Ok(())
    }
}

/// Writes a test's pixels (u8, R, G, B by rows) and answers (f32, the lowest byte first), all
/// photographs after each other, and a JSON file that says what they are.
fn dump(
    folder: &Path,
    test: &str,
    photos: &[Squeezed],
    answers: &Answers,
    engine: &Engine,
) -> Result<()> {
    files::make_folder(folder)?;
    let name = test.replace('/', "-");
    let file = |ending: &str| folder.join(format!("{name}.{ending}"));
    let pixels: Vec<u8> = photos
        .iter()
        .flat_map(|photo| photo.pixels.iter().copied())
        .collect();
    let bytes = |rows: &[Vec<f32>]| -> Vec<u8> {
        let numbers = rows.iter().flatten();
        numbers.flat_map(|number| number.to_le_bytes()).collect()
    };
    files::write_whole(&file("pixels"), &pixels)?;
    files::write_whole(&file("logits"), &bytes(&answers.logits))?;
    files::write_whole(&file("embeddings"), &bytes(&answers.embeddings))?;
    files::write_json(
        &file("json"),
        &Dumped {
            test: test.to_owned(),
            images: photos.len(),
            side: engine.manifest().input.width,
            labels: engine.manifest().labels.len(),
            embedding: answers.embeddings.first().map_or(0, Vec::len),
            step: engine.logit_scale(),
            paths: photos.iter().map(|photo| photo.path.clone()).collect(),
        },
    )
}
