//! What is processed, stored and sent, for how long, and what lies on the disk now: in sentences for people.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::config::committed;
use crate::config::{CameraSource, Config};
use crate::files;
use crate::visible::visible;

/// The sentences, by the configuration in force and what lies in the folder of the daemon's state, where it has one.
#[must_use]
pub fn lines(config: &Config, state: Option<&Path>) -> Vec<String> {
    let mut lines = vec![
        format!(
            "Processed: {} are judged in memory, one at a time. A picture is forgotten as soon as the next comes; \
the memory of the page's process may hold one that somebody looked at until it ends.",
            pictures(config)
        ),
        masked(config),
        "Shown: the newest picture, without what is masked, to whoever may use the control socket: `sortd look`, and a browser \
that was let in."
            .into(),
        "Asked for: `sortd look -o FILE` writes a picture, and on the SD card image a file `picture` on the boot partition becomes \
sortd-view.jpg there. No other picture of the camera reaches a disk."
            .into(),
        "Stored by the daemon: no picture, and no sound. Counts by hour, bin and label are kept for 400 days, events for 30 days, totals for \
good; a clock that was never set lets nothing expire."
            .into(),
        "Stored: configurations that were committed, the newest ten; and a model's golden pictures, which came with it and were \
not taken here."
            .into(),
        "Stored by the page, where it is enabled: the browsers that were let in, with their addresses and names and when they were \
used, until somebody ends them there."
            .into(),
        "Stored on the SD card image: sortd-report.txt on the boot partition, with the bin's address and the code that lets a browser in; \
and the access to the Wi-Fi, where only the system reads it."
            .into(),
        "Logged: starts, stops, faults, what each bin was lit for, and the addresses of browsers that were let in or gave a \
wrong code, and the code itself, as long as the machine keeps its journal. The log has no picture."
            .into(),
        "Sent: nothing. The daemon has no network; a browser is answered by another process, which calls nobody.".into(),
    ];
    match state {
        Some(state) => lines.extend(on_disk(state)),
        None => {
            lines.push("On the disk: nothing; this daemon keeps its counts until it ends.".into());
        }
    }
    lines
}

fn pictures(config: &Config) -> String {
    match &config.camera.source {
        CameraSource::Replay { path, .. } => {
            format!("photographs in {}", visible(&path.display().to_string()))
        }
        CameraSource::V4l2 { .. } | CameraSource::Rpicam { .. } => "pictures of the camera".into(),
    }
}

fn masked(config: &Config) -> String {
    match config.camera.mask.len() {
        0 => "Masked: nothing; `[camera] mask` blackens parts of the picture before anything looks at it.".into(),
        1 => "Masked: one part of the picture is black to whoever looks.".into(),
        parts => format!("Masked: {parts} parts of the picture are black to whoever looks."),
    }
}

/// What lies in the folder, each file with its size.
fn on_disk(state: &Path) -> Vec<String> {
    let mut told = Vec::new();
    for part in [state.to_owned(), committed::folder(state)] {
        let folder = visible(&part.display().to_string()).into_owned();
        let line =
            |(name, bytes)| format!("On the disk, in {folder}: {name}, {} kB.", kilobytes(bytes));
        match files::entries(&part) {
            Ok(entries) => told.extend(entries.iter().filter_map(file).map(line)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => told.push(format!(
                "On the disk, in {folder}: not known, since it cannot be read ({error}); ask as root, or a running daemon."
            )),
        }
    }
    if told.is_empty() {
        let folder = visible(&state.display().to_string()).into_owned();
        told.push(format!("On the disk: nothing yet, in {folder}."));
    }
    told
}

fn file(entry: &fs::DirEntry) -> Option<(String, u64)> {
    let found = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let name = entry.file_name();
    Some((visible(&name.to_string_lossy()).into_owned(), found.len()))
}

const fn kilobytes(bytes: u64) -> u64 {
    bytes.div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = include_str!("../../config/examples/replay.toml");

    #[test]
    fn what_is_on_the_disk_and_what_is_masked_is_told() {
        let config = Config::parse(CONFIG, Path::new("replay.toml")).expect("right");
        let nowhere = lines(&config, None).join("\n");
        assert!(nowhere.contains("Sent: nothing") && nowhere.contains("Masked: nothing"));
        assert!(nowhere.contains("until it ends"), "{nowhere}");
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("state.db"), [0; 1500]).expect("written");
        fs::create_dir(folder.path().join("config")).expect("made");
        fs::write(folder.path().join("config/3.toml"), "a").expect("written");
        let told = lines(&config, Some(folder.path())).join("\n");
        assert!(
            told.contains("state.db, 2 kB.") && told.contains("3.toml, 1 kB."),
            "{told}"
        );
        let empty = folder.path().join("nothing yet");
        let told = lines(&config, Some(&empty)).join("\n");
        assert!(told.contains("On the disk: nothing yet"), "{told}");
        // What cannot be read is not told to be empty: no folder, here.
        let told = lines(&config, Some(&folder.path().join("state.db"))).join("\n");
        assert!(
            told.contains("not known") && !told.contains("nothing yet"),
            "{told}"
        );
    }
}
