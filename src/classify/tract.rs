//! A bundle's model as a classifier that has proven itself.

use tract_onnx::prelude::TractResult;

use super::bundle::{Bundle, Input, Output, OutputKind};
use super::exports::Unfit;
use super::network::Answer;
use super::{Classifier, Compute, Network, Scores};
use crate::error::{Error, Result};
use crate::panics;
use crate::preprocess::{ModelInput, Size};

/// A model that has proven itself on its golden cases.
#[derive(Debug)]
pub struct TractClassifier {
    network: Network,
    answer: Answer,
    labels: Vec<String>,
    empty_label: Option<usize>,
    size: Size,
    input: Input,
    output: Output,
    name: String,
}

impl TractClassifier {
    /// Builds the model of `bundle` and runs its golden cases.
    ///
    /// # Errors
    /// The model cannot be read or run, does not answer with one value a label, or answers a golden
    /// case differently than its manifest says.
    pub fn load(bundle: &Bundle, compute: Compute) -> Result<Self> {
        let manifest = &bundle.manifest;
        let network = contained(|| Network::build(bundle, compute)).map_err(|failure| {
            let cure = failure.cure.as_deref().unwrap_or(
                "export the model again as an ONNX classifier with one image as its input, small enough for a Pi",
            );
            Error::data(format!(
                "{}: {} cannot be used",
                bundle.origin(),
                manifest.model.file
            ))
            .caused_by(failure.cause)
            .advice(cure)
        })?;
        let mut classifier = Self {
            network,
            answer: Answer::default(),
            labels: manifest.labels.clone(),
            empty_label: manifest
                .empty_label
                .as_ref()
                .and_then(|empty| manifest.labels.iter().position(|label| label == empty)),
            size: bundle.input_size(),
            input: manifest.input.clone(),
            output: manifest.output.clone(),
            name: manifest.model.file.clone(),
        };
        classifier.warn_of_slow_layers();
        classifier.prove(bundle)?;
        // What is left of the golden cases is not the embedding of a picture that anybody asked about.
        classifier.answer.clear();
        Ok(classifier)
    }

    /// The network itself: what it is computed on, and what that costs.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// What the network answered to the picture that was classified last, as its file has it: one
    /// value a label, before any softmax.
    #[must_use]
    pub fn raw(&self) -> &[f32] {
        &self.answer.scores
    }

    /// Layers of a quantised network that have no integer kernel cost many times what they should; that
    /// must not go unnoticed.
    fn warn_of_slow_layers(&self) {
        let name = &self.name;
        let Some(coverage) = self.network.coverage() else {
            return;
        };
        let slow = 100.0 * coverage.share_left_to_tract();
        if slow > 0.0 {
            let reason = coverage.costliest_reason().unwrap_or("it is not quantised");
            log::warn!(
                "{name}: {slow:.0} % of its work has no integer kernel and is slow; most of it because {reason}; \
                 `sortd model info` names the layers"
            );
        }
    }

    /// Runs the golden cases.
    fn prove(&mut self, bundle: &Bundle) -> Result<()> {
        let golden = &bundle.manifest.golden;
        for ((picture, expected), case) in bundle.golden.iter().zip(&golden.cases) {
            self.run(picture)?;
            let Answer { scores, embedding } = &self.answer;
            let refused = |what: String| {
                Error::data(format!("{}: {} {what}", bundle.origin(), case.file))
                    .advice("do not use this bundle; export it again, and report the processor if this repeats")
            };
            let expected = [
                ("output", scores, Some(expected)),
                ("embedding", embedding, case.embedding.as_ref()),
            ];
            for (what, found, expected) in expected {
                let Some(expected) = expected else { continue };
                let apart = apart(found, expected);
                // No comparison holds for what is not a number, and a case passes only by one that does.
                let right = apart <= golden.tolerance;
                if !right {
                    return Err(refused(format!(
                        "differs from its golden {what} by {apart}, and {} is allowed",
                        golden.tolerance
                    )));
                }
            }
            if self.output.kind == OutputKind::Probabilities && !is_distribution(scores) {
                return Err(refused(
                    "gives numbers that are no probabilities, as the output's kind promises".into(),
                ));
            }
        }
        Ok(())
    }

    /// Writes the network's answer to one picture into `answer`.
    fn run(&mut self, picture: &ModelInput) -> Result<()> {
        let Self {
            network,
            answer,
            input,
            ..
        } = self;
        let outcome = contained(|| network.run(picture, input, answer));
        outcome.map_err(|failure| {
            Error::internal(format!("{} failed on a picture", self.name))
                .caused_by(failure.cause)
                .advice("report this with the output of `sortd model info`")
        })
    }
}

impl Classifier for TractClassifier {
    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn empty_label(&self) -> Option<usize> {
        self.empty_label
    }

    fn input_size(&self) -> Size {
        self.size
    }

    fn classify(&mut self, picture: &ModelInput, scores: &mut Scores) -> Result<()> {
        self.run(picture)?;
        let Answer {
            scores: raw,
            embedding,
        } = &self.answer;
        if raw.iter().chain(embedding).any(|value| !value.is_finite()) {
            return Err(Error::internal(format!(
                "{} answered with something that is no number",
                self.name
            ))
            .advice("run `sortd model verify`"));
        }
        scores.set(raw, &self.output);
        Ok(())
    }

    fn embedding(&self) -> Option<&[f32]> {
        let embedding = &self.answer.embedding;
        (!embedding.is_empty()).then_some(embedding)
    }
}

/// The largest difference of two numbers at the same place; no number, where one of them is none.
fn apart(found: &[f32], expected: &[f32]) -> f32 {
    let pairs = found.iter().zip(expected);
    // The order of floats puts what is not a number last.
    pairs
        .map(|(found, expected)| (found - expected).abs())
        .max_by(f32::total_cmp)
        .unwrap_or(f32::NAN)
}

/// Whether these are probabilities that sum to 1, but for rounding.
fn is_distribution(values: &[f32]) -> bool {
    const ROUNDING: f32 = 1e-2;
    let sum: f32 = values.iter().sum();
    values
        .iter()
        .all(|value| (0.0..=1.0 + ROUNDING).contains(value))
        && (sum - 1.0).abs() <= ROUNDING
}

/// Why foreign code did not do its work.
struct Failure {
    cause: String,
    /// What is to be done about it, where that is known.
    cure: Option<String>,
}

/// Runs `work`, which reads foreign data with code that may panic on it, and makes a panic an error.
fn contained<T>(work: impl FnOnce() -> TractResult<T>) -> std::result::Result<T, Failure> {
    match panics::contained(work) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Failure {
            cause: format!("{error:#}"),
            cure: error
                .downcast_ref::<Unfit>()
                .map(|unfit| unfit.cure.clone()),
        }),
        Err(said) => Err(Failure {
            cause: format!("the file makes the ONNX reader stumble: {said}"),
            cure: None,
        }),
    }
}
