//! The model trainer.

fn main() {}
