//! Chooses the channels to cut.
//!
//! What each channel is worth is measured before ([`super::importance`]). Two ways of choosing are compared:
//!
//! - **share of the total** (`Mobile_BLNet`, Yuan et al. 2023): the least channels are cut as long as
//!   together they hold no more than a share of the sum over their space, or over the network;
//! - **threshold**: every channel below one size is cut, as network slimming does.
//!
//! Both have one number, which is searched so that the network that is left meets a target. Over the whole
//! network the two therefore cut the same channels: both take them in the order of their size, and stop
//! where the target is met. A share of each space is what differs. Channels are kept in multiples of eight,
//! which the kernels compute at once.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use sortd::classify::bundle::Cost;
use sortd::error::{Error, Result};

use super::importance::Importance;
use super::narrow::{self, Written};
use super::spaces::{Space, Spaces};
use crate::nets::cost::cost;
use crate::nets::plan::{Plan, Shape};

/// What channels are kept in multiples of.
const MULTIPLE: usize = 8;

/// Halvings of the search for the one number; the answer is then exact for any network.
const HALVINGS: usize = 40;

/// How channels are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// By the share that the least channels hold of their space's sum.
    ShareOfLayer,
    /// By the share that the least channels hold of the network's sum.
    ShareOfNetwork,
    /// By one threshold for all.
    Threshold,
}

/// More parameters than any network here has: no target for them.
pub const ANY_PARAMETERS: u64 = 1_000_000_000;

/// What the network that is left may cost at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Target {
    /// Multiply-accumulates of one inference.
    pub macs: u64,
    /// Parameters.
    pub parameters: u64,
}

impl Target {
    fn is_met_by(self, cost: &Cost) -> bool {
        cost.macs <= self.macs && cost.parameters <= self.parameters
    }
}

/// A network that was cut.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// What is left.
    pub left: Written,
    /// The number that was found for all spaces: the share, or the threshold.
    pub strength: f32,
    /// The number for the spaces that hold most parameters, where those had to be cut further.
    pub heavy_strength: f32,
}

/// Cuts channels until `target` is met, and no more than that.
///
/// One number rarely meets two targets: layers on small maps hold most parameters and take few MACs. So
/// the spaces on small maps are cut further where parameters are the tighter target.
///
/// # Errors
/// Even the fewest channels cost more than the target.
pub fn cut(
    whole: &Written,
    importance: &Importance,
    criterion: Criterion,
    target: Target,
) -> Result<Cut> {
    let choice = Choice::new(whole, importance, criterion);
    let most = choice.most();
    let least = choice.cost(most, most)?;
    if !target.is_met_by(&least) {
        return Err(Error::usage(format!(
            "{} cannot be cut to {} MACs and {} parameters: with {MULTIPLE} channels a layer it still has {} and {}",
            whole.plan.name, target.macs, target.parameters, least.macs, least.parameters
        ))
        .advice("allow more with --macs or --parameters, or start from a smaller network"));
    }
    let heavy = |all: f32| {
        least_that_meets(all, most, |heavy| {
            Ok(choice.cost(all, heavy)?.parameters <= target.parameters)
        })
    };
    let strength = least_that_meets(0.0, most, |all| {
        Ok(target.is_met_by(&choice.cost(all, heavy(all)?)?))
    })?;
    let heavy_strength = heavy(strength)?;
    let kept = choice.kept(strength, heavy_strength);
    let left = narrow::network(whole, &choice.spaces, |atom| kept.contains(&atom))?;
    Ok(Cut {
        left,
        strength,
        heavy_strength,
    })
}

/// The least number between `low` and `high` that meets a condition, which a higher one meets too;
/// `high` where only that does.
fn least_that_meets(low: f32, high: f32, meets: impl Fn(f32) -> Result<bool>) -> Result<f32> {
    if meets(low)? {
        return Ok(low);
    }
    let (mut weak, mut strong) = (low, high);
    for _ in 0..HALVINGS {
        let middle = f32::midpoint(weak, strong);
        if meets(middle)? {
            strong = middle;
        } else {
            weak = middle;
        }
    }
    Ok(strong)
}

/// A network before channels are chosen.
struct Choice<'a> {
    whole: &'a Written,
    criterion: Criterion,
    spaces: Spaces,
    worth: HashMap<usize, f32>,
    /// Whether each space holds more than its part of the parameters.
    heavy: Vec<bool>,
}

impl<'a> Choice<'a> {
    fn new(whole: &'a Written, importance: &Importance, criterion: Criterion) -> Self {
        let spaces = Spaces::of(&whole.plan);
        let worth = worth(importance, &spaces);
        let heavy = heavy(&whole.plan, &spaces);
        Self {
            whole,
            criterion,
            spaces,
            worth,
            heavy,
        }
    }

