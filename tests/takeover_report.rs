//! What `sortd-report.txt` says of names that are nearly right and of lines that may be meant in two ways, and
//! whether the status light tells.
//!
//! `golden/takeover` holds the reports, as far as they are of the card. After a message was changed on
//! purpose, `SORTD_UPDATE_GOLDEN=1 cargo test --test takeover_report` writes them anew; read the difference
//! before committing it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::fs;

use common::card::{Card, holding, naming_kitchen};
use sortd::config::committed::Committed;

/// Lays files and folders onto a card: a path that ends with a slash is a folder.
fn lay(card: &Card, paths: &[&str]) {
    for path in paths {
        let place = card.boot().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        if path.ends_with('/') {
            fs::create_dir_all(place).unwrap();
        } else {
            fs::write(place, "").unwrap();
        }
    }
}

/// Takes over and compares what the report says of the card; `light` is whether the status light tells.
#[track_caller]
fn assert_report(card: &Card, golden: &str, light: bool) {
    let report = card.take_over();
    let (of_card, _) = report.split_once("\nWhat is in force\n").unwrap();
    assert_eq!(card.mark().exists(), light, "{report}");
    let file = common::root().join(format!("tests/golden/takeover/{golden}.txt"));
    if std::env::var_os("SORTD_UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, of_card).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(of_card, expected, "{golden}");
}

const LITTER: [&str; 7] = [
    "._sortd.toml",
    ".DS_Store",
    ".Spotlight-V100/store",
    "System Volume Information/IndexerVolumeGuid",
    "$RECYCLE.BIN/desktop.ini",
    "models/__MACOSX/._own",
    "sortd-readme.txt",
];

#[test]
fn litter_of_laptops_is_nothing_to_speak_of() {
    let card = Card::new();
    lay(&card, &LITTER);
    assert_report(&card, "litter", false);
}

#[test]
fn files_under_nearly_the_right_name_are_refused_where_the_right_one_is_missing() {
    let card = Card::new();
    lay(&card, &LITTER);
    lay(
        &card,
        &[
            "sortd.toml.txt",
            "Sortd (1).toml",
            "sortd.toml.bak",
            "wifi.txt.txt",
            "WiFi.txt",
            "Models/own/model.toml",
        ],
    );
    fs::remove_dir_all(card.boot().join("models")).unwrap();
    assert_report(&card, "near-names", true);
}

#[test]
fn files_in_folders_shortcuts_and_slips_of_the_finger_are_refused() {
    let card = Card::new();
    lay(
        &card,
        &[
            "stord.toml",
            "sortd v2.toml",
            "sortd.toml.lnk",
            "sortd.zip",
            "sortd/sortd.toml",
            "models/sortd.toml",
            "models/own.tar.zst",
            "models/own.lnk",
            "modelle/own/model.toml",
            "wifi.txtt",
            "overlays/readme.txt",
        ],
    );
    assert_report(&card, "near-names-more", true);
}

#[test]
fn beside_the_right_one_they_are_told_without_the_light() {
    let card = Card::new();
    lay(
        &card,
        &[
            "sortd.toml.txt",
            "sortd (1).toml",
            "sortd.toml.bak",
            "wifi (1).txt",
            "models (1).zip",
            "models/",
        ],
    );
    card.write("sortd.toml", &holding(5000));
    card.write("wifi.txt", "country = DE\nnetwork = Workshop\n");
    assert_report(&card, "near-names-beside", false);
}

#[test]
fn models_that_are_packed_misnamed_or_misplaced_are_refused_with_what_to_do() {
    let card = Card::new();
    lay(
        &card,
        &[
            "models/own.zip",
            "models/model.toml",
            "models/model.onnx",
            "models/golden/glass.png",
            "models/Kitchen/model.toml",
            "models/first/model.toml.txt",
            "models/second/second/model.toml",
        ],
    );
    card.write("sortd.toml", &naming_kitchen());
    assert_report(&card, "near-models", true);
}

#[test]
fn beside_a_whole_model_they_are_told_without_the_light() {
    let card = Card::new();
    card.add_model("kitchen");
    lay(
        &card,
        &[
            "models/kitchen.zip",
            "models/model.toml",
            "models/kitchen/model.toml.txt",
        ],
    );
    card.write("sortd.toml", &naming_kitchen());
    assert_report(&card, "near-models-beside", false);
}

#[test]
fn a_name_that_is_not_for_people_is_shown_and_short() {
    let card = Card::new();
    let long = format!("sortd.toml{}.txt", " ".repeat(200));
    lay(&card, &["sortd\u{1b}[2J\n.toml", "models/a\u{7}b/", &long]);
    let report = card.take_over();
    assert!(
        report.lines().all(|line| line.chars().count() < 250),
        "{report}"
    );
    assert!(!report.contains(['\u{1b}', '\u{7}']), "{report}");
    assert!(report.contains("models/a\\u{7}b"), "{report}");
}

#[test]
fn ten_thousand_files_are_no_reason_to_wait() {
    let card = Card::new();
    for number in 0..10_000 {
        fs::write(card.boot().join(format!("sortd ({number}).toml")), "").unwrap();
    }
    let report = card.take_over();
    assert!(report.lines().count() < 40, "{report}");
    assert!(
        report.contains("is not read because of its name"),
        "{report}"
    );
}

#[test]
fn lines_of_wifi_txt_that_may_be_meant_in_two_ways_are_told() {
    for (golden, light, text) in [
        (
            "wifi-remark",
            true,
            "country = UK\nnetwork = Workshop # upstairs\npassword = secret1234\n",
        ),
        (
            "wifi-half-a-quote",
            true,
            "country = DE\nnetwork = Workshop”\npassword = 'secret1234\n",
        ),
        (
            "wifi-single-quotes",
            false,
            "country = DE\nnetwork = 'Workshop'\npassword = secret1234\n",
        ),
        (
            "wifi-typographic-quotes",
            false,
            "country = DE\nnetwork = “Workshop”\npassword = secret1234\n",
        ),
        (
            "wifi-as-it-stands",
            false,
            "country = DE # or AT\nnetwork = Anna’s\npassword = secret#1234\n",
        ),
        (
            "wifi-between-quotes",
            false,
            "country = DE\nnetwork = \"'Workshop' # 2\"\npassword = \"\"secret#1234\"\"\n",
        ),
    ] {
        let card = Card::new();
        card.write("wifi.txt", text);
        assert_report(&card, golden, light);
        assert_eq!(
            card.state().join("wifi/wpa_supplicant.conf").exists(),
            !light,
            "{golden}"
        );
    }
}

#[test]
fn what_was_committed_on_the_bin_s_own_page_is_told_as_what_is_in_force() {
    let card = Card::new();
    card.write("sortd.toml", &holding(600));
    card.take_over();
    let daemon = card.state().join("daemon");
    let committed = Committed::of(&daemon);
    fs::create_dir_all(&daemon).unwrap();
    let file = std::path::Path::new("/etc/sortd/sortd.toml");
    committed
        .commit(&holding(700), file, &holding(600))
        .unwrap();
    let report = card.take_over();
    assert!(report.contains("generation 1, committed"), "{report}");
    // What the card brings is compared with what it brought before, and a change of it counts.
    assert!(report.contains("as before"), "{report}");
    // The daemon passes over what it cannot run with, and so does whoever tells what is in force.
    let gone = holding(700)
        .replace("listen = \"off\"", "listen = \"lan\"")
        .replace("[model]\n", "[model]\nbundle = \"models/gone\"\n");
    committed.commit(&gone, file, &holding(600)).unwrap();
    let report = card.take_over();
    let (_, passed_over) = report.split_once("PASSED OVER").expect("told");
    let mut told = passed_over.lines();
    assert!(
        told.next().is_some()
            && told
                .next()
                .is_some_and(|line| line.contains("generation 2") && line.contains("models/gone")),
        "{report}"
    );
    assert!(report.contains("closed; listen"), "{report}");
    // A state that is named from where one stands is the same.
    let mut beside = common::sortd();
    beside.current_dir(card.state().parent().unwrap());
    beside.args(["takeover", "--from", "boot", "--state", "state"]);
    let ran = common::finish(&mut beside);
    assert!(ran.out.contains("PASSED OVER"), "{ran:?}");
    let pointer = sortd::config::committed::pointer(&daemon);
    fs::write(pointer, "generation = 2\nfi").unwrap();
    let report = card.take_over();
    let (_, passed_over) = report.split_once("PASSED OVER").expect("told");
    assert!(passed_over.contains("cannot be understood"), "{report}");
    committed.commit(&gone, file, &holding(600)).unwrap();
    card.write("sortd.toml", &holding(800));
    let report = card.take_over();
    assert!(!report.contains("generation 1"), "{report}");
}
