//! V4L2 cameras, through nokhwa: the only file that names it.
//!
//! What nokhwa 0.10.11 does not do is done here: it hands over the driver's whole buffer instead of
//! the bytes that are used; it lists nodes that deliver nothing; it knows no deadline (the capture
//! thread interrupts it); and its errors are sentences, in which the system's error number is found.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use nokhwa::NokhwaError;
use nokhwa::backends::capture::V4LCaptureDevice;
use nokhwa::camera_traits::CaptureBackendTrait;
use nokhwa::utils::{
    CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};

use super::contain::contained;
use super::delivered::{cut_to_picture, taken_at};
use super::devices::{self, Node};
use super::offer::{Offer, Wanted, ranked};
use super::preset::{lines_are_whole, set_to_yuyv};
use super::size::BelievedSize;
use super::{Camera, Captured, Frame, Opener, PixelFormat};
use crate::error::{Error, Result};

/// The formats that can be used further down the line.
const USABLE: [FrameFormat; 3] = [FrameFormat::YUYV, FrameFormat::NV12, FrameFormat::MJPEG];

/// Rates beyond this come from intervals that nokhwa does not read whole (1001/30000 s, say).
const HIGHEST_RATE: u32 = 240;

/// What nokhwa could not get where a node lists no format that could be used; most often it lists none.
const LISTS_NOTHING: [&str; 2] = ["CameraFormat", "ResolutionList"];

/// Drivers that do not keep what they offer are asked for this many of their offers.
const ATTEMPTS: usize = 8;

/// Opens a camera by its path, or the first that really captures.
#[derive(Debug)]
pub struct V4l2Opener {
    device: Option<PathBuf>,
    wanted: Wanted,
    /// Nodes that took a format and then delivered nothing; `auto` tries the others first.
    silent: Vec<PathBuf>,
}

impl V4l2Opener {
    /// A camera by its stable name or its node; `None` for the first that can capture.
    #[must_use]
    pub const fn new(device: Option<PathBuf>, wanted: Wanted) -> Self {
        Self {
            device,
            wanted,
            silent: Vec::new(),
        }
    }

