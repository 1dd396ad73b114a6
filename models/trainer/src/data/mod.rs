//! Photographs: where they lie, how they become model input, and how training varies them.

pub mod augment;
pub mod batches;
pub mod check;
pub mod dice;
pub mod import;
pub mod photo;
pub mod tree;
