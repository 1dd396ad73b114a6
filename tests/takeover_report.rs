//! What `sortd-report.txt` says of lines that may be meant in two ways, and whether the status light tells.
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

use common::card::Card;

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
