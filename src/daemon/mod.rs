//! The daemon: the loop on a plain thread, and the control side on tokio.
//!
//! ```text
//! SIGTERM, SIGINT ─┐                    ┌─ capture thread (newest frame)
//! SIGHUP ──────────┼─ control ─Order──▶ loop ── pipeline
//! watchdog ticks ──┘    ▲                │
//!                       └────Heartbeat───┘
//! ```
//! No inference runs on a tokio worker, and no signal is handled on the loop.

mod control;
mod heartbeat;
pub mod in_force;
mod looping;
mod notify;

pub use control::run;
