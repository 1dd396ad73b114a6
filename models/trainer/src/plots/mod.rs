//! Pictures of what a run did: learning curves and confusion, as PNG.
//!
//! The letters come from an embedded font, so that the pictures look the same on every machine.

mod canvas;
mod check_sheet;
mod confusion;
mod curves;

pub use check_sheet::{ClassRow, Pair, THUMB, check_sheet};
pub use confusion::confusion;
pub use curves::learning_curves;
