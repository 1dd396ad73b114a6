//! The program as it is called: what it writes, and its exit statuses.

use std::path::Path;
use std::process::{Command, Output};

use sortd::classify::bundle::Manifest;
use sortd_trainer::config::RunConfig;
use sortd_trainer::evaluation::Evaluation;
use sortd_trainer::files;
use sortd_trainer::nets::plan::Plan;
use sortd_trainer::run_folder::EpochRecord;

use crate::shapes;

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

/// Calls of the program in one folder, in which the data lies too.
pub struct Here<'a>(pub &'a Path);

impl Here<'_> {
    /// What a call that must do writes to standard output; words are separated by blanks.
    pub fn fine(&self, command: &str) -> String {
        let output = trainer(self.0, &words(command));
        let (status, errors) = outcome(&output);
        assert_eq!(status, 0, "{command}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A call that must end with this status and say this word.
    pub fn refused(&self, command: &str, status: i32, word: &str) {
        let (found, errors) = outcome(&trainer(self.0, &words(command)));
        assert_eq!(found, status, "{command}: {errors}");
        assert!(
            errors.contains(word),
            "{command} does not say `{word}`: {errors}"
        );
    }
}

fn words(command: &str) -> Vec<&str> {
    command.split_whitespace().collect()
}

/// A run that takes seconds.
pub const TRAIN: &str = "train --data . --sources shapes.toml --run run --net mobilenet-cbam --width 0.125 \
     --attention 3 --side 32 --batch 5 --from-scratch --epochs 2";

#[test]
fn a_run_is_trained_interrupted_resumed_quantised_measured_exported_and_held_against_the_daemon() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let here = Here(folder.path());

    here.fine(&format!("{TRAIN} --stop-after 1"));
    here.refused(TRAIN, 2, "--resume");
    here.refused(&format!("{TRAIN} --resume --rate 0.5"), 65, "rate.peak");
    here.fine(&format!("{TRAIN} --resume"));
    here.fine("quantise --data . --from run --run int8 --epochs 0 --calibration 9 --batch 5");

    for (run, ending) in [("run", "float"), ("int8", "int8")] {
        let on = format!("--data . --run {run}");
        here.refused(&format!("evaluate {on} --test other"), 65, "shapes/test");
        here.fine(&format!("evaluate {on} --test shapes/test --kshot 1,2"));
        let file = folder
            .path()
            .join(run)
            .join(format!("evaluation-shapes-test-{ending}.json"));
        let measured: Evaluation = files::read_json(&file).unwrap();
        assert_eq!((measured.images, measured.kshot.len()), (9, 2));
        assert!(
            file.with_file_name(format!("confusion-shapes-test-{ending}.png"))
                .is_file()
        );

        let bundle = format!("{run}-bundle");
        here.fine(&format!("export {on} --out {bundle} --golden shapes/test"));
        let manifest = folder.path().join(&bundle).join("model.toml");
        let manifest: Manifest = files::read_toml(&manifest).unwrap();
        assert_eq!(manifest.empty_label.as_deref(), Some("empty"));
        assert_eq!(manifest.accuracy[0].correct, measured.correct);
        assert_eq!(manifest.data[0].name, "shapes");
        assert_eq!(
            (manifest.data[0].images, &*manifest.data[0].licence),
            (15, "MIT")
        );
        assert!(
            folder
                .path()
                .join(&bundle)
                .join("golden/disc.png")
                .is_file()
        );
        let exact = manifest.golden.tolerance.to_bits() == 0.0_f32.to_bits();
        assert_eq!(exact, ending == "int8");

        let said = here.fine(&format!("parity {on} --bundle {bundle} --json"));
        assert!(said.contains("\"same-answer\": 9"), "{said}");
        // The same weights in the daemon are as good, and now it is known how long they take.
        here.fine(&format!(
            "evaluate {on} --test shapes/test --bundle {bundle}"
        ));
        let again: Evaluation = files::read_json(&file).unwrap();
        assert_eq!(again.correct, measured.correct);
        assert!(again.subject.latency_ms.is_some());
    }
    // A bundle of the network before it was quantised is found out.
    let parity = "parity --data . --run int8 --bundle run-bundle";
    here.refused(parity, 65, "is not of the run");
}

#[test]
fn confidences_are_calibrated_in_the_place_that_was_left_out() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    shapes::write_elsewhere(folder.path());
    let here = Here(folder.path());
    let train = TRAIN.replace("--sources shapes.toml --run run", "--sources places.toml");
    here.fine(&format!("{train} --run run"));
    here.fine(&format!("{train} --run away --leave-out elsewhere"));
    let export = "export --data . --run run --golden shapes/test --out";
    here.fine(&format!("{export} home"));
    here.fine(&format!("{export} bundle --left-out away"));
    let calibration = |bundle: &str| {
        let manifest = folder.path().join(bundle).join("model.toml");
        let manifest: Manifest = files::read_toml(&manifest).unwrap();
        manifest.calibration.unwrap()
    };
    let at_home = calibration("home");
    let elsewhere = calibration("bundle");
    assert_eq!((at_home.images, at_home.left_out.len()), (6, 0));
    assert_eq!(
        (elsewhere.images, &*elsewhere.left_out),
        (15, &["elsewhere".to_owned()][..])
    );
    assert!((at_home.error_before - elsewhere.error_before).abs() > 1e-6);
    here.refused(
        &format!("{export} other --left-out run"),
        65,
        "was trained on all sources",
    );
    here.refused(
        &format!("{export} other --left-out away away"),
        2,
        "leaves out elsewhere, as another run does",
    );
}

