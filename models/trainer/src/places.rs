//! Where things lie when the command line does not say.

use std::path::{Path, PathBuf};

/// The data folder, relative to the repository's root.
const DATA: &str = "../shared/data";

/// The folder of pretrained weights, relative to the repository's root.
const WEIGHTS: &str = "../shared/weights";

/// The table of embeddings of a large model, relative to the repository's root.
const EMBEDDINGS: &str = "../shared/teachers/clip-vit-b16.safetensors";

/// The description of the shipped model's photographs, relative to the repository's root.
const SOURCES: &str = "models/trainer/data/waste-everywhere.toml";

/// The repository's root: the nearest folder above the working folder that holds `models/trainer`,
/// or the working folder itself.
#[must_use]
pub fn repository() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let root = here
        .ancestors()
        .find(|folder| folder.join("models/trainer/Cargo.toml").is_file());
    root.unwrap_or(Path::new(".")).to_owned()
}

/// The data folder: the given one, or `../shared/data` beside the repository.
#[must_use]
pub fn data(given: Option<&Path>) -> PathBuf {
    given.map_or_else(|| repository().join(DATA), Path::to_owned)
}

/// The ImageNet weights of MobileNet v1 with `width`: the given file, or the one in
/// `../shared/weights` beside the repository.
#[must_use]
pub fn weights(given: Option<&Path>, width: f64) -> PathBuf {
    let file = format!("mobilenet_v1_{width}_224_imagenet.safetensors");
    given.map_or_else(|| repository().join(WEIGHTS).join(file), Path::to_owned)
}

/// The embeddings that CLIP ViT-B/16 (Radford et al. 2021, arXiv 2103.00020) gave for the photographs of the data folder:
/// the given file, or the one in `../shared/teachers` beside the repository.
#[must_use]
pub fn embeddings(given: Option<&Path>) -> PathBuf {
    given.map_or_else(|| repository().join(EMBEDDINGS), Path::to_owned)
}

/// The description of a run's photographs: the given file, or the one of the shipped model.
#[must_use]
pub fn sources(given: Option<&Path>) -> PathBuf {
    given.map_or_else(|| repository().join(SOURCES), Path::to_owned)
}

/// The folder of the descriptions of photographs that the recipes use.
#[must_use]
pub fn descriptions() -> PathBuf {
    repository().join("models/trainer/data")
}
