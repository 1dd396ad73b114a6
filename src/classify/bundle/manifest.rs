//! `model.toml`: what a bundle says of its model.
//!
//! The trainer writes it and the daemon reads it through the same types, so neither can drift.

use serde::{Deserialize, Serialize};

/// The version of the manifest's layout that this program reads and writes.
pub const FORMAT: u32 = 1;

/// The manifest of a model bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// Layout version, [`FORMAT`].
    pub format: u32,
    /// Short name, such as `waste`.
    pub name: String,
    /// The date of the export and a counter, such as `2026.11.22-1`.
    pub version: String,
    /// The network, such as `mobilenet-v1-0.25`.
    pub architecture: String,
    /// Labels, in the order of the model's outputs.
    pub labels: Vec<String>,
    /// The label that means that nothing is there; no bin accepts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_label: Option<String>,
    /// Licence of the weights, as an SPDX expression.
    pub licence: String,
    /// The model file.
    pub model: ModelFile,
    /// What the model wants to be shown.
    pub input: Input,
    /// What the model answers.
    pub output: Output,
    /// A description of the picture that the model gives beside its scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<Embedding>,
    /// How well its confidences say how often it is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// Size and work of the network.
    pub cost: Cost,
    /// Measured accuracies.
    #[serde(default)]
    pub accuracy: Vec<Accuracy>,
    /// The data it was trained on.
    #[serde(default)]
    pub data: Vec<DataSource>,
    /// Inputs with their exact expected outputs.
    pub golden: Golden,
}

/// The model file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModelFile {
    /// File name inside the bundle.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// The picture that the model wants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Input {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Order of the tensor's axes.
    pub layout: Layout,
    /// A channel's value is `pixel * scale + offset`; order R, G, B.
    pub scale: [f32; 3],
    /// See `scale`.
    pub offset: [f32; 3],
}

/// Order of a tensor's axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Batch, channel, row, column.
    Nchw,
    /// Batch, row, column, channel.
    Nhwc,
}

/// The vector that the model answers with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Output {
    /// Its meaning.
    pub kind: OutputKind,
    /// Logits are divided by this before the softmax, so that confidences are calibrated
    /// (Guo et al. 2017, arXiv 1706.04599); 1 leaves them as they are.
    #[serde(default = "one")]
    pub temperature: f32,
    /// Which of the graph's outputs it is; left out, the first that is not the embedding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

fn one() -> f32 {
    1.0
}

/// Meaning of the model's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputKind {
    /// Scores before the softmax.
    Logits,
    /// Probabilities that sum to 1.
    Probabilities,
}

/// A vector that lies near those of pictures of the same class, also of classes that the model was
/// never trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Embedding {
    /// Which of the graph's outputs it is.
    pub name: String,
    /// How many numbers it has.
    pub length: usize,
    /// How far apart two of them are.
    #[serde(default)]
    pub distance: Distance,
}

/// By what two embeddings are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Distance {
    /// One less the cosine of the angle between them.
    #[default]
    Cosine,
    /// The length of their difference.
    Euclidean,
}

impl Distance {
    /// Its name in the manifest.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Euclidean => "euclidean",
        }
    }
}

/// How well the confidences say how often the model is right, on the pictures that the temperature was
/// fitted to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Calibration {
    /// The sources that the pictures are of, where each was left out of the training of a network that was made the
    /// same way; none where they are the validation pictures of the model itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Images.
    pub images: u64,
    /// Expected calibration error (Guo et al. 2017, 15 bins) with the temperature 1; the mean over left-out sources.
    pub error_before: f64,
    /// The same with the manifest's temperature.
    pub error_after: f64,
}

/// Size and work of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cost {
    /// Trainable parameters as exported (batch normalisation folded).
    pub parameters: u64,
    /// Multiply-accumulate operations of one inference.
    pub macs: u64,
}

/// A measured accuracy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Accuracy {
    /// What it was measured on, such as `trashnet/blocked-test`.
    pub split: String,
    /// Images whose first label was right.
    pub correct: u64,
    /// Images.
    pub total: u64,
}

/// A source of training data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DataSource {
    /// Its name.
    pub name: String,
    /// Its licence, as an SPDX expression where one exists.
    pub licence: String,
    /// Whom to name, where the licence asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
    /// How many images were used.
    pub images: u64,
}

/// The self-test of a bundle: pictures, and the outputs that they must give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Golden {
    /// Largest allowed difference of any output from the expected one: 0 for integer models, a
    /// rounding margin for float models, whose sums differ between processors.
    pub tolerance: f32,
    /// The cases.
    pub cases: Vec<GoldenCase>,
}

/// One golden case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GoldenCase {
    /// A PNG file of exactly the model's input size, as a path inside the bundle.
    pub file: String,
    /// The model's raw output for it.
    pub output: Vec<f32>,
    /// Its embedding, where the model gives one and it is to be checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<Vec<f32>>,
}
