//! Measuring a network on photographs that it did not learn from.

use serde::{Deserialize, Serialize};
use sortd::error::Result;

use crate::data::material::Framing;
use crate::files;
use crate::kshot::KShot;
use crate::metrics::{self, Confusion};
use crate::run_folder::RunFolder;
use crate::selective::{self, Selective, Together};

/// What was measured, and with which network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// The test, such as `trashnet/blocked-test`.
    pub list: String,
    /// How photographs became squares.
    pub framing: Framing,
    /// The description of the photographs that the network was trained on.
    pub trained_on: String,
    /// The network.
    pub architecture: String,
    /// What the network computes in.
    pub numbers: Numbers,
    /// What computed it.
    pub engine: Engine,
    /// SHA-256 of the file of the weights that were measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights_sha256: Option<String>,
    /// The epoch whose weights were measured, and how many there were; both 0 where it was not trained.
    pub epoch: usize,
    /// See `epoch`.
    pub epochs: usize,
    /// Parameters as deployed.
    pub parameters: u64,
    /// Multiply-accumulates of one inference.
    pub macs: u64,
    /// Size of the model's file.
    pub model_bytes: u64,
    /// The median time of an inference in the daemon on the machine that measured; none where the
    /// trainer computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
    /// Labels, in the order of rows and columns.
    pub labels: Vec<String>,
    /// What logits are divided by.
    pub temperature: f64,
}

/// What a network computes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Numbers {
    /// Real numbers.
    Float,
    /// Bytes.
    Int8,
}

/// What computed a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// The trainer; a quantised network by its simulation, to the last bit.
    Trainer,
    /// The daemon.
    Daemon,
}

impl Numbers {
    /// How the names of the files of its evaluations end.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Float => "-float",
            Self::Int8 => "-int8",
        }
    }
}

/// The figures of one evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// What was measured.
    #[serde(flatten)]
    pub subject: Subject,
    /// Photographs seen.
    pub images: u64,
    /// Files that could not be read.
    pub skipped: u64,
    /// Photographs recognised.
    pub correct: u64,
    /// `correct / images`.
    pub accuracy: f64,
    /// The accuracy's 95 % confidence interval (Wilson).
    pub interval: (f64, f64),
    /// Photographs of each label that were recognised.
    pub by_label: Vec<Share>,
    /// Photographs of all that belong into the same bin that were put there.
    pub by_bin: Vec<Share>,
    /// All photographs that were put into the right bin.
    pub into_bins: Share,
    /// Mean negative log-likelihood in nats, with the temperature 1.
    pub loss: f64,
    /// The same with the subject's temperature.
    pub calibrated_loss: f64,
    /// Expected calibration error (15 bins), with the temperature 1.
    pub calibration_error_before: f64,
    /// The same with the subject's temperature.
    pub calibration_error: f64,
    /// For how many of the photographs a light goes on and is the right one, by the confidence that is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selective: Vec<Selective>,
    /// What several views say together, if it was measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<Together>,
    /// `confusion[truth][answer]`.
    pub confusion: Confusion,
    /// Few-shot accuracy, if it was measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kshot: Vec<KShot>,
}

/// How many of some photographs were right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Whose photographs.
    pub name: String,
    /// Photographs.
    pub images: u64,
    /// Those that were right.
    pub correct: u64,
    /// `correct / images`; 0 where there are none.
    pub accuracy: f64,
    /// Its 95 % confidence interval (Wilson).
    pub interval: (f64, f64),
}

impl Share {
    fn new(name: impl Into<String>, correct: u64, images: u64) -> Self {
        Self {
            name: name.into(),
            images,
            correct,
            accuracy: correct as f64 / images.max(1) as f64,
            interval: metrics::wilson(correct, images),
        }
    }
}

