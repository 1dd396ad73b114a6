//! The program as it is called: what it writes, and its exit statuses.

use std::path::Path;
use std::process::{Command, Output};

use sortd::classify::bundle::Manifest;

use crate::tiny;

pub fn trainer(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trainer"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

/// The exit status, and what was written to stderr.
pub fn outcome(output: &Output) -> (i32, String) {
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// The options of a run that takes seconds.
const TINY: &[&str] = &[
    "train",
    "--data",
    ".",
    "--dataset",
    "tiny",
    "--split",
    "tiny",
    "--run",
    "run",
    "--side",
    "64",
    "--batch",
    "4",
    "--from-scratch",
    "--paste",
    "0",
    "--epochs",
    "2",
];

fn with(base: &[&'static str], more: &[&'static str]) -> Vec<&'static str> {
    base.iter().chain(more).copied().collect()
}

#[test]
fn a_run_is_trained_interrupted_resumed_measured_exported_and_put_on_the_card() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    tiny::write_data_set(&here.join("tiny"));
    let fine = |arguments: &[&str]| {
        let (status, errors) = outcome(&trainer(here, arguments));
        assert_eq!(status, 0, "{arguments:?}: {errors}");
    };
    let refused = |arguments: &[&str], status: i32, word: &str| {
        let (found, errors) = outcome(&trainer(here, arguments));
        assert_eq!(found, status, "{arguments:?}: {errors}");
        assert!(
            errors.contains(word),
            "{arguments:?} does not say `{word}`: {errors}"
        );
    };

    fine(&with(TINY, &["--stop-after", "1"]));
    refused(TINY, 2, "--resume");
    refused(&with(TINY, &["--resume", "--rate", "0.5"]), 65, "rate.peak");
    fine(&with(TINY, &["--resume"]));

    let measure = ["evaluate", "--data", ".", "--run", "run", "--split"];
    refused(&with(&measure, &["tiny-train"]), 65, "learnt from");
    fine(&with(&measure, &["tiny-test"]));
    fine(&[
        "export",
        "--data",
        ".",
        "--run",
        "run",
        "--out",
        "bundle",
        "--golden",
        "tiny-test",
    ]);
    let manifest: Manifest =
        toml::from_str(&std::fs::read_to_string(here.join("bundle/model.toml")).unwrap()).unwrap();
    assert_eq!(manifest.labels, ["cross", "disc"]);
    assert_eq!(manifest.accuracy[0].split, "tiny/tiny-test");
    assert!(here.join("bundle/golden/disc.png").is_file());

    let card = here.join("card.md");
    let card_command = [
        "card",
        "run=tiny-test",
        "--card",
        "card.md",
        "--bundle",
        "bundle",
    ];
    std::fs::write(&card, "no markers").unwrap();
    refused(&card_command, 65, "marker");
    let markers = format!(
        "before\n{}\nold\n{}\nafter\n",
        sortd_trainer::card::BEGIN,
        sortd_trainer::card::END
    );
    std::fs::write(&card, markers).unwrap();
    fine(&card_command);
    let text = std::fs::read_to_string(&card).unwrap();
    assert!(
        text.starts_with("before\n") && text.ends_with("after\n") && !text.contains("old"),
        "{text}"
    );
    assert!(
        text.contains("tiny/tiny-test") && text.contains(&manifest.model.sha256),
        "{text}"
    );
    assert!(here.join("figures/confusion-tiny-test.png").is_file());
}

#[test]
fn a_wrong_command_line_ends_with_2_and_missing_data_with_65() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(outcome(&trainer(folder.path(), &["train"])).0, 2);
    assert_eq!(outcome(&trainer(folder.path(), &["--help"])).0, 0);
    for senseless in [
        ["--batch", "0"],
        ["--epochs", "0"],
        ["--rate", "-1"],
        ["--paste", "2"],
    ] {
        let arguments = with(&["train", "--run", "run"], &senseless);
        assert_eq!(
            outcome(&trainer(folder.path(), &arguments)).0,
            2,
            "{arguments:?}"
        );
    }
    let missing = [
        "train",
        "--data",
        "nowhere",
        "--run",
        "run",
        "--from-scratch",
    ];
    let (status, errors) = outcome(&trainer(folder.path(), &missing));
    assert_eq!(status, 65);
    assert!(
        errors.contains("nowhere") && errors.contains("--data"),
        "{errors}"
    );
    assert!(
        !folder.path().join("run").exists(),
        "nothing is left behind"
    );
    let (status, errors) = outcome(&trainer(folder.path(), &["export", "--run", "nowhere"]));
    assert_eq!(status, 65, "{errors}");
}

#[test]
fn a_device_that_was_not_built_in_is_a_usage_error() {
    if cfg!(feature = "cuda") {
        crate::skipped("built with cuda");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["train", "--run", "run", "--device", "cuda"];
    let (status, errors) = outcome(&trainer(folder.path(), &arguments));
    assert_eq!(status, 2, "{errors}");
    assert!(errors.contains("--features cuda"), "{errors}");
}
