//! `[model]`: which model decides.

use std::path::PathBuf;

use super::problem::Located;
use super::table::Table;

/// The `[model]` table.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfig {
    /// Folder of the bundle; `None` for the one inside the binary.
    pub bundle: Option<Located<PathBuf>>,
}

impl ModelConfig {
    pub(super) fn read(table: &Table<'_>, folder: &std::path::Path) -> Self {
        let bundle = table.text("bundle").map(|text| Located {
            value: folder.join(&text.value),
            key: text.key,
            position: text.position,
        });
        table.finish();
        Self { bundle }
    }
}
