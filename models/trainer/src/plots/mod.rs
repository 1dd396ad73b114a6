//! Pictures of what a run did: learning curves and confusion, as PNG.
//!
//! The letters come from an embedded font, so that the pictures look the same on every machine.

mod canvas;
mod confusion;
mod costs;
mod curves;

pub use confusion::confusion;
pub use costs::costs;
pub use curves::learning_curves;
