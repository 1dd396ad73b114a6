//! Runs that were written under older names of keys are read, and go on.

use std::fs;
use std::path::Path;

use sortd_trainer::compress::storage::StoredWeights;
use sortd_trainer::config::RunConfig;
use sortd_trainer::files;
use sortd_trainer::nets::plan::Plan;

use crate::commands::{Here, TRAIN};
use crate::shapes;

/// Keys of `config.toml`, and what they were called before.
const CONFIG_KEYS: [(&str, &str); 4] = [
    ("[augmentation]", "[variation]"),
    ("smallest-crop = ", "smallest-cut = "),
    ("quantised = ", "rounding = "),
    ("[network.start.pruned", "[network.start.cut"),
];

/// Layers of `plan.json`, and what they were called before.
const PLAN_KEYS: [(&str, &str); 2] = [
    ("\"channel-attention\"", "\"channel-gate\""),
    ("\"spatial-attention\"", "\"pixel-gate\""),
];

/// The configuration of a pruned and quantised run, as it was written before.
const OLD_CONFIG: &str = r#"
seed = 1
[data]
name = "shapes"
train-images = 15
background-images = 0
draws = 15
reduced-side = 48
[data.sources]
labels = ["cross", "disc"]
[[data.sources.sources]]
name = "shapes"
licence = "MIT"
folder = "shapes"
[[data.sources.train]]
source = "shapes"
list = "train"
[[data.sources.validation]]
source = "shapes"
list = "val"
[network]
architecture = "mobilenet-cbam-0.125"
side = 32
parameters = 1000
macs = 2000
[network.start]
from = "run"
sha256 = "00"
[network.start.cut]
criterion = "share-of-network"
strength = 0.25
heavy-strength = 0.5
[network.start.cut.target]
macs = 2000
parameters = 1000000000
[training]
epochs = 2
batch = 5
weight-decay = 0.02
label-smoothing = 0.1
class-balance = 0.5
early-rate = 0.4
head-rate = 3.0
probe-epochs = 0
average-decay = 0.998
scale-penalty = 0.0
rounding = true
calibration = 9
[rate]
peak = 0.001
warmup = 0.15
start-divisor = 25.0
end-divisor = 10000.0
[variation]
smallest-cut = 0.45
mirror = 0.25
"#;

fn renamed(text: &str, names: &[(&str, &str)]) -> String {
    names
        .iter()
        .fold(text.to_owned(), |text, (new, old)| text.replace(new, old))
}

/// Gives the files of a run the keys that they had before.
fn age(run: &Path) {
    let rewrite = |file: &str, names: &[(&str, &str)]| {
        let file = run.join(file);
        let before = fs::read_to_string(&file).unwrap();
        let after = renamed(&before, names);
        assert_ne!(before, after, "{}", file.display());
        fs::write(&file, &after).unwrap();
        (
            files::sha256(before.as_bytes()),
            files::sha256(after.as_bytes()),
        )
    };
    rewrite("config.toml", &CONFIG_KEYS);
    let (new_plan, old_plan) = rewrite("plan.json", &PLAN_KEYS);
    let identity = "checkpoint-0001/identity.json";
    rewrite(identity, &[(&new_plan, &old_plan)]);
}

#[test]
fn an_old_configuration_equals_the_one_that_would_be_written_now() {
    let old = RunConfig::from_toml(OLD_CONFIG, "config.toml").unwrap();
    let names = CONFIG_KEYS.map(|(new, old)| (old, new));
    let new = RunConfig::from_toml(&renamed(OLD_CONFIG, &names), "config.toml").unwrap();
    assert_eq!(old, new);
    assert_eq!(old.differences(&new), Vec::<String>::new());
    assert!(old.training.quantised && old.network.start.pruned.is_some());
    assert!((old.augmentation.smallest_crop - 0.45).abs() < 1e-6);
    let written = old.to_toml().unwrap();
    for (new, old) in CONFIG_KEYS {
        assert!(written.contains(new) && !written.contains(old), "{new}");
    }
}

#[test]
fn an_old_plan_and_an_old_list_of_stored_weights_are_read() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    Here(folder.path()).fine(&TRAIN.replace("--epochs 2", "--epochs 0"));
    let text = fs::read_to_string(folder.path().join("run/plan.json")).unwrap();
    let read = |text: &str| serde_json::from_str::<Plan>(text).unwrap();
    assert_eq!(read(&text), read(&renamed(&text, &PLAN_KEYS)));
    let stored = r#"{"layer": "stem", "zeros": 0.5, "bytes": 8, "coded-bytes": 4}"#;
    let stored: StoredWeights = serde_json::from_str(stored).unwrap();
    assert!((stored.sparsity - 0.5).abs() < 1e-9);
}

#[test]
fn interrupted_old_runs_go_on_under_old_and_new_options() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let here = Here(folder.path());
    fs::write(folder.path().join("new.toml"), "smallest-crop = 0.5\n").unwrap();
    fs::write(folder.path().join("old.toml"), "smallest-cut = 0.5\n").unwrap();
    here.fine(&TRAIN.replace("--epochs 2", "--epochs 0"));
    let (new, old) = ("--augmentation new.toml", "--variation old.toml");
    for command in [
        "prune --run pruned --macs 700k",
        "quantise --run int8 --calibration 9",
    ] {
        let command = format!("{command} --data . --from run --batch 5 --epochs 2");
        let run = command.split(' ').nth(2).unwrap();
        here.fine(&format!("{command} {new} --stop-after 1"));
        age(&folder.path().join(run));
        let said = here.fine(&format!("{command} {old} --resume"));
        assert!(said.contains("1 of 2 epochs done"), "{said}");
        // An old run that is done is still opened.
        here.fine(&format!("evaluate --data . --run {run} --test shapes/test"));
    }
    here.fine("sparsify --data . --from run --run sparse --batch 5 --epochs 0 --zeros 0.5");
}
