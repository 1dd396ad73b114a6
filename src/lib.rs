//! sortd: a smart bin's daemon.

pub mod capture;
pub mod classify;
pub mod clock;
pub mod config;
pub mod error;
pub mod units;
