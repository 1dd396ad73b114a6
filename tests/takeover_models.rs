//! `sortd takeover`: which models stay on the state partition, what they share, and what a power cut or a
//! full partition leaves.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use common::card::{Card, holding, naming_kitchen};
use common::copy_folder;

fn held(millis: u32) -> String {
    naming_kitchen().replace("hold-ms = 4000", &format!("hold-ms = {millis}"))
}

fn inode(card: &Card, generation: u64) -> u64 {
    let model = format!("taken/{generation}/models/kitchen/model.onnx");
    fs::metadata(card.state().join(model)).unwrap().ino()
}

#[test]
fn a_change_of_the_configuration_alone_copies_no_model() {
    let card = Card::new();
    card.add_model("kitchen");
    card.write("sortd.toml", &naming_kitchen());
    card.take_over();
    card.write("sortd.toml", &held(5000));
    card.take_over();
    assert_eq!(card.generation(), 2);
    assert_eq!(inode(&card, 1), inode(&card, 2));
    // The generation that wrote it goes, and the model stays.
    card.write("sortd.toml", &held(6000));
    card.take_over();
    assert!(!card.state().join("taken/1").exists());
    card.assert_in_force_is_fine();
}

#[test]
fn a_model_leaves_when_it_is_neither_on_the_card_nor_named() {
    let card = Card::new();
    card.add_model("kitchen");
    card.add_model("other");
    card.write("sortd.toml", &naming_kitchen());
    card.take_over();
    assert!(card.holds(1, "kitchen") && card.holds(1, "other"));

    fs::remove_dir_all(card.boot().join("models/other")).unwrap();
    let report = card.take_over();
    assert!(
        report.contains("models/other             removed: not on the card, and not named"),
        "{report}"
    );
    assert!(!card.holds(1, "other"));

    // What is named stays without being on the card.
    fs::remove_dir_all(card.boot().join("models")).unwrap();
    card.write("sortd.toml", &held(5000));
    let report = card.take_over();
    assert!(!report.contains("removed"), "{report}");
    assert!(card.holds(2, "kitchen"));
    card.assert_in_force_is_fine();

    // Then nothing names it but the configuration before, and then nothing at all.
    card.write("sortd.toml", &holding(6000));
    let report = card.take_over();
    assert!(
        report.contains("models/kitchen           removed"),
        "{report}"
    );
    assert!(card.holds(2, "kitchen") && !card.holds(3, "kitchen"));
    card.write("sortd.toml", &holding(7000));
    card.take_over();
    assert!(!card.holds(3, "kitchen") && !card.holds(4, "kitchen"));
    assert!(!card.state().join("taken/2").exists());
}

#[test]
fn no_model_leaves_while_nobody_can_tell_what_is_named() {
    let card = Card::new();
    card.add_model("kitchen");
    card.write("sortd.toml", &holding(5000));
    card.take_over();
    fs::remove_dir_all(card.boot().join("models")).unwrap();
    card.write("sortd.toml", "[model\nbundle = \"models/kitchen\"\n");
    let report = card.take_over();
    assert!(
        report.contains("sortd.toml               REFUSED"),
        "{report}"
    );
    assert!(card.holds(1, "kitchen"));
    card.write("sortd.toml", &naming_kitchen());
    let report = card.take_over();
    assert!(
        report.contains("sortd.toml               taken over"),
        "{report}"
    );
    card.assert_in_force_is_fine();
}

/// Before anything is in force, nobody can tell which models must stay; what is offered is known all the same.
#[test]
fn the_model_that_is_named_is_looked_at_first() {
    let card = Card::new();
    fs::remove_file(card.in_force()).unwrap();
    for model in ["a", "b", "kitchen"] {
        card.add_model(model);
    }
    card.write("sortd.toml", &naming_kitchen());
    let report = card.take_over();
    let place = |model: &str| report.find(&format!("  models/{model} ")).unwrap();
    assert!(
        place("kitchen") < place("a") && place("a") < place("b"),
        "{report}"
    );
    card.assert_in_force_is_fine();
}

/// Generations with copies of all models, none of them shared.
#[test]
fn generations_that_share_nothing_are_gone_on_with() {
    let card = Card::new();
    for generation in ["1", "2", "3"] {
        let folder = card.state().join("taken").join(generation);
        for model in ["kitchen", "old"] {
            let place = folder.join("models").join(model);
            copy_folder(&common::root().join("models/waste"), &place);
        }
        fs::write(folder.join("sortd.toml"), naming_kitchen()).unwrap();
    }
    fs::remove_file(card.in_force()).unwrap();
    symlink("taken/3/sortd.toml", card.in_force()).unwrap();
    card.write("sortd.toml", &held(5000));
    card.take_over();
    card.assert_in_force_is_fine();
    assert_eq!(card.generation(), 4);
    assert_eq!(inode(&card, 3), inode(&card, 4));
    assert!(!card.holds(3, "old") && !card.holds(4, "old"));
    assert_eq!(fs::read_dir(card.state().join("taken")).unwrap().count(), 2);
}

#[test]
fn what_a_power_cut_left_is_removed_even_where_nothing_is_to_do() {
    let card = Card::new();
    card.write("sortd.toml", &holding(5000));
    card.take_over();
    let taken = card.state().join("taken");
    fs::create_dir_all(taken.join("2/models/half")).unwrap();
    fs::create_dir_all(taken.join("leaving/models/half")).unwrap();
    symlink("taken/2/sortd.toml", card.state().join("sortd.toml.new")).unwrap();
    card.take_over();
    let left: Vec<_> = fs::read_dir(&taken)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["1"]);
    assert!(
        card.state()
            .join("sortd.toml.new")
            .symlink_metadata()
            .is_err()
    );
}

