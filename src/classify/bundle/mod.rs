//! A model bundle: a folder, or the one inside the binary, with the model, its manifest and its
//! golden cases.
//!
//! Opening a bundle checks everything that can be known without running the model: the manifest's
//! sense, the hash, the golden pictures. Running it is [`TractClassifier`](super::TractClassifier)'s.

mod manifest;
mod source;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::path::Path;

pub use manifest::{
    Accuracy, Calibration, Cost, DataSource, Distance, Embedding, FORMAT, Golden, GoldenCase,
    Input, Layout, Manifest, ModelFile, Output, OutputKind,
};

use crate::config::Position;
use crate::error::{Error, Result};
use crate::preprocess::{ModelInput, Size};
use source::Source;

/// A bundle whose manifest makes sense and whose files are the ones that the manifest means.
#[derive(Debug)]
pub struct Bundle {
    /// What the bundle says of itself.
    pub manifest: Manifest,
    /// The bytes of the model file.
    pub model: Vec<u8>,
    /// The golden pictures with the outputs that they must give.
    pub golden: Vec<(ModelInput, Vec<f32>)>,
    origin: String,
}

/// Sides of a model's input that make sense: below, nothing is recognised; above, no Pi keeps up.
const INPUT_SIDES: std::ops::RangeInclusive<u32> = 16..=640;

/// Lengths of an embedding that make sense: the widest MobileNet pools 1280 channels.
const EMBEDDING_LENGTHS: std::ops::RangeInclusive<usize> = 2..=4096;

/// The largest model file: the largest MobileNet has 17 MB, and the daemon has a few times this much memory.
const LARGEST_MODEL: u64 = 64 << 20;

/// The largest manifest: 64 golden cases of 1000 labels fill it about half.
const LARGEST_MANIFEST: u64 = 1 << 20;

/// The largest golden picture: without compression the largest input fills a third of it.
const LARGEST_PICTURE: u64 = 4 << 20;

/// What decoding a golden picture may use: the largest input, in colours of 16 bits with transparency. A
/// colour profile, which nothing here looks at, is read within it too.
const DECODING: u64 = 8 << 20;

/// The most labels: ImageNet has 1000, and one for the background.
const MOST_LABELS: usize = 1024;

/// The most golden cases: the shipped models have a few, and each costs an inference at every start.
const MOST_CASES: usize = 64;

/// The most bytes of all golden pictures together: they lie in memory while a model proves itself.
const MOST_PIXELS: usize = 32 << 20;

impl Bundle {
    /// The bundle inside the binary.
    ///
    /// # Errors
    /// The binary was built with a broken bundle.
    pub fn embedded() -> Result<Self> {
        Self::open(&Source::embedded())
    }

    /// The bundle in a folder.
    ///
    /// # Errors
    /// A file is missing or too large, the manifest makes no sense, the model is not the one that the
    /// manifest means, or a golden picture has another size than the model's input.
    pub fn from_folder(folder: &Path) -> Result<Self> {
        Self::open(&Source::folder(folder)?)
    }

    /// The bundle in `folder`, or the one inside the binary where none is named.
    ///
    /// # Errors
    /// As for [`from_folder`](Self::from_folder).
    pub fn choose(folder: Option<&Path>) -> Result<Self> {
        folder.map_or_else(Self::embedded, Self::from_folder)
    }

    /// What that bundle says of itself; whether it is true is not looked at.
    ///
    /// # Errors
    /// The manifest cannot be read or makes no sense.
    pub fn manifest_of(folder: Option<&Path>) -> Result<Manifest> {
        let source = folder.map_or_else(|| Ok(Source::embedded()), Source::folder);
        sensible_manifest(&source?)
    }

