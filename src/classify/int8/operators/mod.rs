//! The operators of a [`Program`](super::program::Program).
//!
//! Feature maps are bytes; the few vectors and small maps between the halves of an attention block
//! are real numbers. An operator reads its inputs and writes all of its output.

mod add;
mod attention;
mod conv;
mod depthwise;
mod real;
mod rows;
mod table;

#[cfg(test)]
mod tests;

pub(super) use add::{Add, Operand};
pub(super) use attention::{Gate, OverChannels, OverPixels, Quantised, Reduction};
pub(super) use conv::{Conv, ConvSpec};
pub(super) use depthwise::Depthwise;
pub(super) use real::{Combination, Function, Quantise, RealTable, join};
pub(super) use rows::Scratch;
pub(super) use table::{ByteTable, Concat, Lookup, Pixels, Reorder, all_bytes, place};
