//! A camera module on the ribbon cable: which way it works on this machine, and how far it has come.
//!
//! On the SD card image it is an ordinary V4L2 camera, delivered by the Pi's firmware: `start_x=1` in
//! `config.txt` starts the firmware that has a camera, and the image's module `firmware_camera` then loads
//! `bcm2835-v4l2`. Everywhere else it needs rpicam.

use std::fs;
use std::path::Path;

/// The image's own files.
const IMAGE: &str = "/usr/lib/sortd-image";
const SYS: &str = "/sys";

/// What is known of a camera module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ribbon {
    /// Not on the image: the firmware's camera is not what is used.
    Rpicam,
    /// The same, on a Pi 5, whose firmware has no camera.
    RpicamAlone,
    /// The firmware was started without its camera.
    Off,
    /// The firmware has a camera and found no camera module.
    NotFound,
    /// The driver has it, or is about to.
    There,
}

impl Ribbon {
    /// On this machine, now.
    #[must_use]
    pub fn here() -> Self {
        Self::below(Path::new(SYS), Path::new(IMAGE))
    }

    fn below(sys: &Path, image: &Path) -> Self {
        if !image.is_dir() {
            let model = fs::read_to_string(sys.join("firmware/devicetree/base/model"));
            let five = model.is_ok_and(|model| {
                model.starts_with("Raspberry Pi 5") || model.contains("Compute Module 5")
            });
            return if five {
                Self::RpicamAlone
            } else {
                Self::Rpicam
            };
        }
        // vchiq makes this device; newer kernels have a bus of their own for it.
        let device = ["bus/platform/devices", "bus/vchiq/devices"]
            .map(|bus| sys.join(bus).join("bcm2835-camera"))
            .into_iter()
            .find(|device| device.exists());
        match device {
            None => Self::Off,
            // The driver lets go of the device where the firmware counts no cameras.
            Some(device) if !device.join("driver").exists() => Self::NotFound,
            Some(_) => Self::There,
        }
    }

    /// Whether this is the SD card image.
    #[must_use]
    pub const fn is_on_image(self) -> bool {
        !matches!(self, Self::Rpicam | Self::RpicamAlone)
    }

    /// What is wrong where no camera can capture.
    #[must_use]
    pub const fn complaint(self) -> &'static str {
        match self {
            Self::Rpicam | Self::RpicamAlone => "no camera that can capture",
            Self::Off => {
                "no camera that can capture, and the firmware was started without the camera module's"
            }
            Self::NotFound => "no camera that can capture: the firmware finds no camera module",
            Self::There => "the camera module is there and cannot capture",
        }
    }

    /// What to do where no camera can capture.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Rpicam => {
                "plug in a USB camera; for a camera module on the ribbon cable write source = \"rpicam\""
            }
            Self::RpicamAlone => {
                "plug in a USB camera; a camera module on the ribbon cable works on a Pi 5 with source = \
                 \"rpicam\" alone, on Raspberry Pi OS"
            }
            Self::Off => {
                "plug in a USB camera; a camera module v1 or v2 on the ribbon cable is switched on in config.txt \
                 on the boot partition: write # in front of [none]"
            }
            Self::NotFound => {
                "switch off and check both ends of the ribbon cable; the firmware knows the camera modules v1 and \
                 v2: in place of a module 3 take a USB camera, or Raspberry Pi OS"
            }
            Self::There => {
                "switch the board off and on; if that does not help, check both ends of the ribbon cable"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: &str = "bus/platform/devices/bcm2835-camera";

    /// The state on the image, or elsewhere, with these folders and files below `/sys`.
    fn state(on_image: bool, folders: &[&str], model: &str) -> Ribbon {
        let root = tempfile::tempdir().unwrap();
        let (sys, image) = (root.path().join("sys"), root.path().join("image"));
        for folder in folders {
            fs::create_dir_all(sys.join(folder)).unwrap();
        }
        let tree = sys.join("firmware/devicetree/base");
        fs::create_dir_all(&tree).unwrap();
        fs::write(tree.join("model"), model).unwrap();
        if on_image {
            fs::create_dir(&image).unwrap();
        }
        Ribbon::below(&sys, &image)
    }

    #[test]
    fn on_the_image_the_kernel_tells_how_far_a_camera_module_has_come() {
        const PI_3: &str = "Raspberry Pi 3 Model B\0";
        let bound = format!("{DEVICE}/driver");
        assert_eq!(state(true, &[], PI_3), Ribbon::Off);
        assert_eq!(state(true, &[DEVICE], PI_3), Ribbon::NotFound);
        assert_eq!(state(true, &[&bound], PI_3), Ribbon::There);
        let newer = "bus/vchiq/devices/bcm2835-camera/driver";
        assert_eq!(state(true, &[newer], PI_3), Ribbon::There);
    }

    #[test]
    fn elsewhere_a_camera_module_needs_rpicam_whatever_the_kernel_has_loaded() {
        assert_eq!(
            state(false, &[DEVICE], "Raspberry Pi 4 Model B"),
            Ribbon::Rpicam
        );
        for five in ["Raspberry Pi 5 Model B", "Raspberry Pi Compute Module 5"] {
            assert_eq!(state(false, &[], five), Ribbon::RpicamAlone);
        }
    }

    #[test]
    fn each_state_names_its_own_cure() {
        for (ribbon, cures) in [
            (Ribbon::Rpicam, ["USB camera", "source = \"rpicam\""]),
            (Ribbon::RpicamAlone, ["USB camera", "Raspberry Pi OS"]),
            (Ribbon::Off, ["config.txt", "[none]"]),
            (Ribbon::NotFound, ["ribbon cable", "Raspberry Pi OS"]),
            (Ribbon::There, ["off and on", "ribbon cable"]),
        ] {
            for cure in cures {
                assert!(ribbon.advice().contains(cure), "{ribbon:?}: {cure}");
            }
        }
    }
}
