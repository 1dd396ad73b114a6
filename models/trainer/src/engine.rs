//! The daemon's own engine: loads a bundle exactly as the daemon does and asks it about pictures.

use std::path::Path;
use std::time::{Duration, Instant};

use sortd::classify::bundle::{Bundle, Manifest};
use sortd::classify::{Classifier, Compute, Scores, TractClassifier};
use sortd::error::{Error, Result};
use sortd::preprocess::ModelInput;

use crate::answers::Answers;
use crate::data::photo::Squeezed;
use crate::onnx;

/// How often a picture is shown to find out how long that takes.
const TRIALS: usize = 50;

/// A bundle in the daemon's engine.
#[derive(Debug)]
pub struct Engine {
    manifest: Manifest,
    model_bytes: usize,
    logit_scale: Option<f32>,
    classifier: TractClassifier,
    picture: ModelInput,
    scores: Scores,
}

impl Engine {
    /// Loads the bundle in `folder`; it proves itself on its golden cases.
    ///
    /// # Errors
    /// The daemon would not load it either, and for the same reason.
    pub fn open(folder: &Path) -> Result<Self> {
        let bundle = Bundle::from_folder(folder)?;
        Ok(Self {
            classifier: TractClassifier::load(&bundle, Compute::best(None))?,
            picture: ModelInput::new(bundle.input_size()),
            model_bytes: bundle.model.len(),
            logit_scale: onnx::logit_scale(&bundle.model),
            manifest: bundle.manifest,
            scores: Scores::default(),
        })
    }

    /// What the bundle says of itself.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Size of the model's file.
    #[must_use]
    pub const fn model_bytes(&self) -> usize {
        self.model_bytes
    }

    /// The scale of the logits, where the file was written by this program in int8.
    #[must_use]
    pub const fn logit_scale(&self) -> Option<f32> {
        self.logit_scale
    }

    /// Whether the network is quantised.
    #[must_use]
    pub fn is_quantised(&self) -> bool {
        let coverage = self.classifier.network().coverage();
        coverage.is_some_and(sortd::classify::Coverage::is_quantised)
    }

    /// Makes sure that a quantised network runs on the integer kernels alone.
    ///
    /// # Errors
    /// A layer has no integer kernel; the error names it with the reason.
    pub fn refuse_slow_layers(&self) -> Result<()> {
        let coverage = self.classifier.network().coverage();
        let left = coverage.map_or(&[][..], |coverage| &coverage.left_to_tract);
        let Some((layer, reason)) = left.first() else {
            return Ok(());
        };
        let (operator, name) = (&layer.operator, &layer.name);
        let others = match left.len() - 1 {
            0 => String::new(),
            others => format!(", and {others} others"),
        };
        Err(Error::internal(format!(
            "layer {name} ({operator}) has no integer kernel{others}: {reason}"
        ))
        .advice("src/classify/int8/PATTERNS.md says what the kernels cover"))
    }

    /// Logits and embedding of a picture: R, G, B by rows, of the size of the model's input.
    ///
    /// # Errors
    /// The picture has another size, or the network fails.
    pub fn answer(&mut self, pixels: &[u8]) -> Result<(Vec<f32>, Vec<f32>)> {
        self.look(pixels)?;
        let embedding = self.classifier.embedding().unwrap_or_default();
        Ok((self.classifier.raw().to_vec(), embedding.to_vec()))
    }

    /// What it answers to photographs.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn answers(&mut self, photos: &[Squeezed]) -> Result<Answers> {
        let found = photos.iter().map(|photo| self.answer(&photo.pixels));
        let found: Vec<_> = found.collect::<Result<_>>()?;
        let (logits, embeddings) = found.into_iter().unzip();
        Ok(Answers { logits, embeddings })
    }

    /// The median time of an inference.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn latency(&mut self, pixels: &[u8]) -> Result<Duration> {
        let mut times = Vec::with_capacity(TRIALS);
        for _ in 0..TRIALS {
            let begun = Instant::now();
            self.look(pixels)?;
            times.push(begun.elapsed());
        }
        times.sort();
        Ok(times[TRIALS / 2])
    }

    fn look(&mut self, pixels: &[u8]) -> Result<()> {
        if pixels.len() != self.picture.pixels().len() {
            let size = self.picture.size();
            return Err(Error::internal(format!(
                "{} bytes are no picture of {}x{}",
                pixels.len(),
                size.width,
                size.height
            )));
        }
        self.picture.pixels_mut().copy_from_slice(pixels);
        self.classifier.classify(&self.picture, &mut self.scores)
    }
}