impl Evaluation {
    /// What was measured of the weights that a run has now, of all its evaluations whose names end in
    /// `ending`; says on stderr which ones are of weights that it had before.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn all_of(run: &RunFolder, ending: &str) -> Result<Vec<Self>> {
        let files = run.evaluation_files(ending)?;
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let weights = files::sha256(&files::read(&run.best_file())?);
        let mut current = Vec::with_capacity(files.len());
        for file in files {
            let found: Self = files::read_json(&file)?;
            let of = found.subject.weights_sha256.as_ref();
            if of.is_none_or(|of| *of == weights) {
                current.push(found);
            } else {
                eprintln!(
                    "note: {} is left out: the run was trained on since; measure it again with `trainer evaluate`",
                    file.display()
                );
            }
        }
        Ok(current)
    }

    /// The figures of `logits`, one row a photograph, whose truths are `truths`; `empty` is the label that means that
    /// nothing is there, if one does.
    #[must_use]
    pub fn new(
        subject: Subject,
        logits: &[Vec<f32>],
        truths: &[usize],
        skipped: usize,
        empty: Option<usize>,
    ) -> Self {
        let labels = &subject.labels;
        let confusion = Confusion::of(logits, truths, labels.len());
        let (correct, images) = (confusion.correct(), confusion.total());
        let counts = |class: usize| confusion.counts[class].iter().sum();
        let by_label = (0..labels.len()).map(|class| {
            Share::new(
                &labels[class],
                confusion.counts[class][class],
                counts(class),
            )
        });
        let bins: Vec<&str> = labels.iter().map(|label| bin(label)).collect();
        let temperature = subject.temperature;
        let by_bin = by_bin(&confusion, &bins);
        let right = by_bin.iter().map(|share| share.correct).sum();
        Self {
            images,
            skipped: skipped as u64,
            correct,
            accuracy: correct as f64 / images.max(1) as f64,
            interval: metrics::wilson(correct, images),
            by_label: by_label.collect(),
            into_bins: Share::new("all", right, images),
            by_bin,
            loss: metrics::negative_log_likelihood(logits, truths, 1.0),
            calibrated_loss: metrics::negative_log_likelihood(logits, truths, temperature),
            calibration_error_before: metrics::calibration_error(logits, truths, 1.0),
            calibration_error: metrics::calibration_error(logits, truths, temperature),
            selective: selective::curve(
                &selective::rows(logits, temperature),
                truths,
                &lights(labels, empty),
            ),
            together: Vec::new(),
            confusion,
            kshot: Vec::new(),
            subject,
        }
    }
}

/// The bin that a label belongs into: many towns collect paper with cardboard, and metal with plastic.
/// Every other label has a bin of its own.
fn bin(label: &str) -> &str {
    match label {
        "paper" | "cardboard" => "paper and cardboard",
        "metal" | "plastic" => "metal and plastic",
        other => other,
    }
}

/// The bin of each label, by number; the label that means that nothing is there has none.
#[must_use]
pub fn lights(labels: &[String], empty: Option<usize>) -> Vec<Option<usize>> {
    let names: Vec<&str> = labels.iter().map(|label| bin(label)).collect();
    let first = |name: &str| names.iter().position(|other| *other == name);
    let places = names.iter().enumerate();
    places
        .map(|(place, name)| first(name).filter(|_| Some(place) != empty))
        .collect()
}

/// Photographs that were put into the right bin, by bin; `bins` holds that of each label.
fn by_bin(confusion: &Confusion, bins: &[&str]) -> Vec<Share> {
    let mut names = bins.to_vec();
    names.sort_unstable();
    names.dedup();
    let share = |name: &&str| {
        let (mut correct, mut images) = (0, 0);
        for (row, _) in confusion
            .counts
            .iter()
            .zip(bins)
            .filter(|(_, bin)| bin == &name)
        {
            images += row.iter().sum::<u64>();
            let right = row.iter().zip(bins).filter(|(_, bin)| bin == &name);
            correct += right.map(|(count, _)| count).sum::<u64>();
        }
        Share::new(*name, correct, images)
    };
    names.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_that_nothing_is_there_has_no_light_whatever_it_is_called() {
        let labels = ["paper", "nothing", "cardboard", "empty"].map(String::from);
        assert_eq!(lights(&labels, Some(1)), [Some(0), None, Some(0), Some(3)]);
        assert_eq!(lights(&labels, None)[1], Some(1));
    }

    #[test]
    fn paper_in_the_bin_of_cardboard_is_right_by_bin_and_wrong_by_label() {
        let counts = vec![vec![3, 1, 0], vec![2, 2, 1], vec![0, 0, 5]];
        let bins = ["paper", "cardboard", "glass"].map(bin);
        let shares = by_bin(&Confusion { counts }, &bins);
        let found: Vec<(&str, u64, u64)> = shares
            .iter()
            .map(|share| (share.name.as_str(), share.correct, share.images))
            .collect();
        assert_eq!(found, [("glass", 5, 5), ("paper and cardboard", 8, 9)]);
    }
}
