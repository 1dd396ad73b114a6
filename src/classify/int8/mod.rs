//! Quantised networks on integer kernels.

mod kernels;

pub use kernels::Backend;
