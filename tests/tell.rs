//! Where the page is, told on a card: the flag on which its socket waits, the report's last part, and the picture that is asked for.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::fs;
use std::path::PathBuf;

use common::Ran;
use common::bin::Bin;
use common::card::{Card, config};
use sortd::config::committed::Committed;

/// The shipped configuration with an open or a closed page.
fn with_page(listen: &str, hold: u32) -> String {
    config(|text| {
        text.replace("listen = \"off\"", &format!("listen = \"{listen}\""))
            .replace("hold-ms = 4000", &format!("hold-ms = {hold}"))
    })
}

fn flag(card: &Card) -> PathBuf {
    card.boot().with_file_name("web")
}

/// Takes over as the image's unit does; whether the page's socket would be opened.
fn opens(card: &Card) -> bool {
    let ran = common::finish(card.command().arg("--web").arg(flag(card)));
    assert_eq!(ran.status, 0, "{ran:?}");
    let is_open = flag(card).exists();
    let told = if is_open {
        "open to the local network"
    } else {
        "closed"
    };
    assert!(ran.out.contains(told), "{ran:?}");
    is_open
}

fn tell(card: &Card, bin: Option<&Bin>) -> String {
    let nobody = tempfile::tempdir().unwrap();
    let sockets = bin.map_or(nobody.path(), |bin| bin.folder.path());
    let mut command = common::sortd();
    command.arg("tell").arg("--sockets").arg(sockets);
    command
        .arg("--onto")
        .arg(card.boot())
        .arg("--web")
        .arg(flag(card));
    let ran = common::finish(&mut command);
    assert_eq!(ran.status, 0, "{ran:?}");
    report(card)
}

fn report(card: &Card) -> String {
    fs::read_to_string(card.boot().join("sortd-report.txt")).unwrap()
}

#[test]
fn the_page_is_opened_by_the_configuration_in_force() {
    let card = Card::new();
    assert!(!opens(&card), "as shipped");
    card.write("sortd.toml", &with_page("lan", 500));
    assert!(opens(&card));
    assert!(opens(&card), "as before");
    card.write("sortd.toml", "nonsense");
    assert!(opens(&card), "what is refused changes nothing");
    card.write("sortd.toml", &with_page("off", 500));
    assert!(!opens(&card));
}

#[test]
fn what_was_committed_opens_and_closes_it_too() {
    let card = Card::new();
    let of_file = with_page("lan", 500);
    card.write("sortd.toml", &of_file);
    assert!(opens(&card));
    let daemon = card.state().join("daemon");
    fs::create_dir_all(&daemon).unwrap();
    let committed = Committed::of(&daemon);
    let file = std::path::Path::new("/etc/sortd/sortd.toml");
    committed
        .commit(&with_page("off", 600), file, &of_file)
        .unwrap();
    assert!(!opens(&card), "closed on the page");
    // The daemon goes back to the file where a generation is not right, and so does this.
    committed.commit("nonsense", file, &of_file).unwrap();
    assert!(opens(&card));
    card.write("sortd.toml", &with_page("off", 700));
    assert!(!opens(&card), "the card counts again");
}

#[test]
fn the_report_ends_with_the_whereabouts_of_the_newest_start() {
    let bin = Bin::start();
    let card = Card::new();
    card.write("sortd.toml", &with_page("lan", 500));
    assert!(opens(&card));
    let before = report(&card);
    tell(&card, Some(&bin));
    let told = tell(&card, Some(&bin));
    assert!(told.starts_with(&*before), "{told}");
    assert_eq!(told.matches("In the network\r\n").count(), 1, "{told}");
    let status: serde_json::Value =
        serde_json::from_str(&bin.ask(&["status", "--json"]).out).unwrap();
    assert!(told.contains(status["pairing"].as_str().unwrap()), "{told}");
    assert!(
        !told.replace("\r\n", "").contains('\n'),
        "line ends that every editor understands"
    );
    fs::remove_file(flag(&card)).unwrap();
    let closed = tell(&card, Some(&bin));
    assert!(!closed.contains("http://"), "{closed}");
}

#[test]
fn without_a_daemon_the_report_says_so() {
    let card = Card::new();
    card.write("sortd.toml", &with_page("lan", 500));
    assert!(opens(&card));
    card.write("picture", "");
    let told = tell(&card, None);
    assert!(told.contains("no daemon answers"), "{told}");
    assert!(told.contains("asked for again at the next start"), "{told}");
    assert!(card.boot().join("picture").exists(), "the wish stays");
}

#[test]
fn a_picture_that_is_asked_for_lies_on_the_card() {
    let bin = Bin::start();
    let card = Card::new();
    tell(&card, Some(&bin));
    assert!(!card.boot().join("sortd-view.jpg").exists(), "nobody asked");
    card.write("picture.txt", "please");
    let told = tell(&card, Some(&bin));
    assert!(told.contains("sortd-view.jpg"), "{told}");
    assert!(!card.boot().join("picture.txt").exists());
    let view = image::open(card.boot().join("sortd-view.jpg"))
        .unwrap()
        .into_rgb8();
    // The drop zone is the whole picture here, and drawn in yellow.
    let corner = view.get_pixel(0, 0).0;
    assert!(
        corner[0] > 200 && corner[1] > 150 && corner[2] < 90,
        "{corner:?}"
    );
}

#[test]
fn in_a_terminal_it_says_where_the_page_would_be() {
    let bin = Bin::start();
    let Ran { status, out, .. } = bin.ask(&["tell", "--port", "8080"]);
    assert_eq!(status, 0, "{out}");
    assert!(
        out.contains("sortd-web-lan.socket") && out.contains("code"),
        "{out}"
    );
    let bad = bin.ask(&["tell", "--wait", "100000"]);
    assert_eq!(bad.status, 2, "{bad:?}");
}
