//! sortd: a smart bin's daemon.

pub mod capture;
pub mod classify;
pub mod clock;
pub mod config;
pub mod decide;
pub mod error;
pub mod preprocess;
pub mod presence;
pub mod units;
