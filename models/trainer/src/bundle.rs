//! Writes a model bundle: the folder that the daemon loads.
//!
//! A bundle begins as a draft in a folder beside its place, which the daemon's engine loads already,
//! so that everything that the manifest says is measured on what will run. Only when it is complete
//! and proves itself is it exchanged for the old one: nobody ever finds half a bundle.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use image::RgbImage;
use sortd::classify::bundle::{
    Accuracy, Calibration, DataSource, Distance, Embedding, FORMAT, Golden, GoldenCase, Input,
    Layout, Manifest, ModelFile, Output, OutputKind,
};
use sortd::error::{Error, Result};

use crate::data::batches::{PIXEL_OFFSET, PIXEL_SCALE};
use crate::data::photo::Squeezed;
use crate::deploy::Deployed;
use crate::engine::Engine;
use crate::files;
use crate::nets::cost::cost;
use crate::onnx;

/// Name of the model's file in a bundle.
pub const MODEL: &str = "model.onnx";
/// Name of the manifest in a bundle.
pub const MANIFEST: &str = "model.toml";

/// How far a float network's answers may differ between this machine's and another's arithmetic. An
/// integer network's may not differ at all.
const TOLERANCE: f32 = 1e-3;

/// What a bundle is made of.
#[derive(Debug)]
pub struct Content<'a> {
    /// Short name of the model, such as `waste`.
    pub name: &'a str,
    /// SPDX name of the terms on which the weights may be passed on.
    pub licence: &'a str,
    /// The network.
    pub network: &'a Deployed,
    /// Labels, in the order of the outputs.
    pub labels: &'a [String],
    /// The label that means that nothing is there.
    pub empty_label: Option<&'a str>,
    /// Photographs for the self-test.
    pub golden: &'a [Squeezed],
}

/// What was measured on a draft.
#[derive(Debug)]
pub struct Findings {
    /// What logits are divided by.
    pub temperature: f32,
    /// How well the confidences then say how often the model is right.
    pub calibration: Calibration,
    /// Measured accuracies.
    pub accuracy: Vec<Accuracy>,
    /// What it was trained on.
    pub data: Vec<DataSource>,
}

/// A bundle that runs in the daemon's engine, but is not yet in its place. It leaves nothing behind
/// where it is not finished.
#[derive(Debug)]
pub struct Draft {
    /// The daemon's engine with the network.
    pub engine: Engine,
    place: PathBuf,
    unfinished: PathBuf,
    manifest: Manifest,
}

impl Draft {
    /// Writes a draft of the bundle in `place` and loads it.
    ///
    /// # Errors
    /// Something else than a bundle lies in `place`, the daemon does not load the draft, a quantised
    /// network has a layer without integer kernel, or a file cannot be written.
    pub fn write(place: &Path, content: &Content<'_>) -> Result<Self> {
        refuse_to_replace_others(place)?;
        let unfinished = beside(place, "new");
        remove(&unfinished)?;
        let drafted = draft(place, &unfinished, content);
        if drafted.is_err() {
            remove(&unfinished)?;
        }
        drafted
    }

    /// Completes the manifest, lets the bundle prove itself and puts it into its place.
    ///
    /// # Errors
    /// The bundle does not prove itself, or a file cannot be written; the old bundle is then untouched.
    pub fn finish(mut self, findings: Findings, golden: &[Squeezed]) -> Result<Manifest> {
        for (case, photo) in self.manifest.golden.cases.iter_mut().zip(golden) {
            let (logits, embedding) = self.engine.answer(&photo.pixels)?;
            case.output = logits;
            case.embedding = Some(embedding);
        }
        let quantised = self.engine.is_quantised();
        let mut manifest = self.manifest.clone();
        manifest.golden.tolerance = if quantised { 0.0 } else { TOLERANCE };
        manifest.output.temperature = findings.temperature;
        manifest.calibration = Some(findings.calibration);
        manifest.accuracy = findings.accuracy;
        manifest.data = findings.data;
        write_manifest(&self.unfinished, &manifest)?;
        Engine::open(&self.unfinished)?;
        exchange(&self.unfinished, &self.place)?;
        Ok(manifest)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // A finished draft is no longer there; a folder that cannot be removed stands in nobody's way,
        // since the next draft takes its place.
        let _ = fs::remove_dir_all(&self.unfinished);
    }
}

