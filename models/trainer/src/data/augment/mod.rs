//! Data augmentation, so that a network trained on a small data set knows what a class looks like and not what its
//! photographs look like.
//!
//! [`augment`] turns one reduced photograph into one model input, in the order in which a camera would
//! see it: cropped, turned and mirrored ([`geometry`]) or laid onto another ground at any size
//! ([`paste`], with the item found by [`segment`](super::segment)), in [`shadow`] and behind other things
//! ([`occlude`]), under other [`light`], out of focus or in motion ([`blur`]), with the sensor's
//! [`noise`], compressed ([`jpeg`]). The result is a pure function of the photograph, the grounds,
//! the `settings` and the random numbers.

pub mod blur;
pub mod geometry;
pub mod jpeg;
pub mod light;
pub mod noise;
pub mod occlude;
pub mod paste;
mod settings;
pub mod shadow;

use image::RgbImage;
use sortd::error::Result;

use super::photo::{Content, Reduced};
use super::pyramid::Pyramid;
use crate::data::frame::Frame;
use crate::rng::Rng;
use geometry::{Beyond, View};
pub use settings::Augmentation;

/// Side at which lengths in the settings are meant, in pixels.
const NOMINAL: f32 = 128.0;

/// How often a picture without an item has a piece of another such picture laid onto it: were only
/// items laid onto grounds, a seam would speak for an item.
const SEAM: f32 = 0.3;

/// What items are laid onto.
#[derive(Debug, Clone, Copy, Default)]
pub struct Grounds<'a> {
    /// Pictures of other places, without items.
    pub backgrounds: &'a [Pyramid],
    /// Empty boards like those in the photographs.
    pub boards: &'a [Pyramid],
}

/// Makes one input of `side` × `side` pixels from a photograph.
///
/// # Errors
/// The JPEG encoder or decoder fails, which it does for no picture of sane size.
pub fn augment(
    photo: &Reduced,
    grounds: Grounds<'_>,
    settings: &Augmentation,
    side: u32,
    rng: &mut Rng,
) -> Result<RgbImage> {
    let mut frame = arrange(photo, grounds, settings, side, rng);
    if rng.chance(settings.shadow) {
        let depth = rng.between(0.1, settings.deepest_shadow.max(0.1));
        shadow::over_scene(&mut frame, depth, rng);
    }
    if rng.chance(settings.occlusion) {
        let item = frame.item();
        occlude::cover(&mut frame, item, settings, rng);
    }
    let dark = illuminate(&mut frame, settings, rng);
    let pixels = side as f32 / NOMINAL;
    if rng.chance(settings.blur) {
        blur::focus(
            &mut frame,
            rng.between(0.3, settings.largest_blur.max(0.3)) * pixels,
        );
    }
    if rng.chance(settings.motion) {
        let length = rng.between(1.5, settings.longest_motion.max(1.5)) * pixels;
        blur::motion(&mut frame, length, rng);
    }
    if rng.chance(settings.noise) || dark {
        let strength = rng.unit() * settings.strongest_noise;
        let strength = if dark { 1.5 * strength } else { strength };
        noise::add(&mut frame, strength, strength / 3.0, rng);
    }
    let picture = frame.into_picture();
    if rng.chance(settings.jpeg) {
        let quality = rng.between(f32::from(settings.lowest_quality), 90.0) as u8;
        return jpeg::compress(&picture, quality);
    }
    Ok(picture)
}

/// What lies where.
fn arrange(
    photo: &Reduced,
    grounds: Grounds<'_>,
    settings: &Augmentation,
    side: u32,
    rng: &mut Rng,
) -> Frame {
    let share = match photo.content {
        Content::Nothing => settings.zoom * SEAM,
        Content::Found | Content::Unfound => settings.zoom,
    };
    if rng.chance(share)
        && let Some(frame) = paste::onto(photo, grounds, settings, side, rng)
    {
        return frame;
    }
    View::crop(photo.picture.size(), photo.extent, settings, rng).show(
        &photo.picture,
        side,
        Beyond::Mirrored,
    )
}

/// Changes the light; true where there is too little of it.
fn illuminate(frame: &mut Frame, settings: &Augmentation, rng: &mut Rng) -> bool {
    let mut grade = light::Grade::NONE;
    if rng.chance(settings.lamp) {
        grade = grade.gained(light::lamp(settings, rng));
    }
    if rng.chance(settings.light) {
        grade = grade.developed(light::mean(frame), settings, rng);
    }
    let dark = rng.chance(settings.low_light);
    if dark {
        let left = rng.between(settings.darkest, settings.darkest.max(0.6));
        grade = grade.gained([left; 3]);
    }
    if grade != light::Grade::NONE {
        grade.apply(frame);
    }
    dark
}