#[test]
fn an_export_that_fails_leaves_the_old_bundle_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let here = Here(folder.path());
    here.fine(&TRAIN.replace("--epochs 2", "--epochs 0"));
    let export = "export --data . --run run --out bundle --golden shapes/test";
    here.fine(export);
    let model = folder.path().join("bundle/model.toml");
    let before = std::fs::read(&model).unwrap();
    // Every class has lost its validation photographs.
    std::fs::write(
        folder.path().join("shapes/splits/val.txt"),
        "disc/none.png\n",
    )
    .unwrap();
    here.refused(export, 65, "none.png");
    assert_eq!(std::fs::read(&model).unwrap(), before);
    let left = std::fs::read_dir(folder.path()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().ends_with(".tmp")),
        "{left:?}"
    );
}

#[test]
fn a_wrong_command_line_ends_with_2_and_missing_data_with_65() {
    let folder = tempfile::tempdir().unwrap();
    let here = Here(folder.path());
    here.refused("train", 2, "--run");
    here.fine("--help");
    for senseless in ["--batch 0", "--rate -1", "--seed x", "--teacher-share 2"] {
        here.refused(&format!("train --run run {senseless}"), 2, "error");
    }
    std::fs::write(folder.path().join("shapes.toml"), shapes::SOURCES).unwrap();
    let missing = TRAIN.replace("--data .", "--data nowhere");
    here.refused(&missing, 65, "--data");
    here.refused(&missing, 65, "nowhere");
    assert!(
        !folder.path().join("run").exists(),
        "nothing is left behind"
    );
    for command in ["export --run nowhere", "evaluate --run nowhere --test x"] {
        here.refused(command, 65, "nowhere");
    }
}

#[test]
fn a_run_goes_on_at_another_picture_size_which_its_teacher_must_know() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let here = Here(folder.path());
    here.fine(&TRAIN.replace("--epochs 2", "--epochs 0"));
    let larger = "train --data . --from run --side 48 --batch 5 --epochs 1 --run larger";
    here.refused(&format!("{larger} --teacher run"), 65, "32 pixels, not 48");
    let swapped = shapes::SOURCES.replace(r#""cross", "disc""#, r#""disc", "cross""#);
    std::fs::write(folder.path().join("swapped.toml"), swapped).unwrap();
    let other = TRAIN.replace("shapes.toml --run run", "swapped.toml --run other");
    here.refused(&format!("{other} --teacher run"), 65, "not disc, cross");
    let said = here.fine(larger);
    assert!(said.contains("from run"), "{said}");
    let plans =
        ["run", "larger"].map(|run| files::read_json(&folder.path().join(run).join("plan.json")));
    let [before, after]: [Plan; 2] = plans.map(Result::unwrap);
    assert_eq!(before.with_side(48).unwrap(), after);
}

#[test]
fn several_teachers_give_the_mean_of_their_logits() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let here = Here(folder.path());
    let untrained = TRAIN.replace("--epochs 2", "--epochs 0");
    for seed in ["1", "2", "3"] {
        here.fine(&untrained.replace("--run run", &format!("--run {seed} --seed {seed}")));
    }
    let loss = |run: &str, teachers: &str| {
        let train = "train --data . --from 1 --batch 5 --epochs 1 --teacher-share 1";
        here.fine(&format!("{train} --run {run} {teachers}"));
        let root = folder.path().join(run);
        let epochs: Vec<EpochRecord> = files::read_json(&root.join("metrics.json")).unwrap();
        let config: RunConfig = files::read_toml(&root.join("config.toml")).unwrap();
        (
            epochs[0].train_loss,
            config.distillation.unwrap().teachers_sha256,
        )
    };
    let (alone, one) = loss("alone", "--teacher 2");
    let (with_itself, _) = loss("with-itself", "--teacher 2 --teacher 2");
    let (with_another, both) = loss("with-another", "--teacher 2 --teacher 3");
    assert!((alone - with_itself).abs() < 1e-9, "{alone} {with_itself}");
    assert!(
        (alone - with_another).abs() > 1e-6,
        "{alone} {with_another}"
    );
    assert!(both.len() == 2 && both[..1] == one[..], "{both:?}");
}

#[test]
fn a_device_that_was_not_built_in_is_a_usage_error() {
    if cfg!(feature = "cuda") {
        crate::skipped("built with cuda");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let command = format!("{TRAIN} --device cuda");
    Here(folder.path()).refused(&command, 2, "--features cuda");
}
