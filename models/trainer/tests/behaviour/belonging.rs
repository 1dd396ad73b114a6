//! What belongs to another run, another network or another version is not taken for the run's own.

use std::fs;
use std::path::Path;

use sortd::classify::bundle::Manifest;
use sortd_trainer::files;

use crate::commands::{Here, TRAIN, outcome, trainer};
use crate::shapes;

fn replace(folder: &Path, by: &Path) {
    fs::remove_dir_all(folder).unwrap();
    fs::create_dir(folder).unwrap();
    for entry in fs::read_dir(by).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_checkpoint_of_another_network_or_version_or_a_damaged_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let here = Here(folder.path());
    let (first, resume) = (
        format!("{TRAIN} --stop-after 1"),
        format!("{TRAIN} --resume"),
    );
    here.fine(&first);
    // The same kernels, set further apart: their shapes do not tell.
    here.fine(&format!("{first} --no-dilation").replace("--run run", "--run other"));
    let checkpoint = folder.path().join("run/checkpoint-0001");
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    replace(&own, &checkpoint);

    replace(&checkpoint, &folder.path().join("other/checkpoint-0001"));
    here.refused(&resume, 65, "is of another network");

    replace(&checkpoint, &own);
    let identity = checkpoint.join("identity.json");
    let text = fs::read_to_string(&identity).unwrap();
    fs::write(
        &identity,
        text.replace(r#""format": 1"#, r#""format": 999"#),
    )
    .unwrap();
    here.refused(&resume, 65, "has format 999");
    fs::remove_file(&identity).unwrap();
    here.refused(&resume, 65, "another version");

    replace(&checkpoint, &own);
    let average = checkpoint.join("average.bpk");
    let mut bytes = fs::read(&average).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&average, bytes).unwrap();
    here.refused(&resume, 65, "average.bpk is not what was written");

    replace(&checkpoint, &own);
    here.fine(&resume);
}

#[test]
fn what_was_measured_of_earlier_weights_does_not_get_into_a_bundle() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let here = Here(folder.path());
    let untrained = TRAIN.replace("--epochs 2", "--epochs 0");
    here.fine(&untrained);
    here.fine(&format!("{untrained} --seed 2").replace("--run run", "--run other"));
    here.fine("evaluate --data . --run run --test shapes/test");
    let measured = |options: &[&str]| {
        let call = ["export", "--data", ".", "--run", "run"];
        let output = trainer(folder.path(), &[&call, options].concat());
        assert_eq!(outcome(&output).0, 0, "{}", outcome(&output).1);
        let bundle = folder.path().join("run/bundle/model.toml");
        let manifest: Manifest = files::read_toml(&bundle).unwrap();
        (
            manifest.accuracy.len(),
            manifest.licence,
            outcome(&output).1,
        )
    };
    let (tests, licence, _) = measured(&[]);
    assert_eq!((tests, licence.as_str()), (1, "NOASSERTION"));
    fs::copy(
        folder.path().join("other/best.bpk"),
        folder.path().join("run/best.bpk"),
    )
    .unwrap();
    let (tests, licence, said) = measured(&["--licence", "CC0-1.0"]);
    assert_eq!((tests, licence.as_str()), (0, "CC0-1.0"));
    assert!(said.contains("evaluation-shapes-test-float.json"), "{said}");
}

#[test]
fn a_bundle_is_measured_for_its_own_run_only() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let here = Here(folder.path());
    let untrained = TRAIN.replace("--epochs 2", "--epochs 0");
    here.fine(&untrained);
    here.fine(&format!("{untrained} --seed 2").replace("--run run", "--run twin"));
    let v1 = untrained.replace(
        "mobilenet-cbam --width 0.125 --attention 3",
        "mobilenet-v1 --width 0.125",
    );
    here.fine(&v1.replace("--run run", "--run v1"));
    for run in ["run", "twin", "v1"] {
        here.fine(&format!("export --data . --run {run}"));
    }
    let evaluate = "evaluate --data . --run run --test shapes/test --bundle";
    here.fine(&format!("{evaluate} run/bundle"));
    here.refused(&format!("{evaluate} v1/bundle"), 65, "mobilenet-v1-0.125");
    here.refused(&format!("{evaluate} twin/bundle"), 65, "other weights");
}

#[test]
fn weights_that_are_gone_are_not_promised() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let here = Here(folder.path());
    here.fine(TRAIN);
    fs::remove_file(folder.path().join("run/best.bpk")).unwrap();
    here.refused(&format!("{TRAIN} --resume"), 65, "which is gone");
}

#[test]
fn what_a_parent_or_a_teacher_was_trained_on_is_not_measured_on() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let here = Here(folder.path());
    here.fine(&TRAIN.replace("--epochs 2", "--epochs 0"));
    let turned = shapes::SOURCES
        .replace("train.txt", "other.txt")
        .replace("test.txt", "train.txt")
        .replace("other.txt", "test.txt");
    fs::write(folder.path().join("turned.toml"), turned).unwrap();
    let leak = "run was trained on 15 of the 15 photographs of shapes/test";
    let child = "train --data . --from run --run child --epochs 0";
    here.refused(&format!("{child} --sources turned.toml"), 65, leak);
    let pupil = TRAIN.replace(
        "shapes.toml --run run",
        "turned.toml --run child --teacher run",
    );
    here.refused(&pupil, 65, leak);
    assert!(!folder.path().join("child").exists());
    // A grandchild is told as well.
    here.fine(child);
    let grandchild = "train --data . --from child --run grandchild --epochs 0";
    here.refused(
        &format!("{grandchild} --sources turned.toml"),
        65,
        "was trained on 15",
    );
}

#[test]
fn a_bundle_names_whose_photographs_a_run_before_it_was_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    std::os::unix::fs::symlink("shapes", folder.path().join("others")).unwrap();
    let others = shapes::SOURCES.replace("\"shapes\"", "\"others\"");
    fs::write(folder.path().join("others.toml"), others).unwrap();
    let here = Here(folder.path());
    here.fine(&TRAIN.replace("--epochs 2", "--epochs 0"));
    here.fine("train --data . --from run --run child --epochs 0 --sources others.toml");
    here.fine("export --data . --run child --golden shapes/test");
    let manifest: Manifest =
        files::read_toml(&folder.path().join("child/bundle/model.toml")).unwrap();
    let names: Vec<&str> = manifest.data.iter().map(|source| &*source.name).collect();
    assert_eq!(names, ["others", "shapes"]);
}

#[test]
fn a_calibration_with_other_photographs_is_another_run() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let here = Here(folder.path());
    here.fine(&TRAIN.replace("--epochs 2", "--epochs 0"));
    let quantise = "quantise --data . --from run --run int8 --epochs 0 --resume --calibration";
    here.fine(&format!("{quantise} 4"));
    let list = fs::read_to_string(folder.path().join("int8/calibration.txt")).unwrap();
    assert_eq!(list.lines().count(), 4);
    here.fine(&format!("{quantise} 4"));
    here.refused(&format!("{quantise} 8"), 65, "calibration");
    let now = fs::read_to_string(folder.path().join("int8/calibration.txt")).unwrap();
    assert_eq!(now, list);
}
