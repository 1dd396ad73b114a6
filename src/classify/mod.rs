//! From a picture to scores.

pub mod bundle;
