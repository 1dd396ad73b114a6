//! `sortd.toml`, with the labels of a model as `check` knows them.

use std::path::Path;

use sortd::config::{Config, Draft};

/// The labels of the shipped model; the last means that nothing is there.
const LABELS: [&str; 7] = [
    "cardboard",
    "glass",
    "metal",
    "paper",
    "plastic",
    "trash",
    "empty",
];

/// Reads a configuration; what is accepted is accepted again, and what is refused is refused in print.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let file = Path::new("sortd.toml");
    let checked = Draft::parse(text, file).and_then(|mut draft| {
        draft.check_labels(&LABELS.map(str::to_owned), Some("empty"));
        draft.finish()
    });
    match checked {
        Ok(config) => assert_eq!(Config::parse(&config.text, file).as_ref(), Ok(&config)),
        Err(report) => crate::assert_visible(&report.to_string()),
    }
}