    fn open(source: &Source) -> Result<Self> {
        let manifest = sensible_manifest(source)?;
        let model = source.read(&manifest.model.file, LARGEST_MODEL)?;
        check_hash(&manifest, &model, source)?;
        let golden = manifest
            .golden
            .cases
            .iter()
            .map(|case| {
                Ok((
                    golden_picture(source, case, &manifest.input)?,
                    case.output.clone(),
                ))
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            manifest,
            model,
            golden,
            origin: source.origin(),
        })
    }

    /// Where it came from: a folder, or "the bundle inside the binary".
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The model's input size.
    #[must_use]
    pub fn input_size(&self) -> Size {
        size_of(&self.manifest.input)
    }
}

fn size_of(input: &Input) -> Size {
    Size {
        width: input.width as usize,
        height: input.height as usize,
    }
}

fn sensible_manifest(source: &Source) -> Result<Manifest> {
    let manifest = parse_manifest(source)?;
    check_sense(&manifest).map_err(|what| {
        Error::data(format!("{}: {what}", source.name("model.toml")))
            .advice("export the bundle again, or use the one inside the binary")
    })?;
    Ok(manifest)
}

fn parse_manifest(source: &Source) -> Result<Manifest> {
    let name = source.name("model.toml");
    let bytes = source.read("model.toml", LARGEST_MANIFEST)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        Error::data(format!("{name}: is not UTF-8 text"))
            .caused_by(error)
            .advice("export the bundle again")
    })?;
    let refuse = |error: &toml::de::Error| {
        let at = Position::of(text, error.span().map_or(0, |span| span.start));
        Error::data(format!("{name}:{}:{}", at.line, at.column))
            .caused_by(error.message())
            .advice("export the bundle again with the trainer of this version")
    };
    // The format comes first, because another format may have other keys.
    let Versioned { format } = toml::from_str(text).map_err(|error| refuse(&error))?;
    if format != FORMAT {
        return Err(Error::data(format!(
            "{name}: its format is {format}, and this program reads {FORMAT}"
        ))
        .advice("export the bundle again with the trainer of this version"));
    }
    toml::from_str(text).map_err(|error| refuse(&error))
}

/// What the manifests of every format have in common.
#[derive(Deserialize)]
struct Versioned {
    format: u32,
}

/// What the manifest says must be possible, whatever the model file holds.
fn check_sense(manifest: &Manifest) -> std::result::Result<(), String> {
    let labels = &manifest.labels;
    if labels.len() < 2 {
        return Err(format!("{} label(s) are no choice", labels.len()));
    }
    if labels.len() > MOST_LABELS {
        let found = labels.len();
        return Err(format!(
            "it has {found} labels, and {MOST_LABELS} are the most that sortd takes"
        ));
    }
    let mut known = HashSet::new();
    if let Some(twice) = labels.iter().find(|label| !known.insert(*label)) {
        return Err(format!("the label \"{twice}\" stands twice"));
    }
    if let Some(empty) = manifest
        .empty_label
        .as_ref()
        .filter(|empty| !labels.contains(empty))
    {
        return Err(format!("empty-label \"{empty}\" is not among the labels"));
    }
    let Input {
        width,
        height,
        scale,
        offset,
        ..
    } = &manifest.input;
    if !INPUT_SIDES.contains(width) || !INPUT_SIDES.contains(height) {
        return Err(format!(
            "an input of {width}x{height} pixels is outside {INPUT_SIDES:?}"
        ));
    }
    if !scale.iter().chain(offset).all(|value| value.is_finite()) || scale.contains(&0.0) {
        return Err("scale and offset must be finite, and scale not zero".into());
    }
    let temperature = manifest.output.temperature;
    if !(temperature.is_finite() && temperature > 0.0) {
        return Err(format!("temperature {temperature} is not above zero"));
    }
    check_embedding(manifest)?;
    check_golden(manifest)
}

