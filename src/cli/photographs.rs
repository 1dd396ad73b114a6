//! The photographs inside the binary, for the demo and the benchmark.

use include_dir::{Dir, DirEntry, include_dir};

use crate::capture::replay::Photo;

static WHITE_BOARD: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/tests/demo/white-board");
static OUTDOORS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/tests/demo/outdoors");

/// A photograph with the label that it should get: the name of its folder.
pub(super) struct Labelled {
    pub photo: Photo,
    pub label: &'static str,
}

/// Photographs of one kind of place.
pub(super) struct Place {
    /// What the items lie on.
    pub name: &'static str,
    /// By label and name.
    pub photographs: Vec<Labelled>,
}

/// TrashNet's: each shows one item on a white board.
pub(super) fn white_board() -> Place {
    Place {
        name: "on a white board (TrashNet)",
        photographs: embedded(&WHITE_BOARD),
    }
}

/// Litter where it lies.
pub(super) fn outdoors() -> Place {
    Place {
        name: "outdoors (TACO)",
        photographs: embedded(&OUTDOORS),
    }
}

fn embedded(root: &'static Dir<'static>) -> Vec<Labelled> {
    let mut all = Vec::new();
    for folder in root.dirs() {
        let label = folder.path().to_str().unwrap_or_default();
        let files = folder.entries().iter().filter_map(DirEntry::as_file);
        all.extend(files.map(|file| Labelled {
            photo: Photo::embedded(file.path().display().to_string(), file.contents()),
            label,
        }));
    }
    all
}
