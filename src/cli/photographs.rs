//! The photographs inside the binary, for the demo and the benchmark.

use include_dir::{Dir, DirEntry, include_dir};

use crate::capture::replay::Photo;

static PHOTOGRAPHS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/tests/photos");

/// A photograph with the label that it should get: the name of its folder.
pub(super) struct Labelled {
    pub photo: Photo,
    pub label: &'static str,
}

/// All photographs inside the binary, by path.
pub(super) fn embedded() -> Vec<Labelled> {
    let mut all = Vec::new();
    for folder in PHOTOGRAPHS.dirs() {
        let label = folder.path().to_str().unwrap_or_default();
        let files = folder.entries().iter().filter_map(DirEntry::as_file);
        all.extend(files.map(|file| Labelled {
            photo: Photo::embedded(file.path().display().to_string(), file.contents()),
            label,
        }));
    }
    all
}
