//! Computes a quantised network in integers, to the last bit as `src/classify/int8/PATTERNS.md`
//! says, without knowing the daemon's kernels: what both give alike is right.
//!
//! In quantisation-aware training ([`crate::nets::net::Pass::TrainQuantised`]) the activations are
//! the same but for values that lie next to a half; here there is no such margin.

mod arithmetic;
mod attention;
mod feature_map;
mod sums;

use rayon::prelude::*;
use sortd::error::{Error, Result};

use self::attention::{ChannelAttention, SpatialAttention};
use self::feature_map::{FeatureMap, Value};
use self::sums::Sums;
use super::{Deployed, Weights};
use crate::answers::Answers;
use crate::data::photo::Squeezed;
use crate::nets::plan::{Layer, Plan};
use crate::quantise::Quantisation;

/// A quantised network, ready to be computed.
#[derive(Debug)]
pub struct Simulation {
    plan: Plan,
    nodes: Vec<Operator>,
}

/// What computes a node.
#[derive(Debug)]
enum Operator {
    /// The pixels.
    Picture,
    /// A convolution.
    Sums(Sums),
    /// A sum of two feature maps, with a quantisation of its own.
    Sum(feature_map::Sum),
    /// The mean of each channel, with a quantisation of its own.
    Mean(Quantisation),
    /// Bytes in another order.
    Shuffle(usize),
    /// Bytes that are repeated.
    Enlarge(usize),
    /// Bytes as they are.
    Same,
    /// Channel attention; with a quantisation where its result becomes bytes.
    ChannelAttention(ChannelAttention, Option<Quantisation>),
    /// Spatial attention, with a quantisation of its own.
    SpatialAttention(SpatialAttention, Quantisation),
}

impl Simulation {
    /// Quantises the weights of a network.
    ///
    /// # Errors
    /// The range of an activation is not known.
    pub fn new(deployed: &Deployed) -> Result<Self> {
        let nodes = (0..deployed.plan.nodes.len())
            .map(|place| operator(deployed, place))
            .collect::<Result<_>>()?;
        Ok(Self {
            plan: deployed.plan.clone(),
            nodes,
        })
    }

    /// Logits and embedding of a picture: `side * side * 3` bytes, R, G, B by rows.
    ///
    /// # Errors
    /// The picture has another size.
    pub fn answer(&self, pixels: &[u8]) -> Result<(Vec<f32>, Vec<f32>)> {
        let side = self.plan.side;
        if pixels.len() != side * side * 3 {
            return Err(Error::internal(format!(
                "{} bytes are no picture of {side}x{side}",
                pixels.len()
            )));
        }
        let mut values: Vec<Value> = Vec::with_capacity(self.nodes.len());
        for (node, operator) in self.plan.nodes.iter().zip(&self.nodes) {
            let input = |which: usize| &values[node.inputs[which]];
            let value = match operator {
                Operator::Picture => FeatureMap::picture(pixels, side).into(),
                Operator::Sums(sums) => sums.of(input(0).bytes()).into(),
                Operator::Sum(sum) => sum.of([input(0), input(1)].map(Value::bytes)).into(),
                Operator::Mean(quantisation) => input(0).mean(*quantisation).into(),
                Operator::Shuffle(groups) => input(0).bytes().shuffled(*groups).into(),
                Operator::Enlarge(factor) => input(0).bytes().enlarged(*factor).into(),
                Operator::Same => input(0).clone(),
                Operator::ChannelAttention(gate, quantisation) => {
                    let map = input(0).bytes();
                    let gated = gate.of(map);
                    match quantisation {
                        Some(quantisation) => gated.bytes_gated(None, *quantisation).into(),
                        None => gated,
                    }
                }
                Operator::SpatialAttention(gate, quantisation) => {
                    let gates = gate.of(input(0));
                    input(0).bytes_gated(Some(&gates), *quantisation).into()
                }
            };
            values.push(value);
        }
        let vector = |place: usize| values[place].bytes().real();
        Ok((vector(self.plan.logits), vector(self.plan.embedding)))
    }

    /// What it answers to photographs, on all processors.
    ///
    /// # Errors
    /// A photograph has another size.
    pub fn answers(&self, photos: &[Squeezed]) -> Result<Answers> {
        let found: Vec<_> = photos
            .par_iter()
            .map(|photo| self.answer(&photo.pixels))
            .collect::<Result<_>>()?;
        let (logits, embeddings) = found.into_iter().unzip();
        Ok(Answers { logits, embeddings })
    }
}

fn operator(deployed: &Deployed, place: usize) -> Result<Operator> {
    let node = &deployed.plan.nodes[place];
    let quantisation = |slot| deployed.quantisation_of(place, slot);
    let input = || {
        let from = node.inputs[0];
        deployed
            .bytes(from)
            .map_or_else(|| deployed.quantisation_of(from, 0), Ok)
    };
    Ok(match (&node.layer, &deployed.weights[place]) {
        (Layer::Picture, _) => Operator::Picture,
        (Layer::Conv(conv), Weights::Conv { weights, bias }) => {
            let weights = (weights.as_slice(), bias.as_slice());
            Operator::Sums(Sums::new(
                weights,
                conv.kernel_shape(),
                conv.sliding,
                [input()?, quantisation(0)?],
            ))
        }
        (Layer::Sum { activation }, _) => Operator::Sum(feature_map::Sum {
            quantisation: quantisation(0)?,
            activation: *activation,
        }),
        (Layer::Mean, _) => Operator::Mean(quantisation(0)?),
        (Layer::Shuffle { groups }, _) => Operator::Shuffle(*groups),
        (Layer::Enlarge { factor }, _) => Operator::Enlarge(*factor),
        (Layer::Dropout { .. }, _) => Operator::Same,
        (Layer::ChannelAttention(_), Weights::ChannelAttention(parameters)) => {
            let inner = [quantisation(1)?, quantisation(2)?, quantisation(3)?];
            let own = deployed.plan.is_quantised(place).then(|| quantisation(0));
            Operator::ChannelAttention(ChannelAttention::new(parameters, inner), own.transpose()?)
        }
        (Layer::SpatialAttention { kernel }, Weights::SpatialAttention(parameters)) => {
            let inner = [quantisation(1)?, quantisation(2)?];
            Operator::SpatialAttention(
                SpatialAttention::new(*kernel, parameters, inner),
                quantisation(0)?,
            )
        }
        (layer, weights) => unreachable!("{layer:?} has other weights than {weights:?}"),
    })
}
