//! Runs a bundle's model with tract, and its quantised layers on the integer kernels.

use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::bail;

use super::bundle::{Bundle, Input, Layout, Manifest, Output, OutputKind};
use super::int8::{Coverage, Layer, PixelScale, Section, rewrite};
use super::sanity::{check_nodes, check_sizes};
use super::{Classifier, Compute, Scores};
use crate::error::{Error, Result};
use crate::panics;
use crate::preprocess::{ModelInput, Size};

/// A model that has proven itself on its golden cases.
#[derive(Debug)]
pub struct TractClassifier {
    network: Network,
    coverage: Option<Coverage>,
    raw: Vec<f32>,
    labels: Vec<String>,
    empty_label: Option<usize>,
    size: Size,
    input: Input,
    output: Output,
    name: String,
}

/// What computes.
#[derive(Debug)]
enum Network {
    /// The integer kernels alone: there is nothing left that tract would have to schedule.
    Section(Section),
    /// A graph that wants the camera's pixels.
    Pixels(Arc<TypedSimplePlan>),
    /// A graph that wants real numbers.
    Reals(Arc<TypedSimplePlan>),
}

impl TractClassifier {
    /// Builds the model of `bundle` and runs its golden cases.
    ///
    /// # Errors
    /// The model cannot be read or run, does not answer with one value a label, or answers a golden
    /// case differently than its manifest says.
    pub fn load(bundle: &Bundle, compute: Compute) -> Result<Self> {
        let manifest = &bundle.manifest;
        let built = contained(|| build(bundle, compute));
        let (network, coverage) = built.map_err(|cause| {
            Error::data(format!(
                "{}: {} cannot be used",
                bundle.origin(),
                manifest.model.file
            ))
            .caused_by(cause)
            .advice("export the model again as an ONNX classifier with one image as its input")
        })?;
        let mut classifier = Self {
            network,
            coverage,
            raw: Vec::with_capacity(manifest.labels.len()),
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
        classifier.prove(bundle)?;
        Ok(classifier)
    }

    /// Which layers run on the integer kernels; `None` where no kernels were asked for.
    #[must_use]
    pub fn coverage(&self) -> Option<&Coverage> {
        self.coverage.as_ref()
    }

    /// Runs the network on `picture` layer by layer, with a call of `done` after each. Says whether it
    /// could: only a network that runs on the integer kernels alone is known by its layers.
    pub fn layers(&mut self, picture: &ModelInput, done: impl FnMut(&Layer)) -> bool {
        let Network::Section(section) = &self.network else {
            return false;
        };
        section.classify_and_tell(picture.pixels(), |_| {}, done);
        true
    }

    /// Runs the golden cases.
    fn prove(&mut self, bundle: &Bundle) -> Result<()> {
        let golden = &bundle.manifest.golden;
        for ((picture, expected), case) in bundle.golden.iter().zip(&golden.cases) {
            self.run(picture)?;
            let found = &self.raw;
            let refused = |what: String| {
                Error::data(format!("{}: {} {what}", bundle.origin(), case.file))
                    .advice("do not use this bundle; export it again, and report the processor if this repeats")
            };
            // The order of floats puts what is not a number last; no comparison holds for it, and a
            // case passes only by one that does.
            let worst = found
                .iter()
                .zip(expected)
                .map(|(found, expected)| (found - expected).abs())
                .max_by(f32::total_cmp)
                .unwrap_or(f32::NAN);
            let right = worst <= golden.tolerance;
            if !right {
                return Err(refused(format!(
                    "differs from its golden output by {worst}, and {} is allowed",
                    golden.tolerance
                )));
            }
            if self.output.kind == OutputKind::Probabilities && !is_distribution(found) {
                return Err(refused(
                    "gives numbers that are no probabilities, as the output's kind promises".into(),
                ));
            }
        }
        Ok(())
    }

    /// Writes the outputs for one picture into `raw`.
    fn run(&mut self, picture: &ModelInput) -> Result<()> {
        let Self {
            network,
            raw,
            input,
            ..
        } = self;
        raw.clear();
        let outcome = contained(|| {
            let (plan, tensor) = match network {
                Network::Section(section) => {
                    section.classify(picture.pixels(), |values| raw.extend_from_slice(values));
                    return Ok(());
                }
                Network::Pixels(plan) => {
                    let Size { width, height } = picture.size();
                    let shape = [1, height, width, 3];
                    (plan, Tensor::from_shape(&shape, picture.pixels())?)
                }
                Network::Reals(plan) => (plan, tensor_of(picture, input)?),
            };
            let outputs = plan.run(tvec!(tensor.into()))?;
            raw.extend(outputs[0].to_plain_array_view::<f32>()?.iter());
            Ok(())
        });
        outcome.map_err(|cause| {
            Error::internal(format!("{} failed on a picture", self.name))
                .caused_by(cause)
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
        if self.raw.iter().any(|value| !value.is_finite()) {
            return Err(Error::internal(format!(
                "{} answered with something that is no number",
                self.name
            ))
            .advice("run `sortd model verify`"));
        }
        scores.set(&self.raw, &self.output);
        Ok(())
    }
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

/// Reads the ONNX file and checks that it is a classifier for the manifest's labels.
fn build(bundle: &Bundle, compute: Compute) -> TractResult<(Network, Option<Coverage>)> {
    let manifest = &bundle.manifest;
    let (width, height) = (
        manifest.input.width as usize,
        manifest.input.height as usize,
    );
    let shape = match manifest.input.layout {
        Layout::Nchw => [1, 3, height, width],
        Layout::Nhwc => [1, height, width, 3],
    };
    let reader = super::onnx::reader();
    let file = reader.proto_model_for_read(&mut std::io::Cursor::new(&bundle.model))?;
    check_nodes(&file)?;
    let model = reader.model_for_proto_model(&file)?;
    let (inputs, outputs) = (model.input_outlets()?.len(), model.output_outlets()?.len());
    if inputs != 1 || outputs == 0 {
        bail!("it has {inputs} inputs and {outputs} outputs, and a classifier has one of each");
    }
    let mut graph = model
        .with_input_fact(0, f32::fact(shape).into())?
        .into_typed()?;
    // A bundle may export more than its scores.
    let scores = graph.output_outlets()?[0];
    graph.select_output_outlets(&[scores])?;
    check_sizes(&graph)?;
    let Some(backend) = compute.backend else {
        return Ok((Network::Reals(runnable(graph, manifest)?), None));
    };
    graph.prop_consts()?;
    let pixels = PixelScale {
        scale: manifest.input.scale,
        offset: manifest.input.offset,
        channel_last: manifest.input.layout == Layout::Nhwc,
    };
    let rewritten = rewrite(&graph, pixels, backend)?;
    let coverage = Some(rewritten.coverage);
    if !coverage.as_ref().is_some_and(Coverage::any) {
        return Ok((Network::Reals(runnable(graph, manifest)?), coverage));
    }
    let graph = rewritten.graph;
    for section in graph
        .nodes()
        .iter()
        .filter_map(|node| node.op_as::<Section>())
    {
        section.set_threads(compute.threads.get());
    }
    let output = graph.node(graph.output_outlets()?[0].node);
    let whole = output
        .op_as::<Section>()
        .filter(|section| section.is_whole())
        .cloned();
    let plan = runnable(graph, manifest)?;
    let network = match whole {
        Some(section) => Network::Section(section),
        None if rewritten.takes_pixels => Network::Pixels(plan),
        None => Network::Reals(plan),
    };
    Ok((network, coverage))
}

/// The graph, ready to run, if it answers with one value a label.
fn runnable(graph: TypedModel, manifest: &Manifest) -> TractResult<Arc<TypedSimplePlan>> {
    let fact = graph.output_fact(0)?;
    let labels = manifest.labels.len();
    let found = fact.shape.as_concrete().map(<[usize]>::to_vec);
    let values: Option<usize> = found.as_ref().map(|shape| shape.iter().product());
    if fact.datum_type != f32::datum_type() || values != Some(labels) {
        bail!("it answers with {fact:?}, and {labels} labels want {labels} values of type f32");
    }
    graph.into_optimized()?.into_runnable()
}

/// The picture as the model's input tensor.
fn tensor_of(picture: &ModelInput, input: &Input) -> TractResult<Tensor> {
    let Size { width, height } = picture.size();
    let value = |pixel: u8, channel: usize| {
        f32::from(pixel).mul_add(input.scale[channel], input.offset[channel])
    };
    let mut values = Vec::with_capacity(width * height * 3);
    match input.layout {
        Layout::Nhwc => {
            let pixels = picture.pixels().iter().enumerate();
            values.extend(pixels.map(|(at, pixel)| value(*pixel, at % 3)));
            Tensor::from_shape(&[1, height, width, 3], &values)
        }
        Layout::Nchw => {
            for channel in 0..3 {
                let plane = picture.pixels().iter().skip(channel).step_by(3);
                values.extend(plane.map(|pixel| value(*pixel, channel)));
            }
            Tensor::from_shape(&[1, 3, height, width], &values)
        }
    }
}

/// Runs `work`, which reads foreign data with code that may panic on it, and makes a panic an error.
fn contained<T>(work: impl FnOnce() -> TractResult<T>) -> std::result::Result<T, String> {
    match panics::contained(work) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(format!("{error:#}")),
        Err(said) => Err(format!("the file makes the ONNX reader stumble: {said}")),
    }
}