fn draft(place: &Path, unfinished: &Path, content: &Content<'_>) -> Result<Draft> {
    files::make_folder(&unfinished.join("golden"))?;
    let plan = &content.network.plan;
    let model = onnx::encode(content.network)?;
    files::write_whole(&unfinished.join(MODEL), &model)?;
    let side = plan.side as u32;
    let manifest = Manifest {
        format: FORMAT,
        name: content.name.to_owned(),
        version: next_version(place),
        architecture: plan.name.clone(),
        labels: content.labels.to_vec(),
        empty_label: content.empty_label.map(str::to_owned),
        licence: content.licence.to_owned(),
        model: ModelFile {
            file: MODEL.to_owned(),
            sha256: files::sha256(&model),
        },
        input: Input {
            width: side,
            height: side,
            layout: Layout::Nchw,
            scale: [PIXEL_SCALE; 3],
            offset: [PIXEL_OFFSET; 3],
        },
        output: Output {
            kind: OutputKind::Logits,
            temperature: 1.0,
            name: Some(onnx::LOGITS.to_owned()),
        },
        embedding: Some(Embedding {
            name: onnx::EMBEDDING.to_owned(),
            length: plan.shapes()[plan.embedding].channels,
            distance: Distance::Cosine,
        }),
        calibration: None,
        cost: cost(plan),
        accuracy: Vec::new(),
        data: Vec::new(),
        golden: Golden {
            // What the right answers are is not known before the draft is loaded.
            tolerance: f32::MAX,
            cases: golden_cases(unfinished, content)?,
        },
    };
    write_manifest(unfinished, &manifest)?;
    let engine = Engine::open(unfinished)?;
    if content.network.quantisation.is_some() {
        engine.refuse_slow_layers()?;
    }
    Ok(Draft {
        engine,
        place: place.to_owned(),
        unfinished: unfinished.to_owned(),
        manifest,
    })
}

/// Writes the photographs of the self-test as PNG.
fn golden_cases(unfinished: &Path, content: &Content<'_>) -> Result<Vec<GoldenCase>> {
    let side = content.network.plan.side as u32;
    let write = |photo: &Squeezed| {
        let file = format!("golden/{}.png", content.labels[photo.label]);
        let picture = RgbImage::from_raw(side, side, photo.pixels.clone())
            .ok_or_else(|| Error::internal(format!("{} has another size", photo.path.display())))?;
        let mut png = std::io::Cursor::new(Vec::new());
        picture
            .write_to(&mut png, image::ImageFormat::Png)
            .map_err(|error| Error::internal(format!("cannot encode {file}")).caused_by(error))?;
        files::write_whole(&unfinished.join(&file), png.get_ref())?;
        Ok(GoldenCase {
            file,
            output: vec![0.0; content.labels.len()],
            embedding: None,
        })
    };
    content.golden.iter().map(write).collect()
}

fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<()> {
    let text = toml::to_string(manifest)
        .map_err(|error| Error::internal("cannot express the manifest").caused_by(error))?;
    files::write_whole(&folder.join(MANIFEST), text.as_bytes())
}

/// A bundle takes the place of another one or of an empty folder, and of nothing else: what lies
/// there is lost.
fn refuse_to_replace_others(place: &Path) -> Result<()> {
    let is_empty = || fs::read_dir(place).is_ok_and(|mut entries| entries.next().is_none());
    if !place.exists() || place.join(MANIFEST).is_file() || is_empty() {
        return Ok(());
    }
    let what = format!(
        "{} is no bundle (no {MANIFEST}), and a bundle in its place would replace all of it",
        place.display()
    );
    Err(Error::usage(what)
        .advice("name a folder with --out that is not there yet, such as DIR/waste"))
}

/// Puts the new folder into the old one's place.
fn exchange(new: &Path, place: &Path) -> Result<()> {
    let old = beside(place, "old");
    remove(&old)?;
    let failed = |error| {
        Error::internal(format!("cannot replace {}", place.display()))
            .caused_by(error)
            .advice("look who may write there, then export again")
    };
    let replaces = place.exists();
    if replaces {
        fs::rename(place, &old).map_err(failed)?;
    }
    if let Err(error) = fs::rename(new, place) {
        if replaces {
            fs::rename(&old, place).map_err(failed)?;
        }
        return Err(failed(error));
    }
    remove(&old)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::internal(format!("cannot remove {}", folder.display())).caused_by(error))
        }
        _ => Ok(()),
    }
}

/// A folder beside `folder` for the time of the exchange.
fn beside(folder: &Path, what: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{what}.tmp"));
    folder.with_file_name(name)
}

/// Today and a counter: one more than the version in `folder` if that is of today, else 1.
fn next_version(folder: &Path) -> String {
    let today = date(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs(),
    );
    let before = files::read_text(&folder.join(MANIFEST))
        .ok()
        .and_then(|text| toml::from_str::<Manifest>(&text).ok())
        .and_then(|manifest| {
            manifest
                .version
                .strip_prefix(&format!("{today}-"))?
                .parse::<u32>()
                .ok()
        });
    format!("{today}-{}", before.unwrap_or(0) + 1)
}

/// The UTC date of a Unix time as `2026.11.22` (Hinnant's days-to-civil).
fn date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year}.{month:02}.{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970.01.01");
        assert_eq!(date(951_782_400), "2000.02.29");
        assert_eq!(date(1_795_305_600), "2026.11.22");
    }
}
