//! Names that laptops make of the right ones, and names that are none of ours.

use super::*;
use proptest::prelude::*;

fn likeness(wanted: &str, name: &str) -> Option<Likeness> {
    Wanted::fixed(wanted).likeness(name)
}

#[test]
fn what_a_laptop_makes_of_a_name_is_near() {
    for name in [
        "sortd.toml.txt",
        "sortd.toml.toml",
        "sortd (1).toml",
        "sortd(12).toml",
        "sortd.toml (1)",
        "sortd (1).toml.txt",
        "Sortd.toml",
        "SORTD.TOM",
        "SORTD~1.TOM",
        "sortd.tom",
        "sortd",
        "sortd.txt",
        "sortd.conf",
        "sortd.",
        "sortd .toml",
        " sortd.toml",
        "sortd.toml ",
        "\u{a0}sortd.toml",
        "sort d.toml",
        "sortd_toml",
        "sortdtoml",
        "sortd..toml",
        "sortd - Copy.toml",
        "sortd - Copy (2).toml",
        "sortd - Kopie.toml",
        "sortd (copy).toml",
        "sortd copy 2.toml",
        "Copy of sortd.toml",
        "Kopie von sortd.toml",
        "sortd_1.toml",
        "sortd-2.toml",
        "sortd2.toml",
        "sorted.toml",
        "sotrd.toml",
        "sortd.toml.crdownload",
        "sortd.zip",
    ] {
        assert_eq!(
            likeness("sortd.toml", name),
            Some(Likeness::Meant),
            "{name}"
        );
    }
    for name in [
        "wifi.txt.txt",
        "wifi (1).txt",
        "WiFi.txt",
        "Wi-Fi.txt",
        "WIFI.TXT",
        "wifi",
        "wifi.text",
        "wifi.rtf",
        "wify.txt",
        "wifi.tx",
        "wifi.txtt",
        "wifi.tct",
        "wifi – Kopie.txt",
        "wifi - 副本.txt",
        "wifi.txt.xlsx",
        "WLAN.txt",
        "wlan (2).txt",
    ] {
        assert_eq!(likeness("wifi.txt", name), Some(Likeness::Meant), "{name}");
    }
    for name in ["modelle", "Modelle", "modeles", "model", "models.tar.zst"] {
        assert_eq!(likeness("models", name), Some(Likeness::Meant), "{name}");
    }
    for name in [
        "Own",
        "own.zip",
        "own.zipx",
        "own.tar.bz2",
        "own.tar.zst",
        "own.lnk",
        "own (1)",
        "own - Copy",
        "own.tar.gz",
        " own",
        "own_1",
    ] {
        let near = Wanted::chosen("own").likeness(name);
        assert_eq!(near, Some(Likeness::Meant), "{name}");
    }
}

#[test]
fn words_signs_and_slips_of_the_finger_leave_a_name_near() {
    for name in [
        "sortd.toml.new",
        "sortd.new.toml",
        "sortd-new.toml",
        "sortd v2.toml",
        "sortd [1].toml",
        "sortd {2} final.toml",
        "sortd（1）.toml",
        "my sortd.toml",
        "sortd,toml",
        "sortd.toml;",
        "sortd.toml_",
        "_sortd.toml",
        "sortd.toml.xml",
        "sortd.tolm",
        "sortd.tomll",
        "sortd.tomI",
        "sortd.tоml",
        "stord.toml",
        "srtod.toml",
        "sortd.toml.lnk",
        "sortd.toml - Shortcut.lnk",
        "sortd.zipx",
    ] {
        assert_eq!(
            likeness("sortd.toml", name),
            Some(Likeness::Meant),
            "{name}"
        );
    }
}

#[test]
fn what_was_put_aside_may_lie_there() {
    for name in [
        "sortd.toml.bak",
        "sortd.toml~",
        "sortd.bak",
        "sortd.old",
        "sortd (1).toml.orig",
        "sortd-old.toml",
        "sortd.example.toml",
    ] {
        assert_eq!(
            likeness("sortd.toml", name),
            Some(Likeness::PutAside),
            "{name}"
        );
    }
}

#[test]
fn other_names_and_litter_are_not_near() {
    for name in [
        "sortd.toml",
        "sortd-report.txt",
        "sortd-report.txt.new",
        "sortd-readme.txt",
        "sortd_0.1.0-1_arm64.deb",
        "sortd-report.toml",
        "wifi-readme.txt",
        "sort.txt",
        "sort",
        "short.txt",
        "wpa_supplicant.conf",
        "userconf.txt",
        "issue.txt",
        "network-config",
        "what to write into sortd or wifi if all else fails.txt",
        "sortd.png",
        "sortd.log",
        "config.txt",
        "config.toml",
        "cmdline.txt",
        "._sortd.toml",
        ".sortd.toml.swp",
        "~$sortd.toml",
        ".DS_Store",
        "System Volume Information",
        "$RECYCLE.BIN",
        ".Spotlight-V100",
        "",
        "...",
        "(1)",
        "1",
        "copy",
    ] {
        assert_eq!(likeness("sortd.toml", name), None, "{name}");
        if name != "sortd.toml" {
            assert_eq!(likeness("wifi.txt", name), None, "{name}");
        }
    }
    for name in ["overlays", "modes", "nodes", "3d models", "mode.txt"] {
        let near = likeness("models", name);
        assert_eq!(near, (name == "modes").then_some(Likeness::Meant), "{name}");
    }
    // Models bear the names that people give them, and bundles may hold files of other names.
    for other in ["model-int8.toml", "model card.toml", "labels.toml"] {
        assert_eq!(
            Wanted::in_bundle("model.toml").likeness(other),
            None,
            "{other}"
        );
    }
    for (wanted, other) in [
        ("own-2", "own-1"),
        ("own2", "own"),
        ("v1", "v2"),
        ("own", "owl"),
    ] {
        assert_eq!(Wanted::chosen(wanted).likeness(other), None, "{other}");
    }
}

#[test]
fn a_name_is_shown_in_one_short_line() {
    assert_eq!(shown(OsStr::new("a\n\u{1b}[2Jb")), "a\\n\\u{1b}[2Jb");
    assert_eq!(shown(OsStr::new(&"x".repeat(255))).chars().count(), 65);
}

proptest! {
    /// Additions by any program, in any order and any case, leave the name near.
    #[test]
    fn additions_do_not_hide_a_name(
        additions in prop::collection::vec(prop::sample::select(vec![".txt", " (1)", " - Copy", "_1", " ", ".toml"]), 1..4),
        upper in any::<bool>(),
    ) {
        let mut name = format!("wifi.txt{}", additions.concat());
        if upper {
            name = name.to_uppercase();
        }
        prop_assert_eq!(likeness("wifi.txt", &name), Some(Likeness::Meant), "{}", name);
    }

    #[test]
    fn any_name_is_near_or_not(name in any::<String>(), wanted in "[a-z]{1,8}(\\.[a-z]{1,4})?") {
        let _ = Wanted::fixed(&wanted).likeness(&name);
        let _ = shown(OsStr::new(&name));
    }
}

#[test]
fn a_folder_for_what_was_put_aside_says_so() {
    for name in [
        "old",
        "Backups",
        "my old settings",
        "examples",
        "archive-2025",
    ] {
        assert!(is_put_aside(name), "{name}");
    }
    for name in ["sortd", "models", "gold", "new"] {
        assert!(!is_put_aside(name), "{name}");
    }
}
