//! The daemon: the loop on a plain thread, and the control side on tokio.
//!
//! ```text
//! SIGTERM, SIGTSTP ─┐                      ┌─ capture thread (newest frame)
//! SIGHUP, its load ─┤                      │
//! control sockets ──┼─ control ─Orders──▶ loop ── pipeline ──┐
//! watchdog ticks ───┘    ▲  │              │                 ▼
//!                        │  └── at the end ─┼──────────────▶ board ◀── keeper (lids, longest time)
//!                        └────Heartbeat─────┘
//! ```
//! No inference runs on a tokio worker, and no signal is handled on the loop. The control side waits for nothing:
//! not for the loop, not for a configuration that is read, not for who reads its records.

mod answers;
mod asked;
mod beside;
mod bin_test;
mod choice;
mod config_answers;
mod configs;
mod control;
mod heartbeat;
pub mod in_force;
mod looks;
mod looping;
mod notify;
mod offer;
mod optics;
mod orders;
mod pairing;
mod plan_in_force;
pub mod privacy;
mod proving;
mod refused;
mod reloads;
mod start;
mod stats;
mod trial;
mod turns;
mod viewfinder;
mod votes;

pub use start::{Settings, run};