/// Killed at each step that can be seen from outside, a takeover leaves the old or the new, whole; and the
/// next one ends it.
#[test]
fn killed_at_any_step_it_leaves_the_old_or_the_new() {
    let card = Card::new();
    card.add_model("kitchen");
    card.write("sortd.toml", &naming_kitchen());
    card.take_over();
    let steps = [
        "taken/NEXT",
        "taken/NEXT/models/kitchen",
        "taken/NEXT/models/kitchen/golden",
        "taken/NEXT/models/second/model.onnx",
        "taken/NEXT/sortd.toml",
        "sortd.toml.new",
        "in force",
    ];
    for (step, hold) in steps.into_iter().zip(5000..) {
        let before = card.generation();
        // One model is shared, and another is new each time.
        let second = card.boot().join("models/second");
        let _ = fs::remove_dir_all(&second);
        card.add_model("second");
        fs::write(second.join("readme.txt"), hold.to_string()).unwrap();
        card.write("sortd.toml", &held(hold));
        let mut command = card.command();
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mark = card
            .state()
            .join(step.replace("NEXT", &(before + 1).to_string()));
        while child.try_wait().unwrap().is_none() {
            let there = if step == "in force" {
                card.generation() != before
            } else {
                mark.symlink_metadata().is_ok()
            };
            if there {
                child.kill().unwrap();
            }
            std::thread::yield_now();
        }
        card.assert_in_force_is_fine();
        assert!([before, before + 1].contains(&card.generation()), "{step}");
        let report = card.take_over();
        assert!(!report.contains("REFUSED"), "{step}: {report}");
        let text = fs::read_to_string(card.in_force()).unwrap();
        assert!(text.contains(&format!("hold-ms = {hold}")), "{step}");
        card.assert_in_force_is_fine();
        assert!(
            fs::read_dir(card.state().join("taken")).unwrap().count() <= 2,
            "{step}"
        );
    }
}

/// On a small file system of its own, in a namespace of its own.
#[test]
fn models_leave_room_and_a_configuration_needs_less() {
    const SCRIPT: &str = r#"
        set -e
        state=$1 boot=$2 models=$3 sortd=$4 config=$5
        mount -t tmpfs -o size=12m tmp "$state"
        cp "$config" "$state/sortd.toml"
        mkdir -p "$boot/models"; cp -r "$models" "$boot/models/kitchen"; cp -r "$models" "$boot/models/other"
        take() { echo "== $1"; "$sortd" takeover --from "$boot" --state "$state" 2>&1 || echo "status $?"; }
        fill() { rm -f "$state/filled"; free=$(($(stat -f -c '%a * %S' "$state"))); dd if=/dev/zero of="$state/filled" bs=1k count=$((free / 1024 - $1)) status=none; }
        hold() { sed "s/^hold-ms = .*/hold-ms = $1/" "$config" >"$boot/sortd.toml"; }
        fill 6500; hold 5000; take 'no room for models'
        fill 2000; hold 6000; take 'room for a configuration'
        fill 1000; hold 7000; take 'no room at all'
        rm "$state/filled"; take 'room for all'
        cp -r "$models" "$boot/models/third"; fill 6500; take 'no room for a third'
    "#;
    if std::env::var_os("SORTD_TEST_RUNNER").is_some() {
        eprintln!("skipped: the program is built for another processor");
        return;
    }
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
        ]);
        command
    };
    let allowed = unshare("mount -t tmpfs tmp /mnt").output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this machine allows no namespaces to users");
        return;
    }
    let card = Card::new();
    let ran = unshare(SCRIPT)
        .args([
            card.state(),
            card.boot(),
            common::root().join("models/waste"),
        ])
        .arg(Path::new(env!("CARGO_BIN_EXE_sortd")))
        .arg(common::card::shipped_config())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{ran:?}");
    let part = |name: &str| {
        let (_, rest) = said.split_once(&format!("== {name}\n")).unwrap();
        rest.split("\n== ").next().unwrap().to_owned()
    };
    let models = part("no room for models");
    assert!(
        models.contains("sortd.toml               taken over"),
        "{models}"
    );
    assert!(
        models.contains("models/kitchen           REFUSED"),
        "{models}"
    );
    assert!(
        models.contains(
            "are needed; 6.6 MB are free on the state partition, of which 6.3 MB must stay free; use a smaller"
        ),
        "{models}"
    );
    let configuration = part("room for a configuration");
    assert!(
        configuration.contains("sortd.toml               taken over"),
        "{configuration}"
    );
    let none = part("no room at all");
    assert!(
        none.contains("status 69") && none.contains("No space left on device"),
        "{none}"
    );
    assert!(
        none.contains(
            "are needed; 1.0 MB are free on the state partition, of which 1.1 MB must stay free"
        ),
        "{none}"
    );
    let all = part("room for all");
    assert!(all.contains("models/kitchen           taken over"), "{all}");
    assert!(
        all.contains("models/other             taken over") && !all.contains("REFUSED"),
        "{all}"
    );
    let third = part("no room for a third");
    assert!(third.contains("off the card: models/other ("), "{third}");
}
