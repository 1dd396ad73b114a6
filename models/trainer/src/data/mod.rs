//! Photographs: where they lie, how they become model input, and how training augments them.
//!
//! [`sources`] describes what a run is shown and finds the files in their [`tree`]s; [`material`]
//! reads them ([`photo`], [`pyramid`], [`board`]); [`batches`] draws ([`draws`]) and augments ([`augment`],
//! [`frame`], the item found by [`segment`]) what training sees. [`strip`] knows the parts of picture files, [`public`]
//! where public sets come from.

pub mod augment;
pub mod batches;
pub mod board;
pub mod check;
pub mod draws;
pub mod embeddings;
pub mod frame;
pub mod import;
pub mod material;
pub mod photo;
pub mod public;
pub mod pyramid;
pub mod segment;
pub mod sources;
pub mod strip;
pub mod tree;

pub use batches::{Batch, Source};
pub use material::{Credit, Framing, Material};
pub use sources::Sources;
