//! What the camera sees, for clients: a picture is made for all who wait, on a thread of its own.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::optics::{self, Optics};
use super::viewfinder::{Scene, Viewfinder};
use crate::control::Shown;
use crate::control::protocol::{Background, Code, Look, Refusal};
use crate::error::{Error, Result};
use crate::preprocess::{ModelInput, Preprocessor, Region, Size, VIEWS};
use crate::presence::Presence;

/// Clients that may wait at once; all of both sockets.
const WAITING: usize = 64;

/// A camera that works delivers a picture well within this.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// The longer side of what is shown, in pixels: enough to aim by.
const LONGER_SIDE: usize = 640;

/// Quality of the JPEG: text on a label can be read, and a picture has some 50 kB.
const QUALITY: u8 = 80;

/// Who waits for a picture.
type Asked = oneshot::Sender<Shown>;

/// Where to ask for a picture.
#[derive(Debug, Clone)]
pub(super) struct Looks(mpsc::Sender<Asked>);

impl Looks {
    /// Starts to make pictures on the present `LocalSet`.
    pub fn start(viewfinder: Arc<Viewfinder>) -> Self {
        let (sender, asked) = mpsc::channel(WAITING);
        tokio::task::spawn_local(make(viewfinder, asked));
        Self(sender)
    }

    /// Answers `to` with the next picture.
    pub fn ask(&self, to: Asked) {
        if let Err(error) = self.0.try_send(to) {
            // A client that has gone needs no answer.
            let _ = error.into_inner().send(Err(Refusal::new(
                Code::Busy,
                "too many wait for a picture, or none can be made",
                "ask again in a second",
            )));
        }
    }
}

async fn make(viewfinder: Arc<Viewfinder>, mut asked: mpsc::Receiver<Asked>) {
    while let Some(first) = asked.recv().await {
        let made = match timeout(LONGEST_WAIT, viewfinder.next()).await {
            Ok(scene) => spawn_blocking(move || look(&scene)).await.map_or_else(
                |_| {
                    Err(refused(
                        "a picture could not be made",
                        "report the log's last lines",
                    ))
                },
                |made| made.map_err(|error| refused(&error.to_string(), "ask again")),
            ),
            Err(_) => Err(refused(
                "no picture came within three seconds",
                "ask for the status, which says what is wrong with the camera",
            )),
        };
        let made = made.map(Rc::new);
        // Whoever asked meanwhile gets the same.
        let mut next = Some(first);
        while let Some(to) = next {
            let _ = to.send(made.clone());
            next = asked.try_recv().ok();
        }
    }
}

fn refused(text: &str, advice: &str) -> Refusal {
    Refusal::new(Code::Unavailable, text, advice)
}

/// The upright picture as a JPEG of at most [`LONGER_SIDE`], made anew from its pixels.
fn look(scene: &Scene) -> Result<Look> {
    let mut preprocessor = Preprocessor::new(scene.rotation, scene.zone).masked(&scene.mask);
    let size = shown_size(preprocessor.upright_size(&scene.frame));
    let mut picture = ModelInput::new(size);
    preprocessor.cut(&scene.frame, &Region::WHOLE, VIEWS[0], &mut picture)?;
    let mut jpeg = Vec::new();
    let (width, height) = (size.width as u32, size.height as u32);
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .write_image(picture.pixels(), width, height, ExtendedColorType::Rgb8)
        .map_err(|error| Error::internal("the picture cannot be encoded").caused_by(error))?;
    let zone = preprocessor.zone_region();
    let optics = optics_of(&zone, picture.pixels(), size);
    let in_picture = |part: &Region| preprocessor.in_picture(part).into();
    Ok(Look {
        width,
        height,
        zone: zone.into(),
        sharpness: optics.sharpness,
        brightness: optics.brightness,
        item: match scene.presence {
            Some(Presence::Item(item)) => Some(in_picture(&item)),
            _ => None,
        },
        foreground: scene.foreground.iter().map(in_picture).collect(),
        background: match scene.presence {
            None => Background::Unseen,
            Some(Presence::Learning) => Background::Learning,
            Some(Presence::Empty | Presence::Item(_)) => Background::Learnt,
        },
        jpeg: BASE64.encode(jpeg),
    })
}

