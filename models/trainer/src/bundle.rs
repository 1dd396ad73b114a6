//! Writes a model bundle: the folder that the daemon loads.
//!
//! The folder is made complete beside its place and then exchanged for the old one, so that nobody
//! ever finds half a bundle.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use image::RgbImage;
use sortd::classify::bundle::{
    Accuracy, DataSource, FORMAT, Golden, GoldenCase, Input, Layout, Manifest, ModelFile, Output,
    OutputKind,
};
use sortd::error::{Error, Result};

use crate::data::batches::{PIXEL_OFFSET, PIXEL_SCALE};
use crate::data::photo::Squeezed;
use crate::files;
use crate::nets::cost::cost;
use crate::nets::layer::Layer;
use crate::onnx;
use crate::runtime::Exported;

/// Name of the model's file in a bundle.
pub const MODEL: &str = "model.onnx";
/// Name of the manifest in a bundle.
pub const MANIFEST: &str = "model.toml";

/// How far a float network's logits may differ between this machine's and another's arithmetic.
pub const TOLERANCE: f32 = 1e-3;

/// A network that is to be exported, and what is known of it.
#[derive(Debug)]
pub struct Export<'a> {
    /// Short name of the model, such as `waste`.
    pub name: &'a str,
    /// The network's name.
    pub architecture: String,
    /// The network.
    pub layers: &'a [Layer],
    /// Side of the square input, in pixels.
    pub side: u32,
    /// Labels, in the order of the outputs.
    pub labels: &'a [String],
    /// What logits are divided by.
    pub temperature: f32,
    /// Measured accuracies.
    pub accuracy: Vec<Accuracy>,
    /// What it was trained on.
    pub data: Vec<DataSource>,
    /// Photographs for the self-test.
    pub golden: &'a [Squeezed],
}

/// The exported network as bytes, already loaded by tract.
#[derive(Debug)]
pub struct Compiled {
    bytes: Vec<u8>,
    /// The network as the daemon runs it.
    pub exported: Exported,
}

/// Encodes the network and loads the result as the daemon does.
///
/// # Errors
/// tract cannot load it.
pub fn compile(layers: &[Layer], side: u32, name: &str) -> Result<Compiled> {
    let bytes = onnx::encode(layers, side as usize, name);
    let exported = Exported::load(&bytes, side as usize)?;
    Ok(Compiled { bytes, exported })
}

/// Writes the bundle to `folder` and gives its manifest.
///
/// # Errors
/// tract cannot run the network, or a file cannot be written; the old bundle is then untouched.
pub fn write(folder: &Path, export: Export<'_>, compiled: &Compiled) -> Result<Manifest> {
    let unfinished = beside(folder, "new");
    remove(&unfinished)?;
    files::make_folder(&unfinished.join("golden"))?;
    files::write_whole(&unfinished.join(MODEL), &compiled.bytes)?;
    let cases = golden_cases(&unfinished, &export, compiled)?;
    let manifest = Manifest {
        format: FORMAT,
        name: export.name.to_owned(),
        version: next_version(folder),
        architecture: export.architecture,
        labels: export.labels.to_vec(),
        empty_label: None,
        licence: "MIT OR Apache-2.0".to_owned(),
        model: ModelFile {
            file: MODEL.to_owned(),
            sha256: files::sha256(&compiled.bytes),
        },
        input: Input {
            width: export.side,
            height: export.side,
            layout: Layout::Nchw,
            scale: [PIXEL_SCALE; 3],
            offset: [PIXEL_OFFSET; 3],
        },
        output: Output {
            kind: OutputKind::Logits,
            temperature: export.temperature,
            name: None,
        },
        embedding: None,
        cost: cost(export.layers, export.side as usize),
        accuracy: export.accuracy,
        data: export.data,
        golden: Golden {
            tolerance: TOLERANCE,
            cases,
        },
    };
    let text = toml::to_string(&manifest)
        .map_err(|error| Error::internal("cannot express the manifest").caused_by(error))?;
    files::write_whole(&unfinished.join(MANIFEST), text.as_bytes())?;
    exchange(&unfinished, folder)?;
    Ok(manifest)
}

/// Writes the photographs of the self-test as PNG and asks the network for its answers.
fn golden_cases(
    unfinished: &Path,
    export: &Export<'_>,
    compiled: &Compiled,
) -> Result<Vec<GoldenCase>> {
    let mut cases = Vec::with_capacity(export.golden.len());
    for photo in export.golden {
        let file = format!("golden/{}.png", export.labels[photo.label]);
        let picture = RgbImage::from_raw(export.side, export.side, photo.pixels.clone())
            .ok_or_else(|| Error::internal(format!("{} has another size", photo.path.display())))?;
        let mut png = std::io::Cursor::new(Vec::new());
        picture
            .write_to(&mut png, image::ImageFormat::Png)
            .map_err(|error| Error::internal(format!("cannot encode {file}")).caused_by(error))?;
        files::write_whole(&unfinished.join(&file), png.get_ref())?;
        cases.push(GoldenCase {
            file,
            output: compiled.exported.logits(&photo.pixels)?,
            embedding: None,
        });
    }
    Ok(cases)
}

/// Puts the new folder into the old one's place.
fn exchange(new: &Path, place: &Path) -> Result<()> {
    let old = beside(place, "old");
    remove(&old)?;
    let failed = |error| {
        Error::internal(format!("cannot replace {}", place.display()))
            .caused_by(error)
            .advice(format!("the new bundle is complete in {}", new.display()))
    };
    if place.exists() {
        fs::rename(place, &old).map_err(failed)?;
    }
    fs::rename(new, place).map_err(failed)?;
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