    /// Opens the first node that delivers a picture; where none does, the error of the first.
    fn open_first(&mut self) -> Result<V4l2Camera> {
        let mut nodes = devices::all();
        if nodes.iter().all(|node| self.silent.contains(&node.path)) {
            self.silent.clear();
        }
        nodes.sort_by_key(|node| self.silent.contains(&node.path));
        let mut first_error = None;
        for node in nodes {
            match V4l2Camera::open(&node, self.wanted) {
                Ok(None) => {}
                Ok(Some(mut camera)) => {
                    // Waiting for the picture may have used up the time there is, so that the other
                    // nodes have to wait for the next attempt.
                    self.silent.push(node.path);
                    camera.await_picture()?;
                    self.silent.clear();
                    return Ok(camera);
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or_else(|| {
            Error::unavailable("no camera that can capture was found")
                .advice(devices::there_is(Path::new("/dev")))
        }))
    }
}

impl Opener for V4l2Opener {
    fn open(&mut self) -> Result<Box<dyn Camera>> {
        let Some(path) = &self.device else {
            return Ok(Box::new(self.open_first()?));
        };
        let node = devices::find(path)?;
        let Some(mut camera) = V4l2Camera::open(&node, self.wanted)? else {
            return Err(
                Error::unavailable(format!("{} delivers no pictures", path.display())).advice(
                    "one camera has several nodes; `sortd cameras` lists those that capture",
                ),
            );
        };
        camera.await_picture()?;
        Ok(Box::new(camera))
    }
}

/// What a node offers; `None` when it delivers no pictures that could be used.
pub(super) fn offers(node: &Node) -> Result<Option<Vec<Offer>>> {
    node.check_access()?;
    let name = node.path.display().to_string();
    contained(&name, || {
        let wanted = Wanted {
            width: 640,
            height: 480,
            fps: 30,
        };
        let Some(mut device) = probe(node, wanted)? else {
            return Ok(None);
        };
        let mut offers = offered(node, &mut device)?;
        // nokhwa lists nothing of a range of sizes and rates without steps; what the driver takes is an offer.
        if offers.is_empty() {
            offers.extend(settle(node, &mut device, &[], wanted).ok());
        }
        Ok((!offers.is_empty()).then_some(offers))
    })
}

/// An open camera.
struct V4l2Camera {
    node: Node,
    description: String,
    taken: Offer,
    size: BelievedSize,
    /// Always there; taken out when the camera is dropped.
    device: Option<V4LCaptureDevice<'static>>,
}

impl V4l2Camera {
    /// Opens a node and starts its stream; `None` when it lists no format that could be used.
    fn open(node: &Node, wanted: Wanted) -> Result<Option<Self>> {
        node.check_access()?;
        let name = node.path.display().to_string();
        contained(&name, || {
            let Some(mut device) = probe(node, wanted)? else {
                return Ok(None);
            };
            let offers = offered(node, &mut device)?;
            let taken = settle(node, &mut device, &offers, wanted)?;
            device
                .open_stream()
                .map_err(|error| explained(node, &error))?;
            let description = format!("{} ({name}), {taken}", node.card());
            Ok(Some(Self {
                node: node.clone(),
                description,
                taken,
                size: BelievedSize::announced((taken.width, taken.height)),
                device: Some(device),
            }))
        })
    }

    /// Waits for the first picture, which alone proves that a node captures.
    ///
    /// It is not used: the first pictures of many webcams are damaged.
    fn await_picture(&mut self) -> Result<()> {
        self.capture(&mut Frame::empty(Instant::now())).map(drop)
    }
}

impl Camera for V4l2Camera {
    fn description(&self) -> &str {
        &self.description
    }

    fn capture(&mut self, frame: &mut Frame) -> Result<Captured> {
        let device = self
            .device
            .as_mut()
            .expect("the device is there until the camera is dropped");
        let buffer = contained(&self.description, || {
            device
                .frame()
                .map_err(|error| explained(&self.node, &error))
        })?;
        frame.captured_at = taken_at(buffer.capture_timestamp());
        let bytes = buffer.buffer_bytes();
        drop(buffer);
        // The bytes have no other owner now, so they become the frame's without being copied again.
        frame.data = bytes.into();
        let what = match cut_to_picture(&mut frame.data, self.taken) {
            Some(size) if self.size.admits(size) => {
                (frame.format, frame.width, frame.height) = (self.taken.format, size.0, size.1);
                return Ok(Captured::Frame);
            }
            Some((width, height)) => format!("a picture says that it has {width}x{height} pixels"),
            None => "a picture came incomplete".into(),
        };
        let error = format!("{}: {what}", self.description);
        Ok(Captured::Skipped(
            Error::unavailable(error).advice("check the camera's cable"),
        ))
    }
}

impl Drop for V4l2Camera {
    fn drop(&mut self) {
        let device = self.device.take();
        // Closing a stream whose device misbehaves panics, and there is nobody to tell any more.
        let _ = contained(&self.description, || {
            drop(device);
            Ok(())
        });
    }
}

/// Opens the device with whatever format it takes; `None` when it has none that could be used.
///
/// nokhwa opens a device only together with a format. It is asked for the wanted one first, which
/// cameras with a continuous range of sizes take although nokhwa lists only the ends of the range.
fn probe(node: &Node, wanted: Wanted) -> Result<Option<V4LCaptureDevice<'static>>> {
    let mut opened = attempt(node, wanted);
    // nokhwa gives up a camera that stands at a format or a rate which it does not know. Another program has
    // left it so, or it is a Pi's camera module, whose driver begins with JPEG every 1000/30000 s.
    if opened.as_ref().is_err_and(is_unreadable) && set_to_yuyv(&node.path, wanted).is_ok() {
        opened = attempt(node, wanted);
    }
    match opened {
        Ok(device) => Ok(Some(device)),
        Err(NokhwaError::GetPropertyError { property, .. })
            if LISTS_NOTHING.contains(&property.as_str()) =>
        {
            Ok(None)
        }
        Err(error) if is_unreadable(&error) => {
            let node = node.path.display();
            let said = format!("camera {node} is set to a format that cannot be read");
            let cure = "--set-fmt-video=pixelformat=YUYV --set-parm=30";
            Err(Error::unavailable(said)
                .caused_by(error.to_string())
                .advice(format!("`v4l2-ctl -d {node} {cure}` sets another")))
        }
        Err(error) => Err(explained(node, &error)),
    }
}

/// Whether the camera stands at something that nokhwa does not know.
fn is_unreadable(error: &NokhwaError) -> bool {
    os_error(error).is_none()
        && matches!(error, NokhwaError::GetPropertyError { property, .. }
            if !LISTS_NOTHING.contains(&property.as_str()))
}

/// Asks nokhwa for the wanted format, and else for any; the last error where it takes none.
fn attempt(
    node: &Node,
    wanted: Wanted,
) -> std::result::Result<V4LCaptureDevice<'static>, NokhwaError> {
    let index = CameraIndex::Index(node.index);
    let exact = |format| RequestedFormatType::Exact(asked(format, wanted));
    let request =
        |kind| V4LCaptureDevice::new(&index, RequestedFormat::with_formats(kind, &USABLE));
    for format in USABLE {
        match request(exact(format)) {
            Err(error) if !os_error(&error).is_some_and(|error| is_final(&error)) => {}
            decided => return decided,
        }
    }
    request(RequestedFormatType::None)
}

