//! What a network asks for, counted before any of it is built.
//!
//! tract computes what depends on constants alone as soon as it knows the constants, and asks for the
//! memory first: some hundred bytes of file may mean gigabytes. Here its rules for shapes are applied
//! without computing anything, but for the few numbers that shapes are made of. What they do not tell
//! (subgraphs, sizes that depend on data) is bounded by the memory and the time of the process.

mod work;

use std::collections::HashMap;

use tract_onnx::pb::{GraphProto, ModelProto, NodeProto};
use tract_onnx::prelude::*;
#[allow(
    clippy::wildcard_imports,
    reason = "what tract offers to those who look into graphs before they are typed"
)]
use tract_onnx::tract_hir::internal::*;

/// The most nodes: quantised networks of the size that a Pi can run have about two thousand, and the
/// time to build a graph grows with the square.
const MOST_NODES: usize = 5_000;

/// The most initialisers: a quantised layer has about six.
const MOST_INITIALISERS: usize = 20_000;

/// The most axes of a tensor: images have four, attention and channel shuffles up to six.
const MOST_AXES: usize = 12;

/// The most values of a tensor: more than any picture that a Pi can look at needs.
pub(super) const MOST_VALUES: usize = 1 << 26;

/// The most bytes of all constants: what the daemon's unit grants it for everything.
const MOST_CONSTANTS: u64 = 200 << 20;

/// The most multiply-accumulate operations of an inference: twice those of ResNet-50, with which a Pi 4 looks
/// about once a second.
const MOST_WORK: u64 = 8_000_000_000;

/// Tensors from which shapes are computed are no larger, and only such are computed here.
const LARGEST_SHAPE: usize = 1 << 10;

/// Counts nodes and initialisers, in subgraphs too, and the axes of constants.
///
/// # Errors
/// There are more than a network for a Pi needs.
pub(super) fn check_counts(file: &ModelProto) -> TractResult<()> {
    let mut counts = Counts::default();
    file.graph.iter().for_each(|graph| counts.add(graph));
    let Counts {
        nodes,
        initialisers,
        axes,
    } = counts;
    for (found, what, most) in [
        (nodes, "nodes", MOST_NODES),
        (initialisers, "initialisers", MOST_INITIALISERS),
        (axes, "axes of a constant", MOST_AXES),
    ] {
        ensure!(
            found <= most,
            "it has {found} {what}, and {most} are the most that sortd takes"
        );
    }
    Ok(())
}

#[derive(Default)]
struct Counts {
    nodes: usize,
    initialisers: usize,
    axes: usize,
}

impl Counts {
    /// Graphs lie in each other no deeper than the reader of protocol buffers allows.
    fn add(&mut self, graph: &GraphProto) {
        self.nodes += graph.node.len();
        self.initialisers += graph.initializer.len();
        for tensor in &graph.initializer {
            self.axes = self.axes.max(tensor.dims.len());
        }
        for attribute in graph.node.iter().flat_map(|node| &node.attribute) {
            let tensors = attribute.t.iter().chain(&attribute.tensors);
            self.axes = tensors.fold(self.axes, |most, tensor| most.max(tensor.dims.len()));
            let graphs = attribute.g.iter().chain(&attribute.graphs);
            graphs.for_each(|graph| self.add(graph));
        }
    }
}

/// Counts the values of each tensor, the bytes of all constants and the work of all layers.
///
/// # Errors
/// One of them is more than fits a small computer.
pub(super) fn check_model(model: &InferenceModel, file: &ModelProto) -> TractResult<()> {
    let mut survey = Survey {
        model: model.clone(),
        constants: 0,
        is_constant: vec![false; model.nodes().len()],
    };
    for node in order(model)? {
        survey.visit(node)?;
    }
    let shapes = survey.shapes();
    let mut all = 0_u64;
    for node in file.graph.iter().flat_map(|graph| &graph.node) {
        all = all.saturating_add(work::of(node, &shapes));
        if all > MOST_WORK {
            bail!(
                "up to {} it does {} million multiply-accumulate operations, and {} million are the most that sortd takes",
                described(node),
                all / 1_000_000,
                MOST_WORK / 1_000_000
            );
        }
    }
    Ok(())
}

/// All nodes, each after those that it reads where the outputs need it.
fn order(model: &InferenceModel) -> TractResult<Vec<usize>> {
    let mut order = model.eval_order()?;
    let mut known = vec![false; model.nodes().len()];
    for node in &order {
        known[*node] = true;
    }
    order.extend((0..known.len()).filter(|node| !known[*node]));
    Ok(order)
}

/// How messages call a node: one need not have a name, and is then known by what it makes.
pub(super) fn described(node: &NodeProto) -> String {
    let mut names = [&node.name].into_iter().chain(&node.output);
    let name = names.find(|name| !name.is_empty());
    format!("{} ({})", name.map_or("", |name| name), node.op_type)
}

/// The sides of the tensors whose shape is known, by their names in the file.
type Shapes = HashMap<String, TVec<u64>>;

