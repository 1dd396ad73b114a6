//! A network as it is deployed: batch normalisation folded in, and scales and zero points where it is quantised.
//!
//! This is the one form that the exporter writes; it knows no module and no tensor.

mod correction;
mod fold;
mod integers;
pub mod simulate;

use sortd::error::{Error, Result};

pub use correction::corrected;
pub use integers::Integers;

use crate::nets::net::Net;
use crate::nets::parameters::{ChannelAttentionParameters, Parameters, SpatialAttentionParameters};
use crate::nets::plan::{Layer, Plan};
use crate::quantise::{Quantisation, Ranges, SLOTS};

/// A network that is ready to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// Its plan.
    pub plan: Plan,
    /// The weights of each node.
    pub weights: Vec<Weights>,
    /// Scale and zero point of each node's activations, by the slots of [`crate::quantise::FakeQuantiser`]; none where the
    /// network computes in real numbers.
    pub quantisation: Option<Vec<[Option<Quantisation>; SLOTS]>>,
}

/// The weights of one node.
#[derive(Debug, Clone, PartialEq)]
pub enum Weights {
    /// It has none.
    None,
    /// A convolution's, normalisation folded in.
    Conv {
        /// `[out, in / groups, k, k]`.
        weights: Vec<f32>,
        /// One an output channel.
        bias: Vec<f32>,
    },
    /// A channel attention's.
    ChannelAttention(ChannelAttentionParameters),
    /// A spatial attention's.
    SpatialAttention(SpatialAttentionParameters),
}

impl Deployed {
    /// The network in real numbers.
    #[must_use]
    pub fn real(net: &Net) -> Self {
        let plan = net.plan().clone();
        let weights = plan
            .nodes
            .iter()
            .zip(net.parameters())
            .map(|(node, parameters)| weights(&node.layer, parameters))
            .collect();
        Self {
            plan,
            weights,
            quantisation: None,
        }
    }

    /// The network in int8.
    ///
    /// # Errors
    /// The range of an activation is not known: the network was neither calibrated nor trained quantisation-aware.
    pub fn quantised(net: &Net) -> Result<Self> {
        let mut deployed = Self::real(net);
        let ranges = net.ranges();
        let quantisation = (0..deployed.plan.nodes.len())
            .map(|place| quantisation(&deployed.plan, &ranges, place))
            .collect::<Result<_>>()?;
        deployed.quantisation = Some(quantisation);
        Ok(deployed)
    }

    /// The quantisation of one slot of the node at `place`.
    ///
    /// # Errors
    /// It is not known.
    pub fn quantisation_of(&self, place: usize, slot: usize) -> Result<Quantisation> {
        let node = self
            .quantisation
            .as_ref()
            .and_then(|quantisation| quantisation.get(place));
        node.and_then(|slots| slots[slot])
            .ok_or_else(|| unknown_range(&self.plan, place))
    }

    /// The quantisation of the bytes that the node at `place` gives or passes on.
    #[must_use]
    pub fn bytes(&self, place: usize) -> Option<Quantisation> {
        self.quantisation.as_ref()?[self.plan.bytes_of(place)][0]
    }
}

fn weights(layer: &Layer, parameters: Parameters) -> Weights {
    match (layer, parameters) {
        (Layer::Conv(conv), Parameters::Conv(parameters)) => {
            let (weights, bias) = fold::fold(conv, &parameters);
            Weights::Conv { weights, bias }
        }
        (_, Parameters::ChannelAttention(gate)) => Weights::ChannelAttention(gate),
        (_, Parameters::SpatialAttention(gate)) => Weights::SpatialAttention(gate),
        _ => Weights::None,
    }
}

/// The quantisation of all slots of one node, which must be known.
fn quantisation(
    plan: &Plan,
    ranges: &Ranges,
    place: usize,
) -> Result<[Option<Quantisation>; SLOTS]> {
    let inner = match plan.nodes[place].layer {
        Layer::ChannelAttention(_) => 1..4,
        Layer::SpatialAttention { .. } => 1..3,
        _ => 0..0,
    };
    let mut quantisation = [None; SLOTS];
    if place == 0 {
        quantisation[0] = Some(Quantisation::PICTURE);
        return Ok(quantisation);
    }
    for slot in plan
        .is_quantised(place)
        .then_some(0)
        .into_iter()
        .chain(inner)
    {
        let known = ranges.quantisation(place, slot);
        quantisation[slot] = Some(known.ok_or_else(|| unknown_range(plan, place))?);
    }
    Ok(quantisation)
}

fn unknown_range(plan: &Plan, place: usize) -> Error {
    let name = &plan.nodes[place].name;
    Error::data(format!("layer {name} has no known range"))
        .advice("quantise the network first: `trainer quantise`")
}
