//! Pictures of what a run did: learning curves, confusion and contact sheets, as PNG.
//!
//! The letters come from an embedded font, so that the pictures look the same on every machine.

mod canvas;
mod check;
mod check_sheet;
mod confusion;
mod contact_sheet;
mod costs;
mod curves;
mod risk_coverage;

pub use check::check;
pub use confusion::confusion;
pub use contact_sheet::{Tile, contact_sheet};
pub use costs::costs;
pub use curves::learning_curves;
pub use risk_coverage::{Curve, Panel, risk_coverage};
