//! `sortd takeover`: what is right on the boot partition is in force afterwards, what is wrong changes
//! nothing, and both are told to somebody who has a laptop and no shell.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use common::card::{Card, holding, naming_kitchen};
use common::copy_folder;

#[test]
fn an_empty_boot_partition_changes_nothing() {
    let card = Card::new();
    let report = card.take_over();
    assert!(
        report.contains("sortd.toml               not there"),
        "{report}"
    );
    assert!(!card.in_force().is_symlink());
    assert!(!card.mark().exists());
}

#[test]
fn a_right_configuration_is_in_force_and_taken_once() {
    let card = Card::new();
    // Windows' line ends, and the mark that its editor puts before UTF-8.
    let text = holding(5000);
    card.write(
        "sortd.toml",
        &format!("\u{feff}{}", text.replace('\n', "\r\n")),
    );
    let report = card.take_over();
    assert!(
        report.contains("sortd.toml               taken over"),
        "{report}"
    );
    assert!(
        fs::read_to_string(card.in_force())
            .unwrap()
            .contains("hold-ms = 5000")
    );
    card.assert_in_force_is_fine();

    let report = card.take_over();
    assert!(
        report.contains("sortd.toml               as before"),
        "{report}"
    );
    assert_eq!(
        fs::read_link(card.in_force()).unwrap(),
        Path::new("taken/1/sortd.toml")
    );
}

#[test]
fn a_wrong_configuration_is_told_by_line_and_the_last_good_one_goes_on() {
    let card = Card::new();
    let good = holding(5000);
    card.write("sortd.toml", &good);
    card.take_over();

    card.write("sortd.toml", &good.replace("hold-ms", "hold_ms"));
    let report = card.take_over();
    let line = good
        .lines()
        .position(|line| line.starts_with("hold-ms"))
        .unwrap()
        + 1;
    let why =
        format!("sortd.toml:{line}:1: decision.hold_ms: unknown key; did you mean `hold-ms`?");
    assert!(report.contains(&format!("    {why}\n")), "{report}");
    assert_eq!(fs::read_to_string(card.mark()).unwrap(), why);
    assert_eq!(fs::read_to_string(card.in_force()).unwrap(), good);
    card.assert_in_force_is_fine();

    // Mended, the mark goes.
    card.write("sortd.toml", &good);
    card.take_over();
    assert!(!card.mark().exists());
}

#[test]
fn a_model_comes_with_the_configuration_that_names_it() {
    let card = Card::new();
    copy_folder(
        &common::root().join("models/waste"),
        &card.boot().join("models/kitchen"),
    );
    fs::create_dir(card.boot().join("models/.Trashes")).unwrap();
    card.write("sortd.toml", &naming_kitchen());
    let report = card.take_over();
    assert!(
        report.contains("models/kitchen           taken over"),
        "{report}"
    );
    assert!(!report.contains("Trashes"), "{report}");
    card.assert_in_force_is_fine();
    let before = fs::read_link(card.in_force()).unwrap();

    // The model breaks on the card: the one that was taken goes on.
    fs::write(card.boot().join("models/kitchen/model.onnx"), "half a mo").unwrap();
    let report = card.take_over();
    assert!(
        report.contains("models/kitchen           REFUSED"),
        "{report}"
    );
    assert!(report.contains("models/kitchen/model.onnx"), "{report}");
    assert!(card.mark().exists());
    assert_eq!(fs::read_link(card.in_force()).unwrap(), before);
    card.assert_in_force_is_fine();
}

#[test]
fn a_model_that_does_not_fit_the_bins_is_refused_with_its_configuration() {
    let card = Card::new();
    copy_folder(
        &common::root().join("models/waste"),
        &card.boot().join("models/kitchen"),
    );
    card.write(
        "sortd.toml",
        &naming_kitchen().replace("accepts = [\"glass\"]", "accepts = [\"glas\"]"),
    );
    let report = card.take_over();
    assert!(report.contains("did you mean `glass`?"), "{report}");
    assert!(
        report.contains("not taken, because sortd.toml was refused"),
        "{report}"
    );
    assert!(!card.in_force().is_symlink());
}

#[test]
fn what_an_interrupted_takeover_left_is_in_nobodys_way() {
    let card = Card::new();
    fs::create_dir_all(card.state().join("taken/1/models/half")).unwrap();
    fs::write(card.state().join("sortd.toml.new"), "half").unwrap();
    card.write("sortd.toml", &holding(5000));
    card.take_over();
    card.assert_in_force_is_fine();
    assert!(!card.state().join("taken/1/models/half").exists());

    // Of many takeovers the last two stay.
    for hold in 6000..6004 {
        card.write("sortd.toml", &holding(hold));
        card.take_over();
    }
    assert_eq!(fs::read_dir(card.state().join("taken")).unwrap().count(), 2);
}

#[test]
fn wireless_access_is_taken_apart_from_the_rest() {
    let card = Card::new();
    card.write("sortd.toml", "[camera\n");
    card.write(
        "wifi.txt",
        "country = DE\nnetwork = Werkstatt\npassword = sesam öffne dich\n",
    );
    let report = card.take_over();
    assert!(
        report.contains("wifi.txt:3:1: password: the password cannot be one"),
        "{report}"
    );
    card.write(
        "wifi.txt",
        "country = DE\nnetwork = Werkstatt\npassword = sesam oeffne dich\n",
    );
    let report = card.take_over();
    assert!(
        report.contains("wifi.txt                 taken over"),
        "{report}"
    );
    assert!(
        report.contains("sortd.toml               REFUSED"),
        "{report}"
    );
    let settings = fs::read_to_string(card.state().join("wifi/wpa_supplicant.conf")).unwrap();
    assert!(settings.contains("psk=\"sesam oeffne dich\""), "{settings}");
}

