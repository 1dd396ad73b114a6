//! Rewrites tract's graph: what the integer kernels cover becomes sections, the rest stays.
//!
//! The graph is walked once, in the order in which it is computed. A node that can join the program
//! at hand does; a node that cannot closes that program, whose results then become tensors of the
//! graph again. The graph's tensors stay in tract's order of axes (NCHW), those of a program are NHWC.
//!
//! `PATTERNS.md` beside this folder lists the patterns of nodes that are covered, and the arithmetic.

mod arithmetic;
mod constants;
mod conv;
mod edges;
mod float;
mod node;
mod tables;
mod value;
mod views;

use std::collections::HashMap;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{TractErrorContext, bail};

use super::build::{Builder, Id};
use super::kernels::Backend;
use super::operators::Reorder;
use super::program::Operator;
use super::report::Coverage;
use super::section::Given;
use super::shape::Shape;
use tables::Origin;
use value::{Map, Real, Value};

/// Why a node does not join the program.
#[derive(Debug)]
enum Refusal {
    /// It has nothing to do with quantised layers.
    NotOurs,
    /// There is no kernel for it.
    Uncovered(String),
    /// It makes no sense, on no kernel.
    Broken(String),
}

impl Refusal {
    fn why(reason: String) -> Self {
        Self::Uncovered(reason)
    }

    fn broken(reason: String) -> Self {
        Self::Broken(reason)
    }
}

/// How the camera's pixels become the model's input.
#[derive(Debug, Clone, Copy)]
pub(in crate::classify) struct PixelScale {
    /// A channel's value is `pixel * scale + offset`.
    pub scale: [f32; 3],
    /// See `scale`.
    pub offset: [f32; 3],
    /// Whether the model wants the channel as the last axis.
    pub channel_last: bool,
}

/// A graph in which sections stand for what the integer kernels cover.
#[derive(Debug)]
pub(in crate::classify) struct Rewritten {
    /// The graph.
    pub graph: TypedModel,
    /// Whether its input is the camera's pixels (`u8`, one picture of rows of pixels).
    pub takes_pixels: bool,
    /// What is covered.
    pub coverage: Coverage,
}

/// Rewrites `graph`, a classifier of pictures.
///
/// # Errors
/// A node makes no sense.
pub(in crate::classify) fn rewrite(
    graph: &TypedModel,
    pixels: PixelScale,
    backend: Backend,
) -> TractResult<Rewritten> {
    let mut lowering = Lowering {
        graph,
        target: TypedModel::default(),
        backend,
        pixels,
        takes_pixels: false,
        builder: Builder::default(),
        given: Vec::new(),
        outside: HashMap::new(),
        values: HashMap::new(),
        origins: HashMap::new(),
        coverage: Coverage::new(backend),
        position: HashMap::new(),
        now: 0,
    };
    lowering.walk()?;
    Ok(Rewritten {
        graph: lowering.target,
        takes_pixels: lowering.takes_pixels,
        coverage: lowering.coverage,
    })
}

/// The walk over the graph.
struct Lowering<'m> {
    graph: &'m TypedModel,
    target: TypedModel,
    backend: Backend,
    pixels: PixelScale,
    takes_pixels: bool,
    /// The program at hand.
    builder: Builder,
    /// What the program at hand is given from outside.
    given: Vec<(OutletId, Given)>,
    /// Tensors that exist in the new graph.
    outside: HashMap<OutletId, OutletId>,
    /// Tensors that the program at hand computes.
    values: HashMap<OutletId, Value>,
    /// Maps of the program at hand that are tables of others.
    origins: HashMap<Id, Origin>,
    coverage: Coverage,
    /// When each node is computed.
    position: HashMap<usize, usize>,
    now: usize,
}