    /// The strength at which every space is down to its fewest channels.
    fn most(&self) -> f32 {
        match self.criterion {
            Criterion::ShareOfLayer | Criterion::ShareOfNetwork => 1.0,
            Criterion::Threshold => {
                self.worth
                    .values()
                    .fold(0.0_f32, |most, &worth| most.max(worth))
                    * 2.0
            }
        }
    }

    fn cost(&self, all: f32, heavy: f32) -> Result<Cost> {
        let kept = self.kept(all, heavy);
        Ok(cost(&narrow::plan(
            &self.whole.plan,
            &self.spaces,
            |atom| kept.contains(&atom),
        )?))
    }

    /// The atoms that stay.
    fn kept(&self, all: f32, heavy: f32) -> HashSet<usize> {
        let (light, strong) = (self.below(all), self.below(heavy));
        self.spaces
            .spaces
            .iter()
            .zip(&self.heavy)
            .flat_map(|(space, &heavy)| {
                rounded(space, &self.worth, if heavy { &strong } else { &light })
            })
            .collect()
    }

    /// The atoms that are to go at one strength.
    fn below(&self, strength: f32) -> HashSet<usize> {
        let spaces = &self.spaces.spaces;
        let all: Vec<usize> = spaces
            .iter()
            .flat_map(|space| &space.atoms)
            .copied()
            .collect();
        match self.criterion {
            Criterion::ShareOfNetwork => least_that_hold(strength, &all, &self.worth),
            Criterion::ShareOfLayer => spaces
                .iter()
                .flat_map(|space| least_that_hold(strength, &space.atoms, &self.worth))
                .collect(),
            Criterion::Threshold => all
                .into_iter()
                .filter(|atom| self.worth[atom] < strength)
                .collect(),
        }
    }
}

/// Whether each space lies on maps so small that its convolutions hold more parameters for their MACs
/// than the whole network does.
fn heavy(plan: &Plan, spaces: &Spaces) -> Vec<bool> {
    let whole = cost(plan);
    let shapes = plan.shapes();
    let area = whole.macs as f64 / whole.parameters.max(1) as f64;
    let smallest = |nodes: &[usize]| {
        nodes
            .iter()
            .map(|&place| shapes[place])
            .filter(|shape| shape.side > 1)
            .map(Shape::area)
            .min()
    };
    spaces
        .spaces
        .iter()
        .map(|space| smallest(&space.nodes).is_none_or(|own| (own as f64) < area))
        .collect()
}

/// What each atom is worth: the sum over its channels in all nodes of its space.
fn worth(importance: &Importance, spaces: &Spaces) -> HashMap<usize, f32> {
    let mut worth: HashMap<usize, f32> = spaces
        .spaces
        .iter()
        .flat_map(|space| &space.atoms)
        .map(|&atom| (atom, 0.0))
        .collect();
    for (atoms, channels) in spaces.atoms.iter().zip(&importance.0) {
        for (atom, channel) in atoms.iter().zip(channels) {
            if let Some(sum) = worth.get_mut(atom) {
                *sum += channel;
            }
        }
    }
    worth
}

/// The least atoms that together hold no more than a share of the sum over `atoms`.
fn least_that_hold(share: f32, atoms: &[usize], worth: &HashMap<usize, f32>) -> HashSet<usize> {
    let allowed = f64::from(share) * atoms.iter().map(|atom| f64::from(worth[atom])).sum::<f64>();
    let mut sum = 0.0;
    sorted(atoms, worth)
        .into_iter()
        .take_while(|atom| {
            sum += f64::from(worth[atom]);
            sum <= allowed
        })
        .collect()
}

/// The atoms of a space that stay when those `below` are to go: as many as a multiple of eight
/// channels needs, the most valuable first.
fn rounded(space: &Space, worth: &HashMap<usize, f32>, below: &HashSet<usize>) -> Vec<usize> {
    let wanted = space
        .atoms
        .iter()
        .filter(|atom| !below.contains(atom))
        .count()
        * space.channels_per_atom;
    let channels = wanted.max(1).next_multiple_of(MULTIPLE);
    let count = channels
        .div_ceil(space.channels_per_atom)
        .min(space.atoms.len());
    sorted(&space.atoms, worth)
        .into_iter()
        .rev()
        .take(count)
        .collect()
}

/// Atoms from the least to the most valuable; equals in their own order.
fn sorted(atoms: &[usize], worth: &HashMap<usize, f32>) -> Vec<usize> {
    let mut sorted = atoms.to_vec();
    sorted.sort_by(|a, b| worth[a].total_cmp(&worth[b]).then(a.cmp(b)));
    sorted
}

#[cfg(test)]
#[path = "choose_tests.rs"]
mod tests;
