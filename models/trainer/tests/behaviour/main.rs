//! What the trainer does, seen from outside.
//!
//! Tests that need the photographs of `../shared` pass without them and say that they were skipped.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop there"
)]

mod export;
mod tiny;
