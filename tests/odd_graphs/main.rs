//! Odd networks: each is built in memory, and either runs as tract itself runs it or is refused with a
//! reason. Nothing panics in our code, nothing hangs, nothing answers with silent nonsense.

mod attention;
mod bad_attributes;
mod bad_files;
mod bad_scales;
mod ends;
mod fuzz;
mod layers;
mod merges;
mod net;
mod run;
mod shuffles;
