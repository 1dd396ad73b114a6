//! `[model]`: which model decides.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::problem::Located;
use super::table::Table;

/// The `[model]` table.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfig {
    /// Folder of the bundle; `None` for the one inside the binary.
    pub bundle: Option<Located<PathBuf>>,
    /// Threads that share the work of a layer; `None` for as many as there are cores, up to four.
    pub threads: Option<NonZeroUsize>,
}

/// More threads have nothing left to share.
const MOST_THREADS: i64 = 8;

impl ModelConfig {
    pub(super) fn read(table: &Table<'_>, folder: &std::path::Path) -> Self {
        let bundle = table.text("bundle").map(|text| Located {
            value: folder.join(&text.value),
            key: text.key,
            position: text.position,
        });
        let threads = table
            .has("threads")
            .then(|| table.integer("threads", 1, 1..=MOST_THREADS) as usize)
            .and_then(NonZeroUsize::new);
        table.finish();
        Self { bundle, threads }
    }
}
