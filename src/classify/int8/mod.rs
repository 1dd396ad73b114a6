//! Quantised networks on integer kernels, inside tract's graph.
//!
//! ```text
//! tract's graph ─lower▶ build ─▶ section (an operator of the graph)
//!                                  └ program: operators ─▶ kernels
//!                                    memory, pool
//! ```
//!
//! - [`lower`] walks the graph once and turns what it knows into steps; the rest stays tract's.
//! - `build` gives the steps' results places in memory that they share.
//! - [`section`] is the program as an operator of tract's graph; where it is the whole graph, it runs
//!   without tract.
//! - `operators` are convolutions, sums, attention, tables; maps of bytes lie pixel by pixel (NHWC).
//! - [`kernels`] are the inner loops, one file a set of instructions; `packing` is the order in which
//!   they want their weights.
//! - [`requant`] defines rounding, once: all backends give the same bytes.
//! - `pool` shares a layer's rows among a few threads.
//!
//! `PATTERNS.md` says for those who write networks which nodes are covered and what they compute to the
//! last bit.
//!
//! Terms: a *map* is a feature map of bytes; a *run* is a stretch of consecutive input bytes of one
//! output; *slack* is what lies behind each map so that vectors may read past its end.

mod aligned;
mod build;
mod kernels;
mod lower;
mod memory;
mod operators;
mod packing;
mod pool;
mod program;
mod report;
mod requant;
mod section;
mod shape;

pub use kernels::Backend;
pub use report::{Coverage, Layer, LayerKind};

pub(super) use lower::{PixelScale, rewrite};
pub(super) use section::Section;
