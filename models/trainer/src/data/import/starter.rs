//! The description for training that a new collection begins with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sortd::error::Result;

use super::collection::Collection;
use crate::files;

/// Name of the description in the collection's folder.
pub const SOURCES: &str = "sources.toml";

/// Classes that hold pictures without an item.
const EMPTY: [&str; 2] = ["empty", "no_item"];

/// Writes the description of `collection` in `root`, unless there is one. Says whether it did.
///
/// # Errors
/// It cannot be written.
pub fn write(root: &Path, collection: &Collection) -> Result<bool> {
    let file = root.join(SOURCES);
    if file.exists() {
        return Ok(false);
    }
    let licences: BTreeSet<String> = collection
        .present()
        .map(|picture| picture.licence.clone().unwrap_or_else(unknown))
        .collect();
    let licence = licences.into_iter().collect::<Vec<_>>().join(" AND ");
    let text = description(&name(root), &collection.classes(), &licence);
    files::write_whole(&file, text.as_bytes())?;
    Ok(true)
}

/// SPDX's word for a licence that nobody stated.
fn unknown() -> String {
    "NOASSERTION".to_owned()
}

/// The collection's name: that of its folder.
#[must_use]
pub fn name(root: &Path) -> String {
    // A folder such as `.` has no name of its own.
    let whole = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    whole
        .file_name()
        .map_or("own".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn description(name: &str, classes: &BTreeMap<&str, usize>, licence: &str) -> String {
    let text = |words: &str| toml::Value::from(words).to_string();
    let labels: Vec<String> = classes.keys().map(|class| text(class)).collect();
    let empty = EMPTY
        .iter()
        .find(|empty| classes.contains_key(**empty))
        .map_or(String::new(), |empty| {
            format!(
                "\n# The label of pictures that show no item.\nempty = {}\n",
                text(empty)
            )
        });
    format!(
        "# The photographs of {comment}: which are for training, for validation, and for a test.\n\
         #\n\
         # The split goes by the pictures' names: of ten, seven are for training, one for validation, two for the test.\n\
         \n\
         labels = [{labels}]\n\
         {empty}\n\
         [[sources]]\n\
         name = {name}\n\
         # Relative to the folder that is given with --data.\n\
         folder = {name}\n\
         # manifest.csv says it picture by picture. NOASSERTION: nobody said; do not pass these on.\n\
         licence = {licence}\n\
         \n\
         [[train]]\n\
         source = {name}\n\
         part = \"train\"\n\
         \n\
         [[validation]]\n\
         source = {name}\n\
         part = \"validation\"\n\
         \n\
         [[tests.{key}]]\n\
         source = {name}\n\
         part = \"test\"\n",
        comment = name.replace(char::is_control, " "),
        labels = labels.join(", "),
        name = text(name),
        key = key(name),
        licence = text(licence),
    )
}

/// A name as a key of TOML. Keys must stand on one line, which a value with a line break would not.
fn key(name: &str) -> String {
    let escaped: String = name
        .chars()
        .flat_map(|letter| match letter {
            '"' | '\\' => vec!['\\', letter],
            letter if letter.is_control() => {
                format!("\\u{:04x}", u32::from(letter)).chars().collect()
            }
            letter => vec![letter],
        })
        .collect();
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_toml_whatever_the_names_are() {
        let classes = BTreeMap::from([("empty", 3), ("glass", 4)]);
        for name in ["own", "my \"own\" set", "line\nbreak"] {
            let text = description(name, &classes, "CC0-1.0 AND MIT");
            let read: toml::Table = text
                .parse()
                .unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(read["labels"].as_array().unwrap().len(), 2);
            assert_eq!(read["empty"].as_str(), Some("empty"));
            assert_eq!(read["sources"][0]["folder"].as_str(), Some(name));
            assert!(read["tests"][name].is_array());
        }
    }
}
