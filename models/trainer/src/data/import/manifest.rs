//! `manifest.csv`: where each picture of a collection came from, and under which licence.
//!
//! The first three columns never hold a comma or a quote, so that the simplest of readers finds the
//! file and its original; the columns behind are quoted where RFC 4180 asks for it.

use std::fmt::Write as _;

use super::journal::Kept;

/// Name of the manifest in the collection's folder.
pub const MANIFEST: &str = "manifest.csv";

const HEADER: &str =
    "file,class,source_image,fetched,width,height,sha256,original_sha256,licence,source\n";

/// The manifest of `kept`.
#[must_use]
pub fn manifest<'a>(kept: impl Iterator<Item = &'a Kept>) -> String {
    let mut text = HEADER.to_owned();
    for picture in kept {
        let cells = [
            plain(&picture.file),
            plain(&picture.class),
            plain(&picture.source_image),
            picture.fetched.clone(),
            picture.width.to_string(),
            picture.height.to_string(),
            picture.sha256.clone(),
            picture.original_sha256.clone(),
            quoted(picture.licence.as_deref().unwrap_or_default()),
            quoted(picture.source.as_deref().unwrap_or_default()),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// A cell in which commas, quotes and what is no letter are percent-encoded, as in an address.
fn plain(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    for letter in cell.chars() {
        if letter == ',' || letter == '"' || letter.is_control() {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                let _ = write!(text, "%{byte:02X}");
            }
        } else {
            text.push(letter);
        }
    }
    text
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_disturb_nobody() {
        assert_eq!(plain("a, \"b\"\n"), "a%2C %22b%22%0A");
        assert_eq!(quoted("Doe, \"Jane\""), "\"Doe, \"\"Jane\"\"\"");
        assert_eq!(quoted("CC-BY-4.0"), "CC-BY-4.0");
    }
}
