//! `trainer data check` and `trainer data import` as they are called.

use std::fs;
use std::path::Path;

use sortd_trainer::data::check;

use crate::commands::{outcome, trainer};
use crate::{shapes, skipped};

#[test]
fn photographs_become_a_data_set_that_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    shapes::write(here);

    let import = ["data", "import", "--out", "own", "--from", "shapes"];
    let output = trainer(here, &import);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(outcome(&output).0, 0, "{said}");
    assert!(said.contains("30 pictures came in"), "{said}");
    assert!(said.contains("trainer data check own"), "{said}");
    for file in ["manifest.csv", "sources.toml", "import.jsonl"] {
        assert!(here.join("own").join(file).is_file(), "{file}");
    }
    let again = trainer(here, &import);
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(said.contains("30 were there before"), "{said}");

    let check = ["data", "check", "own", "--sheet", "sheet.png"];
    let (status, errors) = outcome(&trainer(here, &check));
    assert_eq!(status, 0, "{errors}");
    assert!(here.join("sheet.png").is_file());

    let disc = fs::read_dir(here.join("shapes/disc"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    fs::copy(disc.path(), here.join("shapes/cross/copied.png")).unwrap();
    let check = ["data", "check", "shapes", "--split-lists", "--json"];
    let output = trainer(here, &check);
    assert_eq!(outcome(&output).0, 65);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .any(|finding| finding["kind"] == "contradiction"),
        "{findings:?}"
    );
}

#[test]
fn senseless_commands_are_refused_and_make_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let refused = |arguments: &[&str], status: i32, word: &str| {
        let (found, errors) = outcome(&trainer(here, arguments));
        assert_eq!(found, status, "{arguments:?}: {errors}");
        assert!(errors.contains(word), "{arguments:?}: {errors}");
    };
    refused(&["data", "import", "--out", "own"], 2, "--from");
    refused(
        &["data", "import", "--out", "a/own", "--from", "a"],
        2,
        "lies in a",
    );
    refused(
        &["data", "import", "--out", "own", "--urls", "gone.txt"],
        65,
        "gone.txt",
    );
    refused(
        &[
            "data", "import", "--out", "own", "--urls", "l", "--delay", "0",
        ],
        2,
        "0.5 to 3600",
    );
    refused(
        &["data", "import", "--out", "own", "--from", "gone"],
        65,
        "gone",
    );
    refused(&["data", "check", "gone"], 65, "gone");
    assert!(!here.join("own").exists());
}

#[test]
fn trashnet_s_six_wrong_files_are_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/trashnet");
    if !root.is_dir() {
        skipped("../shared/data is not here");
        return;
    }
    let found = check::check(&[root], true).unwrap().report;
    assert_eq!(found.errors, 1, "{found}");
    let wrong = &found.findings[0];
    assert_eq!(wrong.kind, check::finding::Kind::Contradiction);
    assert_eq!(wrong.places.concat().len(), 6);
}
