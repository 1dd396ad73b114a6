//! sortd: a smart bin. A camera sees an item, a network recognises it, a light shows the right bin.
//!
//! The modules, in the order in which data flows:
//!
//! - [`capture`]: cameras and recordings; the newest [`Frame`](capture::Frame)
//! - [`preprocess`]: a tiny grey picture for presence, and the network's input
//! - [`presence`]: is there something in the drop zone, and where?
//! - [`classify`]: a model bundle and its scores
//! - [`decide`]: observations and time in, decisions out; pure
//! - [`actuate`]: lights and lids
//! - [`report`][]: events
//! - [`store`]: the memory: what happened over months, in a small database
//! - [`machine`]: the board, and whether it has what a configuration needs
//! - [`pipeline`]: the only module that knows that order
//! - [`control`]: what may be asked of a running daemon, and how
//! - [`daemon`]: the loop, signals, reload and watchdog
//! - [`takeover`]: what lies on the boot partition is checked and taken over
//! - [`web`]: the page for the phone, served by a process of its own
//! - [`cli`]: the commands
//!
//! The floor, which names no stage: [`error`], [`visible`], [`panics`], [`signals`], [`files`], [`units`], [`clock`],
//! [`time_zone`], [`jpeg`], [`config`].

pub mod actuate;
pub mod capture;
pub mod classify;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod daemon;
pub mod decide;
pub mod error;
pub mod files;
pub mod jpeg;
pub mod machine;
pub mod panics;
pub mod pipeline;
pub mod preprocess;
pub mod presence;
pub mod report;
pub mod signals;
pub mod store;
pub mod takeover;
pub mod time_zone;
pub mod units;
pub mod visible;
pub mod web;
