//! What goes wrong in a laboratory that people share and come back to: it is told, and nothing is lost.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sortd_trainer::files;
use sortd_trainer::run_folder::RunFolder;

use crate::commands::{Here, TRAIN, outcome, trainer};
use crate::shapes;

/// A run of the shapes whose network is not trained.
fn untrained(folder: &Path) -> Here<'_> {
    shapes::write(folder);
    let here = Here(folder);
    here.fine(&TRAIN.replace("--epochs 2", "--epochs 0"));
    here
}

#[test]
fn an_export_replaces_bundles_and_empty_folders_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let here = untrained(folder.path());
    let export = "export --data . --run run --golden shapes/test --out";
    let mine = folder.path().join("photos/mine.txt");
    fs::create_dir(folder.path().join("photos")).unwrap();
    fs::write(&mine, b"mine").unwrap();
    here.refused(&format!("{export} photos"), 2, "photos is no bundle");
    here.refused(&format!("{export} photos/mine.txt"), 2, "--out");
    assert_eq!(fs::read(&mine).unwrap(), b"mine");
    fs::create_dir(folder.path().join("bundle")).unwrap();
    here.fine(&format!("{export} bundle"));
    here.fine(&format!("{export} bundle"));
}

#[test]
fn confidences_that_nothing_can_be_said_of_are_told() {
    let folder = tempfile::tempdir().unwrap();
    untrained(folder.path());
    let export = [
        "export",
        "--data",
        ".",
        "--run",
        "run",
        "--golden",
        "shapes/test",
    ];
    let (status, notes) = outcome(&trainer(folder.path(), &export));
    assert_eq!(status, 0, "{notes}");
    assert!(notes.contains("confidences will mean little"), "{notes}");
}

#[test]
fn a_network_of_other_labels_is_not_called_by_new_names() {
    let folder = tempfile::tempdir().unwrap();
    let here = untrained(folder.path());
    let write = |name: &str, labels: &str| {
        let text = shapes::SOURCES.replace(r#""cross", "disc""#, labels);
        assert_ne!(text, shapes::SOURCES);
        fs::write(folder.path().join(name), text).unwrap();
    };
    write("swapped.toml", r#""disc", "cross""#);
    write("more.toml", r#""cross", "disc", "star""#);
    for sources in ["swapped.toml", "more.toml"] {
        for command in [
            "train --epochs 1",
            "quantise --epochs 0",
            "prune --macs 1M --epochs 1",
            "sparsify --epochs 1",
        ] {
            let command = format!("{command} --data . --from run --run new --sources {sources}");
            here.refused(&command, 65, "apart, not");
        }
    }
    let swapped = TRAIN.replace("shapes.toml --run run", "swapped.toml --run other");
    here.fine(&swapped.replace("--epochs 2", "--epochs 0"));
    here.refused(
        "blend --data . --from run --with other --run mixed",
        65,
        "apart, not",
    );
    assert!(!folder.path().join("new").exists());
}

#[test]
fn a_blend_goes_back_to_both_of_its_runs() {
    let folder = tempfile::tempdir().unwrap();
    let here = untrained(folder.path());
    here.fine("train --data . --from run --run tuned --batch 5 --epochs 1");
    let said = here.fine("blend --data . --from run --with tuned --run mixed --share 0.25");
    assert!(said.contains("from run and tuned by 0.25"), "{said}");
    let export = "export --data . --run mixed --out bundle --golden shapes/test";
    here.fine(export);
    // Names that were used again make runs go back to each other.
    let config = folder.path().join("run/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(
        &config,
        text.replace(r#"from = "random""#, r#"from = "mixed""#),
    )
    .unwrap();
    here.fine(export);
    fs::rename(folder.path().join("tuned"), folder.path().join("gone")).unwrap();
    here.refused(export, 65, "started from tuned");
}

#[test]
fn numbers_that_are_spoilt_by_the_last_step_of_an_epoch_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let here = Here(folder.path());
    // One step an epoch: its loss is still sound.
    let wild = TRAIN.replace("--batch 5", "--batch 1000 --rate 1e38");
    here.refused(&wild, 70, "not a number in epoch 1");
    let run = folder.path().join("run");
    for kept in ["best.bpk", "metrics.json", "checkpoint-0001"] {
        assert!(!run.join(kept).exists(), "{kept}");
    }
}

#[test]
fn zeros_that_are_still_being_added_leave_no_weights_behind() {
    let folder = tempfile::tempdir().unwrap();
    let here = untrained(folder.path());
    let sparsify = "sparsify --data . --from run --run sparse --batch 5 --epochs 5 --resume";
    let said = here.fine(&format!("{sparsify} --stop-after 1"));
    assert!(said.contains("go on with --resume"), "{said}");
    let said = here.fine(sparsify);
    let best = said.split("best epoch: ").nth(1).unwrap();
    let best = best.split(';').next().unwrap();
    assert!(["4", "5"].contains(&best), "{said}");
    let status = here.fine("status .");
    let line = status.lines().find(|line| line.starts_with("sparse"));
    let best_of_status = line.unwrap().split_whitespace().nth(5);
    assert_eq!(best_of_status, Some(best), "{status}");
}

#[test]
fn two_commands_do_not_train_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let here = untrained(folder.path());
    let again = TRAIN.replace("--epochs 2", "--epochs 0 --resume");
    let held = RunFolder::open(&folder.path().join("run"))
        .unwrap()
        .lock()
        .unwrap();
    here.refused(&again, 69, "another command trains in run");
    drop(held);
    here.fine(&again);
}

#[test]
fn a_pipe_among_the_photographs_is_waited_for_by_nobody() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let pipe = folder.path().join("shapes/disc/pipe.png");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let output = trainer(folder.path(), &["data", "check", "shapes"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(outcome(&output).0, 0, "{said}");
    assert!(said.contains("cannot be read as pictures"), "{said}");
    assert!(said.contains("shapes/disc/pipe.png"), "{said}");
}

#[test]
fn numbers_beyond_reason_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let here = untrained(folder.path());
    for (line, key) in [
        ("motion = 7.0", "motion lies in 0 to 1"),
        ("longest-motion = inf", "longest-motion"),
        ("brightness = nan", "brightness"),
        ("lowest-quality = 255", "lowest-quality"),
    ] {
        fs::write(folder.path().join("odd.toml"), line).unwrap();
        let train = TRAIN.replace("--run run", "--run new");
        here.refused(&format!("{train} --augmentation odd.toml"), 65, key);
    }
    for senseless in ["--scale-penalty nan", "--scale-penalty=-3", "--width 1e5"] {
        here.refused(&format!("train --run new {senseless}"), 2, "error");
    }
    for stages in ["9223372036854775808x1", "1000000x1"] {
        here.refused(
            &format!("summary --net elnet --stages {stages}"),
            65,
            "too large",
        );
    }
}

#[test]
fn an_option_that_would_change_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = untrained(folder.path());
    for (command, problem) in [
        (
            "summary --net elnet --width 0.5",
            "--net elnet has no --width",
        ),
        (
            "summary --net mobilenet-v1 --no-attention",
            "it goes with --net mobilenet-cbam",
        ),
        (
            "summary --attention 5 --no-attention",
            "cannot be used with",
        ),
        ("summary --run run --side 64", "cannot be used with"),
        ("train --run new --teacher-share 0.9", "--teacher <DIR>"),
        (
            "data import --out own --from shapes --delay 2",
            "cannot be used with",
        ),
        (
            "train --data . --from run --run new --net elnet",
            "--net chooses a new network",
        ),
    ] {
        here.refused(command, 2, problem);
    }
    let keyword = TRAIN.replace("--run run", "--run random");
    here.refused(&keyword, 2, "cannot be called random");
}

#[test]
fn a_configuration_that_does_not_fit_its_network_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let here = untrained(folder.path());
    let plan = folder.path().join("run/plan.json");
    let mut found: serde_json::Value = files::read_json(&plan).unwrap();
    found["logits"] = found["embedding"].clone();
    files::write_json(&plan, &found).unwrap();
    here.refused(
        "evaluate --data . --run run --test shapes/test",
        65,
        "outputs",
    );
}

