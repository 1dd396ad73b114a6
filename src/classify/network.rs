//! A bundle's model, computed by tract and, as far as it is quantised, by the integer kernels.

use std::sync::Arc;
use std::time::Duration;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{TractErrorContext, bail, format_err};

use super::Compute;
use super::budget::{check_counts, check_model};
use super::bundle::{Bundle, Embedding, Input, Layout, Manifest};
use super::exports::{check_export, wrong_output};
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
    /// The integer kernels alone: there is nothing left that tract would have to schedule. The slots
    /// are those of the section's outputs.
    Section {
        section: Section,
        scores: usize,
        embedding: Option<usize>,
    },
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
        let runner = match alone(&rewritten.graph)? {
            Some(runner) => runner,
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
        let Runner::Section { section, .. } = &self.runner else {
            return false;
        };
        section.classify_and_tell(picture.pixels(), |_| {}, done);
        true
    }

    /// Writes what the network answers to one picture into `answer`.
    pub(super) fn run(
        &self,
        picture: &ModelInput,
        input: &Input,
        answer: &mut Answer,
    ) -> TractResult<()> {
        answer.clear();
        let Answer { scores, embedding } = answer;
        let (plan, tensor) = match &self.runner {
            Runner::Section {
                section,
                scores: of_scores,
                embedding: of_embedding,
            } => {
                section.classify(picture.pixels(), |vectors| {
                    scores.extend_from_slice(vectors.at(*of_scores));
                    if let Some(slot) = of_embedding {
                        embedding.extend_from_slice(vectors.at(*slot));
                    }
                });
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
        scores.extend(outputs[0].to_plain_array_view::<f32>()?.iter());
        if let Some(output) = outputs.get(1) {
            embedding.extend(output.to_plain_array_view::<f32>()?.iter());
        }
        Ok(())
    }
}

/// What a network answers to a picture.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// One value a label.
    pub scores: Vec<f32>,
    /// The embedding; empty where the bundle has none.
    pub embedding: Vec<f32>,
}

impl Answer {
    /// Forgets the answer and keeps the memory.
    pub fn clear(&mut self) {
        self.scores.clear();
        self.embedding.clear();
    }
}

/// The section that gives all outputs of `graph`, which has then no work for tract, if there is one.
fn alone(graph: &TypedModel) -> TractResult<Option<Runner>> {
    let outputs = graph.output_outlets()?;
    let node = outputs[0].node;
    let section = graph.node(node).op_as::<Section>();
    let section = section.filter(|section| section.is_whole());
    Ok(section
        .filter(|_| outputs.iter().all(|output| output.node == node))
        .map(|section| Runner::Section {
            section: section.clone(),
            scores: outputs[0].slot,
            embedding: outputs.get(1).map(|output| output.slot),
        }))
}

/// The graph of the scores and, where the bundle has one, of the embedding. What else the model gives
/// is not computed.
fn read(bundle: &Bundle) -> TractResult<TypedModel> {
    let input = &bundle.manifest.input;
    let (width, height) = (input.width as usize, input.height as usize);
    let shape = match input.layout {
        Layout::Nchw => [1, 3, height, width],
        Layout::Nhwc => [1, height, width, 3],
    };
    // A file that leaves the batch open says so of every tensor; the shapes follow from the picture's.
    let reader = onnx::reader().with_ignore_value_info(true);
    let mut file = reader.proto_model_for_read(&mut std::io::Cursor::new(&bundle.model))?;
    check_counts(&file)?;
    onnx::drop_left_out(&mut file);
    check_export(&file, &reader.op_register)?;
    check_nodes(&file)?;
    onnx::join_qdq(&mut file);
    let model = reader.model_for_proto_model(&file)?;
    let (inputs, outputs) = (model.input_outlets()?.len(), model.output_outlets()?.len());
    if inputs != 1 || outputs == 0 {
        bail!("it has {inputs} inputs and {outputs} outputs, and a classifier has one of each");
    }
    let named = file.graph.iter().flat_map(|graph| &graph.output);
    let named: Vec<&str> = named.map(|output| &*output.name).collect();
    let manifest = &bundle.manifest;
    let wanted = wanted(&named, manifest)?;
    let model = model.with_input_fact(0, f32::fact(shape).into())?;
    check_model(&model, &file)?;
    let mut graph = model.into_typed()?;
    let outlets = graph.output_outlets()?;
    check_choice(&graph, &named, wanted[0], manifest)?;
    let wanted = wanted.iter().map(|output| outlets.get(*output).copied());
    let wanted: Option<Vec<OutletId>> = wanted.collect();
    let wanted = wanted.with_context(|| format!("some of its outputs are missing: {named:?}"))?;
    graph.select_output_outlets(&wanted)?;
    check_sizes(&graph)?;
    graph.prop_consts()?;
    Ok(graph)
}

