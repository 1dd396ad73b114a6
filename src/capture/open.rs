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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::{Crop, RpicamEncoding};
    use crate::units::{Rotation, Zone};

    #[test]
    fn the_configured_source_is_the_one_that_is_opened() {
        let said = |source| {
            let config = CameraConfig {
                source,
                width: 640,
                height: 480,
                fps: 10,
                rotate: Rotation::None,
                zone: Zone::WHOLE,
                mask: Vec::new(),
                crop: Crop::Item,
                frame_deadline: Duration::from_secs(1),
            };
            opener(&config)
                .open()
                .err()
                .expect("nothing of this is here")
                .to_string()
        };
        let path = || std::path::PathBuf::from("/nowhere/at/all");
        let replay = CameraSource::Replay {
            path: path(),
            repeat: true,
            frames_per_photo: 3,
        };
        assert!(said(replay).contains("/nowhere/at/all cannot be replayed"));
        let v4l2 = CameraSource::V4l2 {
            device: Some(path()),
        };
        assert!(said(v4l2).contains("camera /nowhere/at/all is not there"));
        let rpicam = CameraSource::Rpicam {
            index: 0,
            encoding: RpicamEncoding::Mjpeg,
        };
        assert!(said(rpicam).contains("rpicam"));
    }
}
