//! `[camera]`: where pictures come from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::rectangles;
use super::table::Table;
use crate::units::{Rotation, Zone};

/// The `[camera]` table.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraConfig {
    /// The source and what belongs to it alone.
    pub source: CameraSource,
    /// Wanted width in pixels; the nearest one that the camera offers is taken.
    pub width: u32,
    /// Wanted height in pixels.
    pub height: u32,
    /// Wanted frames a second.
    pub fps: u32,
    /// How to turn the picture so that it stands upright.
    pub rotate: Rotation,
    /// The drop zone.
    pub zone: Zone,
    /// Parts of the upright picture that are black to everybody.
    pub mask: Vec<Zone>,
    /// What of the drop zone the network is shown.
    pub crop: Crop,
    /// A camera that delivers nothing for this long is closed and opened again; older pictures are stale.
    pub frame_deadline: Duration,
}

/// Where pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraSource {
    /// A `Video4Linux` camera: USB, or CSI with the legacy stack.
    V4l2 {
        /// `None` for `auto`: the first node that can capture; else a path such as `/dev/v4l/by-id/…`.
        device: Option<PathBuf>,
    },
    /// A CSI camera, through `rpicam-vid` as a child process.
    Rpicam {
        /// Index of the camera, as `rpicam-hello --list-cameras` counts.
        index: u32,
        /// What the child writes.
        encoding: RpicamEncoding,
    },
    /// Files instead of a camera.
    Replay {
        /// A photograph, a folder of photographs, an MJPEG file or a Y4M file.
        path: PathBuf,
        /// Start again at the end, for ever.
        repeat: bool,
        /// Photographs only: how many frames each is shown, with as many frames of an empty drop zone after it.
        frames_per_photo: u32,
    },
}

/// What `rpicam-vid` writes to its standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RpicamEncoding {
    /// Motion JPEG: little to carry, some work to decode.
    Mjpeg,
    /// Uncompressed YUV 4:2:0.
    Yuv420,
}

/// What of the drop zone the network is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crop {
    /// A square around the item that presence found.
    Item,
    /// The whole drop zone.
    Zone,
}

impl CameraConfig {
    pub(super) fn read(table: &Table<'_>, folder: &Path) -> Self {
        let fps = table.integer("fps", 15, 1..=120);
        let zone = rectangles::read_zone(table);
        let config = Self {
            source: read_source(table, folder),
            width: table.integer("width", 640, 32..=4096) as u32,
            height: table.integer("height", 480, 32..=4096) as u32,
            fps: fps as u32,
            rotate: table
                .quantity("rotate", "180", Rotation::new)
                .map_or(Rotation::None, |r| r.value),
            zone,
            mask: rectangles::read_mask(table, &zone),
            crop: table.choice(
                "crop",
                Crop::Item,
                &[("item", Crop::Item), ("zone", Crop::Zone)],
            ),
            frame_deadline: read_deadline(table, fps),
        };
        table.finish();
        config
    }
}

/// One late frame is no failure, so the deadline leaves room for two, and for the pause that the loop makes
/// between two looks at an empty zone.
fn read_deadline(table: &Table<'_>, fps: i64) -> Duration {
    let deadline = table.millis("frame-deadline-ms", 2_000, 500..=60_000);
    let shortest = Duration::from_millis((2_000 / fps).unsigned_abs());
    if deadline < shortest {
        table.problem(
            "frame-deadline-ms",
            format!(
                "{} ms are shorter than two frames at fps = {fps}, so a single late frame would close the camera",
                deadline.as_millis()
            ),
            format!("write at least {}, or raise fps", shortest.as_millis()),
        );
    }
    deadline
}

fn read_source(table: &Table<'_>, folder: &Path) -> CameraSource {
    let word = table.choice(
        "source",
        "v4l2",
        &[("v4l2", "v4l2"), ("rpicam", "rpicam"), ("replay", "replay")],
    );
    // Every key is read whatever the source is, so that one of another source is told from a
    // misspelt one.
    let device = table.text("device");
    let index = table.integer("index", 0, 0..=7) as u32;
    let encoding = table.choice(
        "encoding",
        RpicamEncoding::Mjpeg,
        &[
            ("mjpeg", RpicamEncoding::Mjpeg),
            ("yuv420", RpicamEncoding::Yuv420),
        ],
    );
    let path = table.text("path");
    let repeat = table.flag("repeat", true);
    let frames_per_photo = table.integer("frames-per-photo", 30, 1..=10_000) as u32;
    for (key, owner) in [
        ("device", "v4l2"),
        ("index", "rpicam"),
        ("encoding", "rpicam"),
        ("path", "replay"),
        ("repeat", "replay"),
        ("frames-per-photo", "replay"),
    ] {
        if table.has(key) && owner != word {
            table.problem(
                key,
                format!("belongs to source = \"{owner}\", and the source is \"{word}\""),
                "remove it or change the source",
            );
        }
    }
    match word {
        "rpicam" => CameraSource::Rpicam { index, encoding },
        "replay" => {
            if !table.has("path") {
                table.problem(
                    "path",
                    "is missing",
                    "name a photograph, a folder, an MJPEG or a Y4M file to replay",
                );
            }
            let path = path.map_or_else(PathBuf::new, |text| folder.join(text.value));
            CameraSource::Replay {
                path,
                repeat,
                frames_per_photo,
            }
        }
        _ => {
            let device = device.filter(|text| text.value != "auto").map(|text| {
                if !text.value.starts_with('/') {
                    table.problem(
                        "device",
                        format!("\"{}\" is not a path", text.value),
                        "write \"auto\" or a path that `sortd cameras` prints, such as \"/dev/video0\"",
                    );
                }
                PathBuf::from(text.value)
            });
            CameraSource::V4l2 { device }
        }
    }
}
