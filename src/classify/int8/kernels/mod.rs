//! The inner loops.

mod backend;

pub use backend::Backend;
