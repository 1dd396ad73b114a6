//! The machine that sortd runs on: what it is, how it is, and whether it has what a configuration
//! needs. Nothing is switched, opened for writing or moved.

mod hardware;
mod network;
mod state;

pub use hardware::{Finding, inspect};
pub use network::{addresses, is_private, name};
pub use state::{board, temperature, undervoltage};