fn offered(node: &Node, device: &mut V4LCaptureDevice) -> Result<Vec<Offer>> {
    let listed = device
        .compatible_camera_formats()
        .map_err(|error| explained(node, &error))?;
    let mut offers: Vec<_> = listed
        .into_iter()
        .filter(|offer| (1..=HIGHEST_RATE).contains(&offer.frame_rate()))
        .filter_map(as_offer)
        .collect();
    offers.sort_by_key(|o| (o.format.name(), o.width, o.height, o.fps));
    offers.dedup();
    Ok(offers)
}

/// Takes the nearest offer that the driver keeps, and else what it has set by itself.
fn settle(
    node: &Node,
    device: &mut V4LCaptureDevice,
    offers: &[Offer],
    wanted: Wanted,
) -> Result<Offer> {
    // nokhwa lists some sizes of a range without steps, at one frame a second.
    let listed = offers
        .iter()
        .any(|o| (o.width, o.height) == (wanted.width, wanted.height) && o.fps >= wanted.fps);
    let unlisted = if listed { &[] } else { &USABLE[..] };
    let unlisted = unlisted.iter().map(|format| asked(*format, wanted));
    let ranked = ranked(offers, wanted)
        .into_iter()
        .take(ATTEMPTS)
        .filter_map(as_format);
    for format in unlisted.chain(ranked) {
        match device.set_camera_format(format) {
            Ok(()) if as_offer(format).is_some_and(|taken| lines_are_whole(&node.path, taken)) => {
                break;
            }
            Err(error) if os_error(&error).is_some_and(|error| is_final(&error)) => {
                return Err(explained(node, &error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    device
        .refresh_camera_format()
        .map_err(|error| explained(node, &error))?;
    let shown = node.path.display();
    let taken = as_offer(device.camera_format()).ok_or_else(|| {
        Error::unavailable(format!("camera {shown} takes none of YUYV, NV12 and MJPEG")).advice(
            format!("`v4l2-ctl -d {shown} --list-formats-ext` shows what it takes"),
        )
    })?;
    if lines_are_whole(&node.path, taken) {
        return Ok(taken);
    }
    let error = format!("camera {shown} pads the lines of {taken}, which cannot be read");
    Err(Error::unavailable(error).advice("write a `width` that is a multiple of 32"))
}

fn asked(format: FrameFormat, wanted: Wanted) -> CameraFormat {
    CameraFormat::new(
        Resolution::new(wanted.width, wanted.height),
        format,
        wanted.fps,
    )
}

fn as_offer(format: CameraFormat) -> Option<Offer> {
    let pixels = match format.format() {
        FrameFormat::YUYV => PixelFormat::Yuyv,
        FrameFormat::NV12 => PixelFormat::Nv12,
        FrameFormat::MJPEG => PixelFormat::Mjpeg,
        _ => return None,
    };
    let (width, height, fps) = (format.width(), format.height(), format.frame_rate());
    (width > 0 && height > 0).then_some(Offer {
        format: pixels,
        width,
        height,
        fps,
    })
}

fn as_format(offer: Offer) -> Option<CameraFormat> {
    let format = match offer.format {
        PixelFormat::Yuyv => FrameFormat::YUYV,
        PixelFormat::Nv12 => FrameFormat::NV12,
        PixelFormat::Mjpeg => FrameFormat::MJPEG,
        PixelFormat::I420 | PixelFormat::I420Full | PixelFormat::Rgb8 => return None,
    };
    Some(CameraFormat::new(
        Resolution::new(offer.width, offer.height),
        format,
        offer.fps,
    ))
}

/// Whether asking again in another way is of no use.
fn is_final(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, PermissionDenied, ResourceBusy};
    const NO_DEVICE: i32 = 19;
    matches!(error.kind(), Interrupted | PermissionDenied | ResourceBusy)
        || error.raw_os_error() == Some(NO_DEVICE)
}

/// The system's error inside nokhwa's sentence: `... (os error 16)`.
fn os_error(error: &NokhwaError) -> Option<io::Error> {
    let text = error.to_string();
    let (_, number) = text.rsplit_once("(os error ")?;
    let (number, _) = number.split_once(')')?;
    number.parse().ok().map(io::Error::from_raw_os_error)
}

fn explained(node: &Node, error: &NokhwaError) -> Error {
    if let Some(error) = os_error(error) {
        return node.refused(error);
    }
    let node = node.path.display();
    Error::unavailable(format!("camera {node} cannot be used"))
        .caused_by(error.to_string())
        .advice(format!(
            "`v4l2-ctl -d {node} --all` shows the state of its driver"
        ))
}

#[cfg(test)]
#[path = "v4l2_tests.rs"]
mod tests;