fn check_embedding(manifest: &Manifest) -> std::result::Result<(), String> {
    let Some(Embedding { name, length, .. }) = &manifest.embedding else {
        return Ok(());
    };
    if !EMBEDDING_LENGTHS.contains(length) {
        return Err(format!(
            "an embedding of {length} numbers is outside {EMBEDDING_LENGTHS:?}"
        ));
    }
    if manifest.output.name.as_ref() == Some(name) {
        return Err(format!(
            "the output \"{name}\" cannot be both the scores and the embedding"
        ));
    }
    Ok(())
}

fn check_golden(manifest: &Manifest) -> std::result::Result<(), String> {
    let golden = &manifest.golden;
    if golden.cases.is_empty() {
        return Err("there is no golden case, so the model cannot prove itself".into());
    }
    let cases = golden.cases.len();
    if cases > MOST_CASES {
        return Err(format!(
            "it has {cases} golden cases, and {MOST_CASES} are the most that sortd takes"
        ));
    }
    let pixels = cases * manifest.input.width as usize * manifest.input.height as usize * 3;
    if pixels > MOST_PIXELS {
        return Err(format!(
            "its {cases} golden pictures take {} MB, and {} MB are the most that sortd takes; fewer are enough",
            pixels >> 20,
            MOST_PIXELS >> 20
        ));
    }
    if !(golden.tolerance.is_finite() && golden.tolerance >= 0.0) {
        return Err(format!(
            "the golden tolerance {} is not a distance",
            golden.tolerance
        ));
    }
    let labels = manifest.labels.len();
    let odd = golden.cases.iter().find(|case| case.output.len() != labels);
    if let Some(case) = odd {
        return Err(format!(
            "{} expects {} outputs for {labels} labels",
            case.file,
            case.output.len()
        ));
    }
    let length = manifest
        .embedding
        .as_ref()
        .map(|embedding| embedding.length);
    let odd = golden.cases.iter().find_map(|case| {
        let expected = case.embedding.as_ref()?.len();
        (Some(expected) != length).then_some((&case.file, expected))
    });
    odd.map_or(Ok(()), |(file, expected)| {
        Err(match length {
            Some(length) => {
                format!("{file} expects an embedding of {expected} numbers, and it has {length}")
            }
            None => format!("{file} expects an embedding, and there is no table [embedding]"),
        })
    })
}

fn check_hash(manifest: &Manifest, model: &[u8], source: &Source) -> Result<()> {
    let found = format!("{:x}", Sha256::digest(model));
    let wanted = &manifest.model.sha256;
    if found.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(Error::data(format!(
        "{} is not the file that model.toml means: its SHA-256 is {found}, and {wanted} was expected",
        source.name(&manifest.model.file)
    ))
    .advice("copy the whole bundle again; model.onnx and model.toml belong together"))
}

fn golden_picture(source: &Source, case: &GoldenCase, input: &Input) -> Result<ModelInput> {
    let name = source.name(&case.file);
    let bytes = source.read(&case.file, LARGEST_PICTURE)?;
    let refuse =
        |what: String| Error::data(format!("{name}: {what}")).advice("copy the whole bundle again");
    let mut reader = image::ImageReader::new(std::io::Cursor::new(bytes));
    reader.set_format(image::ImageFormat::Png);
    // The limits keep a forged header, or a profile that unpacks without end, from asking for gigabytes.
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(*INPUT_SIDES.end());
    limits.max_image_height = Some(*INPUT_SIDES.end());
    limits.max_alloc = Some(DECODING);
    reader.limits(limits);
    let picture = reader
        .decode()
        .map_err(|error| refuse(error.to_string()))?
        .into_rgb8();
    if picture.dimensions() != (input.width, input.height) {
        let (width, height) = picture.dimensions();
        return Err(refuse(format!(
            "is {width}x{height}, and the model wants {}x{}",
            input.width, input.height
        )));
    }
    let mut golden = ModelInput::new(size_of(input));
    golden.pixels_mut().copy_from_slice(&picture);
    Ok(golden)
}
