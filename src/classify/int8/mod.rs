//! Quantised networks on integer kernels.

mod aligned;
mod build;
mod kernels;
mod lower;
mod memory;
mod operators;
mod packing;
mod pool;
mod program;
mod report;
mod requant;
mod section;
mod shape;

pub use kernels::Backend;
pub use report::{Coverage, Layer, LayerKind};

pub(super) use lower::{PixelScale, rewrite};
pub(super) use section::Section;
