//! What the SD card image and the package promise in their own files; that it works is seen on the emulated Pi
//! (`make pi-test-full`).

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

use std::fs;
use std::path::{Path, PathBuf};

const IMAGE: &str = "cross/image/files";
/// What the identity of a card's partition table is, as its partitions' PARTUUIDs begin.
const IDENTITY: &str = "736f7274";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The options of a line of the image's fstab.
fn mount_options(place: &str) -> Vec<String> {
    let table = read(&format!("{IMAGE}/root/etc/fstab"));
    let line = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|fields| fields[1] == place)
        .unwrap_or_else(|| panic!("{place} is not in fstab"));
    line[3].split(',').map(str::to_owned).collect()
}

#[test]
fn no_partition_is_found_by_a_label_that_another_disk_may_bear() {
    let mut all = Vec::new();
    files(&root().join(IMAGE), &mut all);
    for file in all {
        let text = fs::read_to_string(&file).unwrap();
        for word in ["LABEL=", "by-label", "by\\x2dlabel", "findfs"] {
            assert!(!text.contains(word), "{} has {word}", file.display());
        }
    }
}

#[test]
fn the_card_has_one_identity_everywhere() {
    for (file, words) in [
        ("boot/cmdline.txt", format!("root=PARTUUID={IDENTITY}-02 ")),
        (
            "root/etc/udev/rules.d/61-sortd-image.rules",
            format!("ENV{{ID_PART_ENTRY_UUID}}==\"{IDENTITY}-0?\""),
        ),
    ] {
        let text = read(&format!("{IMAGE}/{file}"));
        assert!(text.contains(&words), "{file}: {text}");
    }
    let disc = read("cross/image/disc.sh");
    assert!(
        disc.contains(&format!("label-id: 0x{IDENTITY}\n")),
        "{disc}"
    );
}

#[test]
fn the_boot_partition_is_closed_to_all_but_root() {
    // wifi.txt lies there, and FAT has no permissions of its own.
    let options = mount_options("/boot/firmware");
    for wanted in ["ro", "umask=0077", "nodev", "nosuid", "noexec"] {
        assert!(options.iter().any(|option| option == wanted), "{options:?}");
    }
}

#[test]
fn the_daemon_does_not_see_the_passwords() {
    let unit = read("systemd/sortd.service");
    let hidden = unit
        .lines()
        .find_map(|line| line.strip_prefix("InaccessiblePaths="))
        .expect("a list of paths");
    assert_eq!(hidden, "-/var/lib/sortd/wifi -/boot/firmware/wifi.txt");
    let page = read("systemd/sortd-web.service");
    for path in ["-/var/lib/sortd/wifi", "-/boot/firmware"] {
        let hidden = page
            .lines()
            .find(|line| line.starts_with("InaccessiblePaths="));
        assert!(hidden.is_some_and(|line| line.contains(path)), "{path}");
    }
}

#[test]
fn what_is_taken_over_lies_in_a_folder_of_roots_own() {
    let line = "d /var/lib/sortd 0755 root root -";
    for file in [
        "systemd/sortd.tmpfiles",
        "cross/image/files/root/etc/tmpfiles.d/sortd.conf",
    ] {
        let text = read(file);
        assert!(text.lines().any(|found| found == line), "{file}: {text}");
    }
    // The daemon's user would be given a folder that its unit names.
    let daemon = read("systemd/sortd.service");
    assert!(
        daemon.contains("\nStateDirectory=sortd/daemon\n"),
        "{daemon}"
    );
    let page = read("systemd/sortd-web.service");
    assert!(page.contains("\nStateDirectory=sortd/web\n"), "{page}");
    let takeover = read("systemd/sortd-takeover.service");
    assert!(takeover.contains("\nStateDirectory=sortd\n"), "{takeover}");
    assert!(!takeover.contains("\nUser="), "{takeover}");
}

#[test]
fn the_takeover_looks_at_the_devices_that_the_daemon_uses() {
    let devices = |unit: &str| -> Vec<String> {
        let text = read(unit);
        let lines = text.lines().filter(|line| line.starts_with("DeviceAllow="));
        lines.map(str::to_owned).collect()
    };
    let daemon = devices("systemd/sortd.service");
    assert!(!daemon.is_empty());
    assert_eq!(devices("systemd/sortd-takeover.service"), daemon);
}

