//! `[camera]`: where pictures come from.

use std::path::PathBuf;
use std::time::Duration;

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
    /// What of the drop zone the network is shown.
    pub crop: Crop,
    /// A camera that delivers nothing for this long is closed and opened again; older pictures are stale.
    pub frame_deadline: Duration,
}

/// Where pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraSource {
    /// A Video4Linux camera: USB, or CSI with the legacy stack.
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
