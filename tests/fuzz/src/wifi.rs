//! `wifi.txt` of the boot partition.

use sortd::takeover::radio_settings;

/// What a line of the radio's settings begins with.
const LINES: [&str; 9] = [
    "#",
    "ctrl_interface=/run/wpa_supplicant",
    "country=",
    "network={",
    "\tssid=",
    "\tscan_ssid=1",
    "\tpsk=\"",
    "\tkey_mgmt=NONE",
    "}",
];

/// Reads an access; no value of it adds a line of its own to the radio's settings.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match radio_settings(text) {
        Ok(settings) => {
            let known = |line: &str| LINES.iter().any(|start| line.starts_with(start));
            let lines = settings.split('\n').filter(|line| !line.is_empty());
            assert!(lines.clone().all(known), "{settings:?}");
            assert!(lines.count() <= LINES.len(), "{settings:?}");
        }
        Err(report) => crate::assert_visible(&report.to_string()),
    }
}
