//! `model.toml`, in a bundle whose other files are there and small.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use sortd::classify::bundle::Bundle;
use tempfile::TempDir;

/// What the bundle's model file holds; the corpus names its hash.
const MODEL: &[u8] = b"no network\n";

/// A golden picture of 16x16 pixels, the smallest input that a model may have.
const PICTURE: &[u8] = include_bytes!("picture.png");

/// Reads a manifest as the bundle's, and what it names: the model, the golden pictures.
pub fn run(data: &[u8]) {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "model.onnx", MODEL);
        write(folder.path(), "0.png", PICTURE);
        folder
    });
    write(folder.path(), "model.toml", data);
    match Bundle::from_folder(folder.path()) {
        Ok(bundle) => assert_eq!(bundle.model, MODEL, "it is the bundle's own file"),
        Err(error) => crate::assert_visible(&error.to_string()),
    }
}

fn write(folder: &Path, name: &str, data: &[u8]) {
    fs::write(folder.join(name), data).expect("the folder is ours");
}
