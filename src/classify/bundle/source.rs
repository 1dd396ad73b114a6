//! Where a bundle's files lie: in a folder, or inside the binary.

use std::path::{Component, Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::error::{Error, Result};
use crate::files;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/models/waste");

/// The files of a bundle.
pub(super) enum Source {
    /// A folder.
    Folder(PathBuf),
    /// The one inside the binary.
    Embedded,
}

impl Source {
    pub(super) const fn embedded() -> Self {
        Self::Embedded
    }

    /// A folder that exists.
    pub(super) fn folder(path: &Path) -> Result<Self> {
        if files::is_folder(path) {
            return Ok(Self::Folder(path.into()));
        }
        let what = if path.exists() {
            "is not a folder"
        } else {
            "does not exist"
        };
        Err(Error::data(format!("{}: {what}", path.display())).advice(
            "name a folder with model.onnx, model.toml and golden/, or leave the bundle out for the one inside the binary",
        ))
    }

    pub(super) fn origin(&self) -> String {
        match self {
            Self::Folder(path) => path.display().to_string(),
            Self::Embedded => "the bundle inside the binary".into(),
        }
    }

    /// How messages name the file.
    pub(super) fn name(&self, file: &str) -> String {
        match self {
            Self::Folder(path) => path.join(file).display().to_string(),
            Self::Embedded => format!("{file} inside the binary"),
        }
    }

    /// The content of a file of at most `most` bytes, which a path of the manifest names.
    pub(super) fn read(&self, file: &str, most: u64) -> Result<Vec<u8>> {
        let unreadable = || Error::data(format!("{} cannot be read", self.name(file)));
        let plain = Path::new(file)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if !plain || file.is_empty() {
            return Err(Error::data(format!("\"{file}\" points outside the bundle"))
                .advice("name files inside the bundle, without .. and without a leading /"));
        }
        match self {
            Self::Embedded => EMBEDDED
                .get_file(file)
                .map(|found| found.contents().to_vec())
                .ok_or_else(|| unreadable().caused_by("no such file")),
            Self::Folder(folder) => {
                let path = folder.join(file);
                let copy_again = "copy the whole bundle again";
                files::read_at_most(&path, most)
                    .map_err(|error| unreadable().caused_by(error).advice(copy_again))?
                    .ok_or_else(|| {
                        let most = most >> 20;
                        Error::data(format!("{} has more than {most} MB", self.name(file)))
                            .advice("name a bundle; no file of one is that large")
                    })
            }
        }
    }
}