impl Lowering<'_> {
    fn walk(&mut self) -> TractResult<()> {
        let order = self.graph.eval_order()?;
        self.position = order.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        for (now, id) in order.into_iter().enumerate() {
            self.now = now;
            let node = self.graph.node(id);
            self.node(node)
                .with_context(|| format!("{} ({})", node.name, node.op.name()))?;
        }
        self.now = usize::MAX;
        self.close()?;
        let outputs = self.graph.output_outlets()?.to_vec();
        let outputs: Vec<OutletId> = outputs
            .into_iter()
            .map(|outlet| self.tensor(outlet))
            .collect::<TractResult<_>>()?;
        self.target.select_output_outlets(&outputs)
    }

    fn node(&mut self, node: &TypedNode) -> TractResult<()> {
        let constant = |output: &Outlet<TypedFact>| output.fact.konst.is_some();
        if node.outputs.iter().all(constant) {
            return Ok(());
        }
        if self
            .graph
            .input_outlets()?
            .iter()
            .any(|input| input.node == node.id)
        {
            return self.input(node);
        }
        let layer = node::layer(self.graph, node);
        self.builder.begin(layer.clone());
        let reason = match self.lower(node) {
            Ok(value) => {
                self.values.insert(OutletId::new(node.id, 0), value);
                self.coverage.covered.push(layer);
                return Ok(());
            }
            Err(Refusal::Broken(reason)) => bail!("{reason}"),
            Err(Refusal::Uncovered(reason)) => reason,
            Err(Refusal::NotOurs) => String::new(),
        };
        self.coverage.left_to_tract.push((layer, reason));
        self.leave_to_tract(node)
    }

    /// A tensor as a map of bytes.
    fn bytes(&mut self, outlet: OutletId) -> Result<Map, Refusal> {
        match self.value(outlet)? {
            Value::Bytes(map) => Ok(map),
            Value::Moved(..) => Err(Refusal::why("the axes of its input are moved".into())),
            Value::Real(_) => Err(Refusal::NotOurs),
        }
    }

    /// A tensor as real numbers.
    fn real(&mut self, outlet: OutletId) -> Result<Real, Refusal> {
        match self.value(outlet)? {
            Value::Real(real) => Ok(real),
            Value::Moved(..) => Err(Refusal::why("the axes of its input are moved".into())),
            Value::Bytes(_) => Err(Refusal::NotOurs),
        }
    }

    /// The sizes of a tensor's axes in the graph.
    fn axes(&self, outlet: OutletId) -> Result<&[usize], Refusal> {
        let fact = self.graph.outlet_fact(outlet);
        let axes = fact.ok().and_then(|fact| fact.shape.as_concrete());
        axes.ok_or_else(|| Refusal::why("the size of its input is not known".into()))
    }

    /// Refuses an input whose axes are not those of a picture, as an operator that tells them apart
    /// must: a vector is known by its numbers alone.
    fn upright(&mut self, outlet: OutletId) -> Result<(), Refusal> {
        let Shape {
            height,
            width,
            channels,
        } = self.value(outlet)?.shape();
        if self.axes(outlet)? == [1, channels, height, width] {
            Ok(())
        } else {
            Err(Refusal::why("the axes of its input are moved".into()))
        }
    }

    /// A map with its channels at their own numbers.
    fn ordered(&mut self, map: &Map) -> Id {
        let Some(order) = &map.order else {
            return map.id;
        };
        let reorder = Operator::Reorder(Reorder {
            from: order.to_vec(),
        });
        self.builder.bytes(reorder, vec![map.id], map.shape.len())
    }

    /// Copies a node, which first needs its inputs as tensors of the graph.
    fn leave_to_tract(&mut self, node: &TypedNode) -> TractResult<()> {
        if node
            .inputs
            .iter()
            .any(|input| self.values.contains_key(input))
        {
            self.close()?;
        }
        let inputs: Vec<OutletId> = node
            .inputs
            .iter()
            .map(|input| self.tensor(*input))
            .collect::<TractResult<_>>()?;
        let outputs = self
            .target
            .wire_node(&node.name, node.op.clone(), &inputs)?;
        for (slot, target) in outputs.into_iter().enumerate() {
            self.outside.insert(OutletId::new(node.id, slot), target);
        }
        Ok(())
    }
}
