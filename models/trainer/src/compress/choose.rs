//! Chooses the channels to prune.
//!
//! The importance of each channel is measured before ([`super::importance`]). Two ways of choosing are compared:
//!
//! - **share of the total** (`Mobile_BLNet`, Yuan et al. 2023): the least important channels are
//!   pruned as long as together they hold no more than a share of the sum over their layers, or over the network;
//! - **threshold**: every channel below one importance is pruned, as network slimming does.
//!
//! Both have one number, which is searched so that the network that is left meets a target. Over the whole
//! network the two therefore prune the same channels: both take them in the order of their importance, and stop
//! where the target is met. A share of each layer is what differs. Channels are kept in multiples of eight,
//! which the kernels compute at once.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use sortd::classify::bundle::Cost;
use sortd::error::{Error, Result};

use super::groups::{CoupledLayers, PruningGroups};
use super::importance::Importance;
use super::narrow::{self, Written};
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
    /// By the share that the least important channels hold of their layers' sum.
    ShareOfLayer,
    /// By the share that the least important channels hold of the network's sum.
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

/// A network that was pruned.
#[derive(Debug, Clone, PartialEq)]
pub struct Pruned {
    /// What is left.
    pub left: Written,
    /// The number that was found for all layers: the share, or the threshold.
    pub strength: f32,
    /// The number for the layers that hold most parameters, where those had to be pruned further.
    pub heavy_strength: f32,
}

/// Prunes channels until `target` is met, and no more than that.
///
/// One number rarely meets two targets: layers on small feature maps hold most parameters and take few MACs.
/// So those are pruned further where parameters are the tighter target.
///
/// # Errors
/// Even the fewest channels cost more than the target.
pub fn prune(
    whole: &Written,
    importance: &Importance,
    criterion: Criterion,
    target: Target,
) -> Result<Pruned> {
    let choice = Choice::new(whole, importance, criterion);
    let most = choice.most();
    let least = choice.cost(most, most)?;
    if !target.is_met_by(&least) {
        return Err(Error::usage(format!(
            "{} cannot be pruned to {} MACs and {} parameters: with {MULTIPLE} channels a layer it still has {} and {}",
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
    let left = narrow::network(whole, &choice.groups, |group| kept.contains(&group))?;
    Ok(Pruned {
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
    groups: PruningGroups,
    importance: HashMap<usize, f32>,
    /// Whether each set of coupled layers holds more than its part of the parameters.
    heavy: Vec<bool>,
}

impl<'a> Choice<'a> {
    fn new(whole: &'a Written, importance: &Importance, criterion: Criterion) -> Self {
        let groups = PruningGroups::of(&whole.plan);
        let importance = of_groups(importance, &groups);
        let heavy = heavy(&whole.plan, &groups);
        Self {
            whole,
            criterion,
            groups,
            importance,
            heavy,
        }
    }

    /// The strength at which all layers are down to their fewest channels.
    fn most(&self) -> f32 {
        match self.criterion {
            Criterion::ShareOfLayer | Criterion::ShareOfNetwork => 1.0,
            Criterion::Threshold => {
                self.importance
                    .values()
                    .fold(0.0_f32, |most, &one| most.max(one))
                    * 2.0
            }
        }
    }

    fn cost(&self, all: f32, heavy: f32) -> Result<Cost> {
        let kept = self.kept(all, heavy);
        Ok(cost(&narrow::plan(
            &self.whole.plan,
            &self.groups,
            |group| kept.contains(&group),
        )?))
    }

    /// The groups that stay.
    fn kept(&self, all: f32, heavy: f32) -> HashSet<usize> {
        let (light, strong) = (self.below(all), self.below(heavy));
        self.groups
            .layers
            .iter()
            .zip(&self.heavy)
            .flat_map(|(layers, &heavy)| {
                rounded(
                    layers,
                    &self.importance,
                    if heavy { &strong } else { &light },
                )
            })
            .collect()
    }

    /// The groups that are to go at one strength.
    fn below(&self, strength: f32) -> HashSet<usize> {
        let layers = &self.groups.layers;
        let all: Vec<usize> = layers
            .iter()
            .flat_map(|layers| &layers.groups)
            .copied()
            .collect();
        match self.criterion {
            Criterion::ShareOfNetwork => least_that_hold(strength, &all, &self.importance),
            Criterion::ShareOfLayer => layers
                .iter()
                .flat_map(|layers| least_that_hold(strength, &layers.groups, &self.importance))
                .collect(),
            Criterion::Threshold => all
                .into_iter()
                .filter(|group| self.importance[group] < strength)
                .collect(),
        }
    }
}

/// Whether coupled layers lie on feature maps so small that their convolutions hold more parameters for their MACs
/// than the whole network does.
fn heavy(plan: &Plan, groups: &PruningGroups) -> Vec<bool> {
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
    groups
        .layers
        .iter()
        .map(|layers| smallest(&layers.nodes).is_none_or(|own| (own as f64) < area))
        .collect()
}

/// The importance of each pruning group: the sum over its channels in all nodes that have them.
fn of_groups(importance: &Importance, groups: &PruningGroups) -> HashMap<usize, f32> {
    let mut sums: HashMap<usize, f32> = groups
        .layers
        .iter()
        .flat_map(|layers| &layers.groups)
        .map(|&group| (group, 0.0))
        .collect();
    for (groups, channels) in groups.of_channels.iter().zip(&importance.0) {
        for (group, channel) in groups.iter().zip(channels) {
            if let Some(sum) = sums.get_mut(group) {
                *sum += channel;
            }
        }
    }
    sums
}

/// The least important groups that together hold no more than a share of the sum over `groups`.
fn least_that_hold(
    share: f32,
    groups: &[usize],
    importance: &HashMap<usize, f32>,
) -> HashSet<usize> {
    let allowed = f64::from(share)
        * groups
            .iter()
            .map(|group| f64::from(importance[group]))
            .sum::<f64>();
    let mut sum = 0.0;
    sorted(groups, importance)
        .into_iter()
        .take_while(|group| {
            sum += f64::from(importance[group]);
            sum <= allowed
        })
        .collect()
}

/// The groups of coupled layers that stay when those `below` are to go: as many as a multiple of eight
/// channels needs, the most important first.
fn rounded(
    layers: &CoupledLayers,
    importance: &HashMap<usize, f32>,
    below: &HashSet<usize>,
) -> Vec<usize> {
    let wanted = layers
        .groups
        .iter()
        .filter(|group| !below.contains(group))
        .count()
        * layers.channels_per_group;
    let channels = wanted.max(1).next_multiple_of(MULTIPLE);
    let count = channels
        .div_ceil(layers.channels_per_group)
        .min(layers.groups.len());
    sorted(&layers.groups, importance)
        .into_iter()
        .rev()
        .take(count)
        .collect()
}

/// Groups from the least to the most important; equals in their own order.
fn sorted(groups: &[usize], importance: &HashMap<usize, f32>) -> Vec<usize> {
    let mut sorted = groups.to_vec();
    sorted.sort_by(|a, b| importance[a].total_cmp(&importance[b]).then(a.cmp(b)));
    sorted
}

#[cfg(test)]
#[path = "choose_tests.rs"]
mod tests;