/// How sharp and bright the drop zone is, in a picture of this size.
fn optics_of(zone: &Region, pixels: &[u8], size: Size) -> Optics {
    let span = |from: f32, length: f32, side: usize| {
        let at = |place: f32| ((place * side as f32).round() as usize).min(side);
        (at(from), at(from + length))
    };
    let columns = span(zone.left, zone.width, size.width);
    let rows = span(zone.top, zone.height, size.height);
    optics::judge(pixels, size.width, columns, rows)
}

/// The size in which a picture of `size` is shown; none is made larger.
fn shown_size(size: Size) -> Size {
    let longer = size.width.max(size.height).max(1);
    let scaled = |side: usize| {
        if longer <= LONGER_SIDE {
            side.max(1)
        } else {
            (side * LONGER_SIDE / longer).max(1)
        }
    };
    Size {
        width: scaled(size.width),
        height: scaled(size.height),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::capture::{Frame, PixelFormat};
    use crate::units::{Rotation, Zone};

    /// A frame that is red in its left half and blue in its right one.
    fn scene(width: u32, height: u32, rotation: Rotation) -> Scene {
        let pixel = |x: u32| {
            if x < width / 2 {
                [200, 10, 10]
            } else {
                [10, 10, 200]
            }
        };
        let data = (0..height)
            .flat_map(|_| (0..width).flat_map(pixel))
            .collect();
        Scene {
            frame: Frame {
                data,
                format: PixelFormat::Rgb8,
                width,
                height,
                captured_at: Instant::now(),
            },
            rotation,
            zone: Zone::WHOLE,
            mask: Vec::new(),
            presence: Some(Presence::Item(Region::centre(0.5))),
            foreground: vec![Region::centre(0.5)],
        }
    }

    #[test]
    fn a_large_picture_is_shown_upright_and_smaller() {
        let look = look(&scene(1920, 1080, Rotation::Quarter)).expect("made");
        assert_eq!((look.width, look.height), (360, 640));
        let jpeg = BASE64.decode(&look.jpeg).expect("base64");
        let picture = image::load_from_memory(&jpeg)
            .expect("a picture")
            .into_rgb8();
        assert_eq!(picture.dimensions(), (360, 640));
        // Turned by a quarter, left is above.
        let (above, below) = (picture.get_pixel(180, 100), picture.get_pixel(180, 540));
        assert!(above.0[0] > 150 && below.0[2] > 150, "{above:?} {below:?}");
        let item = look.item.expect("an item");
        assert!((item.left - 0.25).abs() < 1e-6 && (item.width - 0.5).abs() < 1e-6);
    }

    #[test]
    fn what_is_masked_is_black_to_who_looks() {
        let mask = vec![Zone::new(0.5, 0.0, 0.5, 1.0).expect("a part")];
        let masked = Scene {
            mask,
            ..scene(160, 120, Rotation::None)
        };
        let jpeg = BASE64.decode(look(&masked).expect("made").jpeg);
        let picture = image::load_from_memory(&jpeg.expect("base64"));
        let picture = picture.expect("a picture").into_rgb8();
        let (left, right) = (picture.get_pixel(40, 60).0, picture.get_pixel(120, 60).0);
        assert!(
            left[0] > 150 && right.iter().all(|channel| *channel < 16),
            "{left:?} {right:?}"
        );
    }

    #[test]
    fn a_small_picture_stays_as_it_is() {
        let look = look(&scene(160, 120, Rotation::None)).expect("made");
        assert_eq!((look.width, look.height), (160, 120));
        assert_eq!(look.background, Background::Learnt);
    }

    #[test]
    fn a_frame_that_is_too_short_is_refused() {
        let mut short = scene(64, 48, Rotation::None);
        short.frame.data.truncate(100);
        assert!(super::look(&short).is_err());
    }
}
