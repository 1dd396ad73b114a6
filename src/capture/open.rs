//! From the configuration to the [`Opener`] of the camera that it names.

use super::replay::{ReplayOpener, Showing};
use super::{Opener, RpicamOpener, V4l2Opener, Wanted};
use crate::config::{CameraConfig, CameraSource};

/// The opener of the configured camera. It touches nothing before it is asked to open.
#[must_use]
pub fn opener(config: &CameraConfig) -> Box<dyn Opener> {
    let wanted = Wanted {
        width: config.width,
        height: config.height,
        fps: config.fps,
    };
    match &config.source {
        CameraSource::V4l2 { device } => Box::new(V4l2Opener::new(device.clone(), wanted)),
        CameraSource::Rpicam { index, encoding } => Box::new(RpicamOpener::new(
            *index,
            *encoding,
            wanted,
            config.frame_deadline,
        )),
        CameraSource::Replay {
            path,
            repeat,
            frames_per_photo,
        } => Box::new(ReplayOpener {
            path: path.clone(),
            repeat: *repeat,
            fps: config.fps,
            paced: true,
            showing: Showing {
                frames_per_photo: *frames_per_photo,
                width: config.width,
                height: config.height,
            },
        }),
    }
}