/// Which of the outputs, in the order of the file, are the scores and the embedding.
fn wanted(names: &[&str], manifest: &Manifest) -> TractResult<Vec<usize>> {
    let find = |name: &str, what: &str| {
        let found = names.iter().position(|output| *output == name);
        found.ok_or_else(|| {
            format_err!(
                "it has no output \"{name}\", which the manifest names as {what}; its outputs are {}",
                names.join(", ")
            )
        })
    };
    let embedding = manifest.embedding.as_ref();
    let embedding = embedding.map(|embedding| find(&embedding.name, "the embedding"));
    let embedding = embedding.transpose()?;
    let scores = match &manifest.output.name {
        Some(name) => find(name, "the scores")?,
        None => (0..names.len())
            .find(|output| Some(*output) != embedding)
            .ok_or_else(|| {
                format_err!("its only output is the embedding, and there are no scores")
            })?,
    };
    Ok([Some(scores), embedding].into_iter().flatten().collect())
}

/// Checks that the output that was taken for the scores may be them, where nobody has named it and there
/// are others.
fn check_choice(
    graph: &TypedModel,
    names: &[&str],
    chosen: usize,
    manifest: &Manifest,
) -> TractResult<()> {
    let labels = manifest.labels.len();
    let mut outputs = Vec::with_capacity(names.len());
    for (name, outlet) in names.iter().zip(graph.output_outlets()?) {
        let fact = graph.outlet_fact(*outlet)?;
        let sides = format!("{:?} of {:?}", fact.shape, fact.datum_type);
        outputs.push(((*name).to_owned(), holds(fact, labels), sides));
    }
    let right = outputs.get(chosen).is_none_or(|(_, fits, _)| *fits);
    if manifest.output.name.is_none() && outputs.len() > 1 && !right {
        return Err(wrong_output(manifest, &outputs).into());
    }
    Ok(())
}

/// Checks that the graph answers with one value a label, and with an embedding of the right length.
fn check(graph: &TypedModel, manifest: &Manifest) -> TractResult<()> {
    let fact = graph.output_fact(0)?;
    let labels = manifest.labels.len();
    if !holds(fact, labels) {
        bail!("it answers with {fact:?}, and {labels} labels want {labels} values of type f32");
    }
    if let Some(Embedding { name, length, .. }) = &manifest.embedding {
        let fact = graph.output_fact(1)?;
        if !holds(fact, *length) {
            bail!(
                "its output \"{name}\" is {fact:?}, and the manifest's embedding has {length} values of type f32"
            );
        }
    }
    Ok(())
}

/// Whether a tensor is so many real numbers.
fn holds(fact: &TypedFact, values: usize) -> bool {
    let sides = fact.shape.as_concrete();
    let found: Option<usize> = sides.map(|sides| sides.iter().product());
    fact.datum_type == f32::datum_type() && found == Some(values)
}

fn runnable(graph: TypedModel) -> TractResult<Arc<TypedSimplePlan>> {
    onnx::without_tables(graph)
        .into_optimized()?
        .into_runnable()
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
