//! The configuration as typed values.

mod camera;

pub use camera::{CameraConfig, CameraSource, Crop, RpicamEncoding};
