//! A network as data: which layers, in which order, fed by which others.
//!
//! Everything that has to know a network's shape works on this one form: the module that is trained
//! ([`super::net`]), the cost model ([`super::cost`]), pruning (which writes a narrower plan),
//! quantisation and the exporter. A network's own file only writes its plan.
//!
//! Terms: a *feature map* is `[batch, channels, side, side]`, a vector one of side 1; a *node* is a layer with its
//! place in the plan; a node reads only nodes before it.

mod builder;
mod bytes;
mod layer;
mod shape;

use serde::{Deserialize, Serialize};
use sortd::error::{Error, Result};

pub use builder::Builder;
pub use layer::{ChannelAttention, Conv, Layer, Norm};
pub use shape::Shape;

/// Most channels of a feature map: many times those of the widest network that is meant for a bin.
const MOST_CHANNELS: usize = 1 << 14;

/// Largest side of a feature map, in pixels.
const MOST_SIDE: usize = 1 << 12;

/// A network's plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// The network's name, such as `mobilenet-cbam-0.75`.
    pub name: String,
    /// Side of the square RGB picture, in pixels.
    pub side: usize,
    /// The layers; each reads only those before it. The first is [`Layer::Picture`].
    pub nodes: Vec<Node>,
    /// The node whose vector describes the item.
    pub embedding: usize,
    /// The node whose vector holds the classes' logits.
    pub logits: usize,
}

/// A layer at its place in a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Node {
    /// Name, unique in the plan; the exported graph uses it.
    pub name: String,
    /// The part of the network that it belongs to, such as `block 3`.
    pub stage: String,
    /// Places of the nodes that it reads.
    pub inputs: Vec<usize>,
    /// What it does.
    pub layer: Layer,
}

impl Plan {
    /// Checks that the plan makes sense: order, channels, sizes, names.
    ///
    /// # Errors
    /// Names the first node that does not fit.
    pub fn check(&self) -> Result<()> {
        let mut shapes: Vec<Shape> = Vec::with_capacity(self.nodes.len());
        for (place, node) in self.nodes.iter().enumerate() {
            let wrong =
                |why: String| Error::data(format!("layer {} of {}: {why}", node.name, self.name));
            if let Some(late) = node.inputs.iter().find(|&&input| input >= place) {
                return Err(wrong(format!(
                    "reads layer number {late}, which is not before it"
                )));
            }
            if place > 0 && node.layer == Layer::Picture {
                return Err(wrong(
                    "is a second picture, and a network sees one".to_owned(),
                ));
            }
            if self.nodes[..place]
                .iter()
                .any(|other| other.name == node.name)
            {
                return Err(wrong("another layer has the same name".to_owned()));
            }
            let inputs: Vec<Shape> = node.inputs.iter().map(|&input| shapes[input]).collect();
            let shape = node.layer.shape(&inputs, self.side).map_err(wrong)?;
            if shape.channels > MOST_CHANNELS || shape.side > MOST_SIDE {
                return Err(wrong(format!(
                    "its feature map of {shape} is too large; at most {MOST_CHANNELS} channels and a side of {MOST_SIDE} make sense"
                )));
            }
            shapes.push(shape);
        }
        for (what, place) in [("embedding", self.embedding), ("logits", self.logits)] {
            let vector = shapes.get(place).is_some_and(|shape| shape.side == 1);
            if !vector {
                return Err(Error::data(format!(
                    "{}: the {what} is layer number {place}, which is no vector",
                    self.name
                )));
            }
        }
        Ok(())
    }

    /// The shape of each node's result.
    ///
    /// # Panics
    /// The plan does not pass [`Self::check`], which whoever made or read it has seen to.
    #[must_use]
    pub fn shapes(&self) -> Vec<Shape> {
        let mut shapes: Vec<Shape> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let inputs: Vec<Shape> = node.inputs.iter().map(|&input| shapes[input]).collect();
            let shape = node.layer.shape(&inputs, self.side);
            shapes.push(shape.expect("a plan is checked when it is made or read"));
        }
        shapes
    }

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.shapes()[self.logits].channels
    }

    /// The same plan for pictures of another side.
    ///
    /// # Errors
    /// The layers do not fit pictures of that side.
    pub fn with_side(mut self, side: usize) -> Result<Self> {
        self.side = side;
        self.check().map(|()| self)
    }

    /// The convolutions with their places, in order.
    pub fn convolutions(&self) -> impl Iterator<Item = (usize, &Conv)> {
        self.nodes
            .iter()
            .enumerate()
            .filter_map(|(place, node)| match &node.layer {
                Layer::Conv(conv) => Some((place, conv)),
                _ => None,
            })
    }

    /// Places of the nodes that read the node at `place`.
    #[must_use]
    pub fn readers(&self, place: usize) -> Vec<usize> {
        (0..self.nodes.len())
            .filter(|&reader| self.nodes[reader].inputs.contains(&place))
            .collect()
    }
}
