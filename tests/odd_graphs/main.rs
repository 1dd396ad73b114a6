//! Odd networks: each is built in memory, and either runs as tract itself runs it or is refused with a
//! reason. Nothing panics in our code, nothing hangs, nothing answers with silent nonsense.

#![allow(
    clippy::cast_possible_wrap,
    clippy::many_single_char_names,
    clippy::similar_names,
    reason = "sizes of small networks become attributes of all types, and branches are a and b"
)]

mod attention;
mod bad_attributes;
mod bad_files;
mod bad_operators;
mod bad_scales;
mod dense;
mod dynamic;
mod ends;
mod exports;
mod fuzz;
mod lab;
mod layers;
mod merges;
mod net;
mod proto;
mod qdq;
mod qdq_shapes;
mod qlinear;
mod quantise;
mod run;
mod shuffles;
mod softmax;
mod symbols;
mod too_much;
mod two_outputs;
