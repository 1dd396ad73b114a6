//! A model bundle: a folder with the model, its manifest and its golden cases.

mod manifest;

pub use manifest::{
    Accuracy, Cost, DataSource, FORMAT, Golden, GoldenCase, Input, Layout, Manifest, ModelFile,
    Output, OutputKind,
};
