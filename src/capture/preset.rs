//! V4L2 calls that nokhwa does not make: setting a node before it is opened, and asking how long its lines are.

use std::io;
use std::path::Path;

use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC};

use super::PixelFormat;
use super::offer::{Offer, Wanted};

/// Sets a node to YUYV in the wanted size and rate, or to what its driver takes instead.
pub(super) fn set_to_yuyv(node: &Path, wanted: Wanted) -> io::Result<()> {
    let device = Device::with_path(node)?;
    let yuyv = FourCC::new(b"YUYV");
    device.set_format(&Format::new(wanted.width, wanted.height, yuyv))?;
    device.set_params(&Parameters::with_fps(wanted.fps))?;
    Ok(())
}

/// Whether what the node delivers is the lines of its pictures alone, of which nokhwa tells nothing; taken as true
/// where the driver does not say.
pub(super) fn lines_are_whole(node: &Path, taken: Offer) -> bool {
    let format = Device::with_path(node).and_then(|device| device.format());
    !format.is_ok_and(|format| is_padded(taken, format.stride))
}

fn is_padded(taken: Offer, stride: u32) -> bool {
    let line = match taken.format {
        PixelFormat::Yuyv => taken.width.div_ceil(2) * 4,
        PixelFormat::Nv12 => taken.width,
        PixelFormat::Mjpeg | PixelFormat::I420 | PixelFormat::I420Full | PixelFormat::Rgb8 => {
            return false;
        }
    };
    stride > line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_padded_where_they_are_longer_than_the_picture_is_wide() {
        // Strides of bcm2835-v4l2, which are multiples of 64 bytes for YUYV.
        let of = |format, width, stride| {
            let taken = Offer {
                format,
                width,
                height: 480,
                fps: 15,
            };
            is_padded(taken, stride)
        };
        assert!(!of(PixelFormat::Yuyv, 640, 1280));
        assert!(of(PixelFormat::Yuyv, 720, 1472));
        assert!(!of(PixelFormat::Nv12, 720, 720));
        // Some drivers do not say.
        assert!(!of(PixelFormat::Yuyv, 640, 0));
        assert!(!of(PixelFormat::Mjpeg, 720, 1472));
    }

    #[test]
    fn what_is_no_camera_is_an_error() {
        let wanted = Wanted {
            width: 640,
            height: 480,
            fps: 15,
        };
        assert!(set_to_yuyv(Path::new("/dev/null"), wanted).is_err());
    }
}