#[test]
fn a_class_of_which_hardly_anything_can_be_read_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    // Two of the five training photographs.
    for file in ["disc/0.png", "disc/1.png"] {
        fs::write(folder.path().join("shapes").join(file), b"no picture").unwrap();
    }
    let here = Here(folder.path());
    here.refused(
        TRAIN,
        65,
        "of disc 3 training photographs can be read, of 5",
    );
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_program_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_trainer"))
        .args(["summary", "--net", "elnet"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let (status, errors) = outcome(&child.wait_with_output().unwrap());
    assert_eq!((status, errors.as_str()), (0, ""));
}

#[test]
fn a_picture_size_that_was_changed_by_hand_is_told_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let here = untrained(folder.path());
    let config = folder.path().join("run/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    let changed = text.replace("\nside = 32\n", "\nside = 4000000000\n");
    assert_ne!(text, changed);
    fs::write(&config, changed).unwrap();
    here.refused(
        "evaluate --data . --run run --test shapes/test",
        65,
        "pictures of 32 pixels and a configuration for 4000000000",
    );
}

#[test]
fn a_disk_that_fills_up_while_a_checkpoint_is_written_costs_no_more_than_that_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let here = untrained(folder.path());
    // While sparsity grows no best weights are kept: the checkpoint is the first large file.
    let sparsify = "sparsify --data . --from run --run sparse --batch 5 --epochs 5 --resume";
    here.fine(&format!("{sparsify} --stop-after 1"));
    let run = folder.path().join("sparse");
    let before = files_of(&run.join("checkpoint-0001"));
    // A limit on the size of a file stands for the full disk: a write ends half-way with an error.
    let full = Command::new("sh")
        .current_dir(folder.path())
        .args(["-c", "trap '' XFSZ; ulimit -f 200; exec \"$0\" $1"])
        .args([env!("CARGO_BIN_EXE_trainer"), sparsify])
        .output()
        .unwrap();
    let (status, errors) = outcome(&full);
    assert_eq!(status, 70, "{errors}");
    assert!(
        errors.contains("cannot write sparse/checkpoint-0002"),
        "{errors}"
    );
    assert!(errors.contains("free some disk space"), "{errors}");
    assert_eq!(files_of(&run.join("checkpoint-0001")), before);
    for half in ["checkpoint-0002", "checkpoint-0002.tmp"] {
        assert!(!run.join(half).exists(), "{half} is left behind");
    }
    here.fine(sparsify);
}

/// The files of a folder, with their bytes.
fn files_of(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    files
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}