/// A graph whose shapes become known from its input on.
struct Survey {
    model: InferenceModel,
    /// Bytes of what is constant so far.
    constants: u64,
    /// Whether a node's result depends on constants alone.
    is_constant: Vec<bool>,
}

impl Survey {
    fn visit(&mut self, id: usize) -> TractResult<()> {
        let node = self.model.node(id);
        let who = format!("{} ({})", node.name, node.op.name());
        let inputs = node.inputs.clone();
        // What the rules refuse here they refuse again where the graph is built.
        let Ok(facts) = self.infer(id) else {
            return Ok(());
        };
        let held = facts.iter().any(|fact| fact.value.is_concrete());
        let computed =
            !inputs.is_empty() && inputs.iter().all(|input| self.is_constant[input.node]);
        self.is_constant[id] = held || computed;
        let mut fits = true;
        for fact in &facts {
            let Some(sides) = sides(fact) else {
                fits = false;
                continue;
            };
            let values = values(&sides);
            ensure!(
                values.is_some_and(|values| values <= MOST_VALUES as u64),
                "{who}: its result is {sides:?}, and {MOST_VALUES} values are the most that sortd takes"
            );
            let values = values.unwrap_or(u64::MAX);
            fits &= values <= LARGEST_SHAPE as u64;
            if self.is_constant[id] {
                let kind = fact.datum_type.concretize();
                let size = kind.map_or(4, |kind| kind.size_of()) as u64;
                self.constants = self.constants.saturating_add(values.saturating_mul(size));
            }
        }
        ensure!(
            self.constants <= MOST_CONSTANTS,
            "with {who} its constants take {} MB, and {} MB are the most that sortd takes",
            self.constants >> 20,
            MOST_CONSTANTS >> 20
        );
        let facts = if fits { self.compute(id, facts) } else { facts };
        for (slot, fact) in facts.into_iter().enumerate() {
            self.model.set_outlet_fact(OutletId::new(id, slot), fact)?;
        }
        Ok(())
    }

    /// What tract's rules say of a node's results.
    fn infer(&mut self, id: usize) -> TractResult<TVec<InferenceFact>> {
        let node = self.model.node(id);
        let observed = node.op.observe_outlets(&self.model, node)?;
        let observed = observed
            .iter()
            .map(|outlet| self.model.outlet_fact(*outlet).cloned());
        let observed: TVec<InferenceFact> = observed.collect::<TractResult<_>>()?;
        let (inputs, outputs) = self.model.node_facts(id)?;
        let owned = |facts: TVec<&InferenceFact>| -> TVec<InferenceFact> {
            facts.into_iter().cloned().collect()
        };
        let (inputs, outputs) = (owned(inputs), owned(outputs));
        let (_, outputs, _) = self.model.node_mut(id).op.infer_facts(
            inputs.iter().collect(),
            outputs.iter().collect(),
            observed.iter().collect(),
        )?;
        Ok(outputs)
    }

    /// The results of a node that computes shapes, where its inputs are known and as small as those.
    fn compute(&self, id: usize, facts: TVec<InferenceFact>) -> TVec<InferenceFact> {
        let node = self.model.node(id);
        let known = |outlet: &OutletId| {
            let fact = self.model.outlet_fact(*outlet).ok()?;
            let value = fact.value.concretize()?;
            (value.volume() <= LARGEST_SHAPE).then(|| value.into_tvalue())
        };
        let inputs: Option<TVec<TValue>> = node.inputs.iter().map(known).collect();
        let Some(inputs) = inputs.filter(|inputs| !inputs.is_empty()) else {
            return facts;
        };
        match node.op.eval_out_of_plan(inputs) {
            Ok(Some(results)) if results.len() == facts.len() => {
                let facts = results
                    .into_iter()
                    .map(|value| value.into_arc_tensor().try_into());
                facts.collect::<TractResult<_>>().unwrap_or_default()
            }
            _ => facts,
        }
    }

    fn shapes(&self) -> Shapes {
        let mut shapes = Shapes::new();
        for node in self.model.nodes() {
            for (slot, output) in node.outputs.iter().enumerate() {
                let Some(sides) = sides(&output.fact) else {
                    continue;
                };
                let label = self.model.outlet_label(OutletId::new(node.id, slot));
                let name = label.unwrap_or(&node.name);
                shapes.insert(name.to_owned(), sides);
            }
        }
        shapes
    }
}

/// The sides of a tensor, where all are known.
fn sides(fact: &InferenceFact) -> Option<TVec<u64>> {
    let sides = fact.shape.concretize()?;
    let sides = sides.iter().map(|side| side.to_i64().ok()?.try_into().ok());
    sides.collect()
}

/// How many values a tensor has; `None` where nobody can count that far.
fn values(sides: &[u64]) -> Option<u64> {
    sides
        .iter()
        .try_fold(1_u64, |all, side| all.checked_mul(*side))
}