#[test]
fn the_sockets_are_root_s_and_come_and_go_with_the_daemon() {
    let daemon = read("systemd/sortd.service");
    assert!(daemon.contains("\nSockets=sortd-control.socket sortd-watch.socket\n"));
    // Were this the folder of the sockets, they would be given to the daemon with it.
    assert!(daemon.contains("\nRuntimeDirectory=sortd/daemon\n"));
    for (name, group) in [("control", "sortd-admin"), ("watch", "sortd-link")] {
        let socket = read(&format!("systemd/sortd-{name}.socket"));
        for line in [
            "PartOf=sortd.service".to_owned(),
            format!("ListenStream=/run/sortd/{name}.sock"),
            format!("FileDescriptorName={name}"),
            format!("SocketGroup={group}"),
            "SocketMode=0660".to_owned(),
        ] {
            assert!(socket.lines().any(|found| found == line), "{name}: {line}");
        }
        // Enabled by itself it would start a daemon that nobody enabled.
        assert!(!socket.contains("[Install]"), "{socket}");
        let users = read("systemd/sortd.sysusers");
        assert!(users.contains(&format!("g {group} - -")), "{users}");
        // The documents have people run commands as the daemon's user.
        assert!(users.contains("\nm sortd sortd-admin\n"), "{users}");
    }
    for file in [
        "systemd/sortd.tmpfiles",
        "cross/image/files/root/etc/tmpfiles.d/sortd.conf",
    ] {
        let line = "d /run/sortd 0755 root root -";
        assert!(read(file).lines().any(|found| found == line), "{file}");
    }
}

#[test]
fn each_unit_is_in_the_package_and_in_what_is_installed() {
    let (package, install) = (read("Cargo.toml"), read("cross/install.sh"));
    for entry in fs::read_dir(root().join("systemd")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "check.sh" {
            assert!(package.contains(&format!("[\"systemd/{name}\"")), "{name}");
            assert!(install.contains(&name), "{name}");
        }
    }
}

/// What the first bootloader takes from config.txt: the settings outside `[none]`, or with it switched off.
fn settings(config: &str, camera: bool) -> Vec<String> {
    let mut applies = true;
    let mut taken = Vec::new();
    for line in config.lines() {
        match line {
            "[none]" => applies = camera,
            "[all]" => applies = true,
            _ if applies && !line.is_empty() && !line.starts_with('#') => {
                taken.push(line.to_owned());
            }
            _ => {}
        }
    }
    taken
}

/// The last value of a setting, which is the one that holds.
fn value<'a>(settings: &'a [String], key: &str) -> Option<&'a str> {
    let mut values = settings.iter().filter_map(|line| line.split_once('='));
    values
        .rfind(|(name, _)| *name == key)
        .map(|(_, value)| value)
}

#[test]
fn one_line_of_config_txt_switches_a_camera_module_on() {
    let config = read(&format!("{IMAGE}/boot/config.txt"));
    assert_eq!(config.lines().filter(|line| *line == "[none]").count(), 1);
    let (off, on) = (settings(&config, false), settings(&config, true));
    assert_eq!(
        (value(&off, "start_x"), value(&off, "gpu_mem")),
        (None, Some("16"))
    );
    assert_eq!(
        (value(&on, "start_x"), value(&on, "gpu_mem")),
        (Some("1"), Some("128"))
    );
    // Nothing else hangs on it, and the firmware reads no further than this in a line.
    assert_eq!(on.len(), off.len() + 2);
    assert!(on.iter().all(|line| line.len() <= 78), "{on:?}");
    // Both tell what it costs.
    for file in ["cross/image/files/boot/config.txt", "docs/installer.md"] {
        assert!(read(file).contains("112 MB"), "{file}");
    }
    assert!(read("docs/installer.md").contains("write `#` in front of `[none]`"));
}

#[test]
fn the_firmware_with_the_camera_lies_on_the_boot_partition_for_each_board() {
    let boot = read("cross/image/boot.sh");
    let variants = boot
        .lines()
        .find_map(|line| line.strip_prefix("for variant in "))
        .expect("the variants of the firmware");
    // start_x.elf for Pi 3 and Zero 2 W, start4x.elf for the Pi 4; and those that start without it.
    for variant in ["\"\"", "_cd", "_x", "4", "4cd", "4x"] {
        let words: Vec<_> = variants.trim_end_matches("; do").split(' ').collect();
        assert!(words.contains(&variant), "{variant}: {variants}");
    }
    assert!(boot.contains("/start$variant.elf") && boot.contains("/fixup$variant.dat"));
}

#[test]
fn the_driver_of_a_camera_module_is_there_and_loaded_where_the_firmware_has_a_camera_alone() {
    let listed = |file: &str, name: &str| read(file).lines().any(|line| line == name);
    assert!(listed("cross/image/modules.list", "bcm2835-v4l2"));
    let loaded = format!("{IMAGE}/root/etc/modules-load.d/sortd.conf");
    assert!(listed(&loaded, "firmware_camera"));
    assert!(!listed(&loaded, "bcm2835-v4l2") && !listed(&loaded, "vchiq"));
    // By its alias it would be loaded on every Pi.
    let modprobe = format!("{IMAGE}/root/etc/modprobe.d/sortd.conf");
    assert!(listed(&modprobe, "blacklist vchiq"));
    // Its transfers are what the firmware speaks to the module by.
    assert!(listed(
        "cross/image/without.list",
        "/lib/modules/*/kernel/drivers/i2c/busses/i2c-bcm2835.ko"
    ));
}
