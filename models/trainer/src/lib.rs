//! sortd-trainer: trains, measures and exports the networks that the daemon runs.
//!
//! In the order in which data flows: [`data`] reads and augments photographs, [`nets`] holds the
//! networks and [`weights`] those pretrained on ImageNet, [`training`] trains ([`schedule`],
//! [`average`], [`checkpoint`]), [`evaluation`] measures ([`metrics`], [`plots`]), [`bundle`] writes
//! what the daemon loads ([`onnx`]) and [`card`] the figures of the model card. [`cli`] is the only
//! module that knows all of them. `tests/architecture` of the workspace holds the order of imports.

#[macro_use]
mod output;

pub mod answers;
pub mod average;
pub mod bundle;
pub mod card;
pub mod checkpoint;
pub mod cli;
pub mod components;
pub mod compress;
pub mod config;
pub mod data;
pub mod deploy;
pub mod device;
pub mod engine;
pub mod evaluation;
pub mod files;
pub mod kernels;
pub mod kshot;
pub mod metrics;
pub mod nets;
pub mod onnx;
pub mod parity;
pub mod places;
pub mod plots;
pub mod progress;
pub mod quantise;
pub mod rng;
pub mod run_folder;
pub mod schedule;
pub mod selective;
pub mod training;
pub mod weights;
