//! Writes what a package must say of other people's work inside the program: each crate that is linked into it,
//! with its licence and the texts that come with it.
//!
//!     cargo run --example notices -- TARGET_TRIPLE FILE
//!
//! An example, because it is no part of the daemon but needs one of its crates.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What the files are called in which crates keep their terms.
const TERMS: [&str; 5] = ["LICEN", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(triple), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: notices TARGET_TRIPLE FILE".into());
    };
    fs::write(&file, page(&linked(&triple)?)?).map_err(|error| format!("{file}: {error}"))?;
    Ok(())
}

/// A crate that is linked in.
struct Linked {
    name: String,
    licence: String,
    /// Where its authors keep it.
    home: String,
    folder: PathBuf,
}

/// All that sortd is linked with, by name: no build scripts, no macros, no tests.
fn linked(triple: &str) -> Result<Vec<Linked>, Box<dyn Error>> {
    // The tree knows which features are on in sortd alone, but not where a crate lies.
    let only = "--edges=normal,no-proc-macro";
    let tree = cargo(
        "tree",
        &[
            "--package=sortd",
            only,
            "--prefix=none",
            "--format={p}",
            "--target",
            triple,
        ],
    )?;
    let mut names: BTreeSet<&str> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .collect();
    names.retain(|name| !name.starts_with("sortd "));

    let metadata = cargo(
        "metadata",
        &["--format-version=1", "--filter-platform", triple],
    )?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let crates: Vec<Linked> = packages
        .map(of_package)
        .filter(|each| names.contains(each.name.as_str()))
        .collect();
    if crates.len() != names.len() {
        return Err(format!(
            "{} crates are linked, and of {} the place is known",
            names.len(),
            crates.len()
        )
        .into());
    }
    Ok(crates)
}

fn cargo(command: &str, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let answer = Command::new(program)
        .args([command, "--locked"])
        .args(arguments)
        .output()?;
    if !answer.status.success() {
        return Err(String::from_utf8_lossy(&answer.stderr).into());
    }
    Ok(String::from_utf8(answer.stdout)?)
}

fn of_package(package: &Value) -> Linked {
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    Linked {
        name: format!("{} v{}", text("name"), text("version")),
        licence: text("license"),
        home: text("repository"),
        folder: Path::new(&text("manifest_path"))
            .parent()
            .map(Path::to_path_buf)
            .unwrap_or_default(),
    }
}

fn page(crates: &[Linked]) -> Result<String, Box<dyn Error>> {
    let mut page = String::from(
        "sortd is linked with the crates below, each under its own terms. The texts that come with them \
         follow the list; one that several crates share stands once.\n\n",
    );
    // By its words, so that the same text in other lines is the same.
    let mut texts: BTreeMap<String, (String, Vec<&str>)> = BTreeMap::new();
    for each in crates {
        writeln!(page, "{}: {}  {}", each.name, each.licence, each.home)?;
        for file in terms_of(&each.folder)? {
            let terms = String::from_utf8_lossy(&fs::read(&file)?).into_owned();
            let words: Vec<&str> = terms.split_whitespace().collect();
            let (_, users) = texts
                .entry(words.join(" "))
                .or_insert_with(|| (terms.clone(), Vec::new()));
            if users.last() != Some(&each.name.as_str()) {
                users.push(&each.name);
            }
        }
    }
    for (terms, users) in texts.values() {
        let line = "-".repeat(80);
        writeln!(page, "\n{line}\n{}:\n\n{}", users.join(", "), terms.trim())?;
    }
    Ok(page)
}

fn terms_of(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        if TERMS.iter().any(|start| name.starts_with(start)) && entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}