/// What was refused can be read by the daemon's user, and the report by whoever has the card.
#[test]
fn a_password_in_the_wrong_place_is_told_to_nobody() {
    const SECRET: &str = "topsecret99";
    for text in [
        "country = DE, network = n, password = topsecret99\n",
        "country = DE\nnetwork = n; password = topsecret99\n",
        "topsecret99 = password\ncountry = DE\nnetwork = n\n",
        "hidden = topsecret99\ncountry = DE\nnetwork = n\n",
        "country = topsecret99\nnetwork = n\n",
        "country = DE\nnetwork = n\npassword topsecret99 = x\n",
        "country = DE\nnetwork = n\npasswort = topsecret99\n",
        "country = DE\nnetwork = n\n# password\ntopsecret99\n",
    ] {
        let card = Card::new();
        card.write("wifi.txt", text);
        let ran = card.run();
        assert_eq!(ran.status, 0, "{ran:?}");
        let report = fs::read_to_string(card.boot().join("sortd-report.txt")).unwrap();
        let refused = fs::read_to_string(card.mark()).unwrap();
        assert!(refused.starts_with("wifi.txt:"), "{text}: {refused}");
        for told in [&report, &refused, &ran.out, &ran.err] {
            assert!(!told.contains(SECRET), "{text}: {told}");
        }
    }
}

#[test]
fn no_link_on_the_card_is_followed() {
    const SECRET: &str = "[camera]\nsecret = \"topsecret99\"\n";
    const LINK: &str = "is a link; copy what it leads to in its place";
    let card = Card::new();
    let before = fs::read_to_string(card.in_force()).unwrap();
    let elsewhere = card.boot().parent().unwrap().join("elsewhere");
    copy_folder(&common::root().join("models/waste"), &elsewhere);
    fs::write(elsewhere.join("secret"), SECRET).unwrap();
    for name in ["sortd.toml", "wifi.txt"] {
        symlink(elsewhere.join("secret"), card.boot().join(name)).unwrap();
    }
    card.add_model("kitchen");
    symlink(&elsewhere, card.boot().join("models/own")).unwrap();
    let manifest = card.boot().join("models/kitchen/model.toml");
    fs::remove_file(&manifest).unwrap();
    symlink(elsewhere.join("model.toml"), &manifest).unwrap();

    let report = card.take_over();
    for told in [format!("sortd.toml: {LINK}"), format!("wifi.txt: {LINK}")] {
        assert!(report.contains(&told), "{told}: {report}");
    }
    assert!(!report.contains("topsecret99"), "{report}");
    assert_eq!(fs::read_to_string(card.in_force()).unwrap(), before);
    assert!(!card.state().join("taken").exists());
    assert!(!card.state().join("wifi").exists());

    for name in ["sortd.toml", "wifi.txt"] {
        fs::remove_file(card.boot().join(name)).unwrap();
    }
    card.write("sortd.toml", &naming_kitchen());
    let report = card.take_over();
    assert!(
        report.contains(&format!(
            "models/own               REFUSED; the last good one goes on\n    {LINK}"
        )),
        "{report}"
    );
    assert!(report.contains(&format!("model.toml: {LINK}")), "{report}");
    assert!(
        report.contains(
            "models/kitchen: is on the card, but was refused; mend what is said of models/kitchen"
        ),
        "{report}"
    );

    fs::rename(card.boot().join("models"), elsewhere.join("models")).unwrap();
    symlink(elsewhere.join("models"), card.boot().join("models")).unwrap();
    let report = card.take_over();
    assert!(
        report.contains(&format!(
            "models                   REFUSED; the last good one goes on\n    {LINK}"
        )),
        "{report}"
    );
}

#[test]
fn a_state_that_another_user_leads_elsewhere_is_not_written() {
    let card = Card::new();
    card.write(
        "wifi.txt",
        "country = DE\nnetwork = Workshop\npassword = secret1234\n",
    );
    let home = card.boot().parent().unwrap().join("home");
    fs::create_dir(&home).unwrap();
    symlink(card.state(), home.join("state")).unwrap();
    // As good as another user's: whoever writes there can lay another link.
    fs::set_permissions(&home, fs::Permissions::from_mode(0o777)).unwrap();
    let ran = common::finish(
        common::sortd()
            .args(["takeover", "--from"])
            .arg(card.boot())
            .arg("--state")
            .arg(home.join("state")),
    );
    assert_eq!(ran.status, 69, "{ran:?}");
    assert!(
        ran.err.contains("home/state: is a link in a folder"),
        "{ran:?}"
    );
    assert!(!card.state().join("wifi").exists());
}

#[test]
fn a_state_that_cannot_be_written_is_an_error_that_names_it() {
    let card = Card::new();
    card.write("sortd.toml", &holding(5000));
    fs::write(
        card.state().join("taken"),
        "a file where a folder should be",
    )
    .unwrap();
    let ran = card.run();
    assert_eq!(ran.status, 69, "{ran:?}");
    assert!(ran.err.contains("taken/1: cannot be written"), "{ran:?}");
    // Somebody with a laptop and no shell must hear of it as well.
    let report = fs::read_to_string(card.boot().join("sortd-report.txt")).unwrap();
    assert!(report.contains("NOT TAKEN OVER"), "{report}");
    assert!(report.contains("taken/1: cannot be written"), "{report}");
    assert!(fs::read_to_string(card.mark()).unwrap().contains("taken/1"));
    card.assert_in_force_is_fine();
}
