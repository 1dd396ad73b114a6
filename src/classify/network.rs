//! A bundle's model, computed by tract and, as far as it is quantised, by the integer kernels.

use std::sync::Arc;
use std::time::Duration;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::bail;

use super::Compute;
use super::bundle::{Bundle, Input, Layout, Manifest};
use super::int8::{Coverage, Layer, PixelScale, Section, rewrite};
use super::onnx;
use super::sanity::{check_nodes, check_sizes};
use crate::preprocess::{ModelInput, Size};

/// A network that is ready to run.
#[derive(Debug)]
pub struct Network {
    runner: Runner,
    coverage: Option<Coverage>,
    sections: Vec<Section>,
}

/// What computes.
#[derive(Debug)]
enum Runner {
    /// The integer kernels alone: there is nothing left that tract would have to schedule.
    Section(Section),
    /// A graph that wants the camera's pixels.
    Pixels(Arc<TypedSimplePlan>),
    /// A graph that wants real numbers.
    Reals(Arc<TypedSimplePlan>),
}

impl Network {
    /// Reads the ONNX file and checks that it is a classifier for the manifest's labels.
    pub(super) fn build(bundle: &Bundle, compute: Compute) -> TractResult<Self> {
        let manifest = &bundle.manifest;
        let graph = read(bundle)?;
        check(&graph, manifest)?;
        let Some(backend) = compute.backend else {
            return Self::of_tract(graph, None);
        };
        let pixels = PixelScale {
            scale: manifest.input.scale,
            offset: manifest.input.offset,
            channel_last: manifest.input.layout == Layout::Nhwc,
        };
        let rewritten = rewrite(&graph, pixels, backend)?;
        if !rewritten.coverage.any() {
            return Self::of_tract(graph, Some(rewritten.coverage));
        }
        let nodes = rewritten.graph.nodes().iter();
        let sections: Vec<Section> = nodes
            .filter_map(|node| node.op_as::<Section>())
            .cloned()
            .collect();
        for section in &sections {
            section.set_threads(compute.threads.get());
        }
        // tract may have the last word over numbers that one section has made of the picture.
        let answering = rewritten.graph.output_outlets()?[0].node;
        let answering = rewritten.graph.node(answering).op_as::<Section>();
        let runner = match answering.filter(|section| section.is_whole()) {
            Some(section) => Runner::Section(section.clone()),
            None if rewritten.takes_pixels => Runner::Pixels(runnable(rewritten.graph)?),
            None => Runner::Reals(runnable(rewritten.graph)?),
        };
        Ok(Self {
            runner,
            coverage: Some(rewritten.coverage),
            sections,
        })
    }

    fn of_tract(graph: TypedModel, coverage: Option<Coverage>) -> TractResult<Self> {
        Ok(Self {
            runner: Runner::Reals(runnable(graph)?),
            coverage,
            sections: Vec::new(),
        })
    }

    /// Which layers run on the integer kernels; `None` where no kernels were asked for.
    #[must_use]
    pub fn coverage(&self) -> Option<&Coverage> {
        self.coverage.as_ref()
    }

    /// How long the integer kernels have worked since the model was loaded.
    #[must_use]
    pub fn kernel_time(&self) -> Duration {
        self.sections.iter().map(Section::busy).sum()
    }

    /// Runs the network on `picture` layer by layer, with a call of `done` after each. Says whether it
    /// could: only a network that runs on the integer kernels alone is known by its layers.
    pub fn layers(&self, picture: &ModelInput, done: impl FnMut(&Layer)) -> bool {
        let Runner::Section(section) = &self.runner else {
            return false;
        };
        section.classify_and_tell(picture.pixels(), |_| {}, done);
        true
    }

    /// Appends the outputs for one picture to `raw`.
    pub(super) fn run(
        &self,
        picture: &ModelInput,
        input: &Input,
        raw: &mut Vec<f32>,
    ) -> TractResult<()> {
        let (plan, tensor) = match &self.runner {
            Runner::Section(section) => {
                section.classify(picture.pixels(), |values| raw.extend_from_slice(values));
                return Ok(());
            }
            Runner::Pixels(plan) => {
                let Size { width, height } = picture.size();
                let tensor = Tensor::from_shape(&[1, height, width, 3], picture.pixels())?;
                (plan, tensor)
            }
            Runner::Reals(plan) => (plan, tensor_of(picture, input)?),
        };
        let outputs = plan.run(tvec!(tensor.into()))?;
        raw.extend(outputs[0].to_plain_array_view::<f32>()?.iter());
        Ok(())
    }
}

/// The graph of the model's first output; a bundle may export more than its scores.
fn read(bundle: &Bundle) -> TractResult<TypedModel> {
    let input = &bundle.manifest.input;
    let (width, height) = (input.width as usize, input.height as usize);
    let shape = match input.layout {
        Layout::Nchw => [1, 3, height, width],
        Layout::Nhwc => [1, height, width, 3],
    };
    let reader = onnx::reader();
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
    let scores = graph.output_outlets()?[0];
    graph.select_output_outlets(&[scores])?;
    check_sizes(&graph)?;
    graph.prop_consts()?;
    Ok(graph)
}

/// Checks that the graph answers with one value a label.
fn check(graph: &TypedModel, manifest: &Manifest) -> TractResult<()> {
    let fact = graph.output_fact(0)?;
    let labels = manifest.labels.len();
    let found = fact.shape.as_concrete().map(<[usize]>::to_vec);
    let values: Option<usize> = found.as_ref().map(|shape| shape.iter().product());
    if fact.datum_type != f32::datum_type() || values != Some(labels) {
        bail!("it answers with {fact:?}, and {labels} labels want {labels} values of type f32");
    }
    Ok(())
}

fn runnable(graph: TypedModel) -> TractResult<Arc<TypedSimplePlan>> {
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
