//! The networks: what each is made of, what it costs, and the module that is trained.
//!
//! A network's file writes a [`plan::Plan`] and nothing else; [`net::Net`] computes any plan.

pub mod cost;
mod elnet;
mod head;
mod mobile_blnet;
mod mobilenet_cbam;
mod mobilenet_v1;
pub mod net;
pub mod parameters;
pub mod plan;
pub(crate) mod units;
pub(crate) mod walk;

use sortd::error::Result;

pub use elnet::ElNet;
pub use head::Head;
pub use mobile_blnet::{BlStage, MobileBlNet};
pub use mobilenet_cbam::MobileNetCbam;
pub use mobilenet_v1::MobileNetV1;

use plan::Plan;

/// A family's network of one size.
pub trait Architecture {
    /// Its name with its size, such as `mobilenet-v1-0.25`.
    fn name(&self) -> String;

    /// Its layers for pictures of `side` × `side` pixels and this many classes.
    ///
    /// # Errors
    /// Pictures of that side are too small, or the size makes no network.
    fn plan(&self, side: usize, classes: usize) -> Result<Plan>;

    /// The names of its stages, in order.
    ///
    /// # Errors
    /// As [`Self::plan`].
    fn stages(&self, side: usize, classes: usize) -> Result<Vec<String>> {
        let mut stages: Vec<String> = self
            .plan(side, classes)?
            .nodes
            .into_iter()
            .map(|node| node.stage)
            .collect();
        stages.dedup();
        Ok(stages)
    }

    /// Parameters as deployed.
    ///
    /// # Errors
    /// As [`Self::plan`].
    fn parameters(&self, side: usize, classes: usize) -> Result<u64> {
        Ok(cost::cost(&self.plan(side, classes)?).parameters)
    }

    /// Multiply-accumulate operations of one inference.
    ///
    /// # Errors
    /// As [`Self::plan`].
    fn macs(&self, side: usize, classes: usize) -> Result<u64> {
        Ok(cost::cost(&self.plan(side, classes)?).macs)
    }
}
