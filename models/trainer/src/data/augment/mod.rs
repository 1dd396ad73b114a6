//! Varying photographs, so that a small data set teaches what a class looks like and not what its
//! photographs look like.
//!
//! [`vary`] turns one reduced photograph into one model input: cut, turned and mirrored
//! ([`geometry`]), perhaps laid onto another background ([`paste`], with the item found by
//! [`segment`]), then its light, sharpness and compression changed ([`light`], [`blur`], [`jpeg`]).
//! The result is a pure function of the photograph, the settings and the dice.

pub mod blur;
pub mod geometry;
pub mod jpeg;
pub mod light;
pub mod paste;
pub mod segment;

use image::RgbImage;
use serde::{Deserialize, Serialize};
use sortd::error::Result;

use super::dice::Dice;
use super::photo::Reduced;
use geometry::View;

/// How strongly photographs are varied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Variation {
    /// Smallest share of the photograph's area that a cut shows, 0..1.
    pub smallest_cut: f32,
    /// Widest aspect of a cut, width to height; the narrowest is its inverse.
    pub widest_aspect: f32,
    /// How often the picture is mirrored left to right.
    pub mirror: f32,
    /// How often it is turned by 90, 180 or 270 degrees.
    pub quarter_turn: f32,
    /// How often it is tilted.
    pub tilt: f32,
    /// Largest tilt in degrees.
    pub largest_tilt: f32,
    /// How often the item is laid onto another background.
    pub paste: f32,
    /// How often light and colour are changed.
    pub light: f32,
    /// How often it is blurred.
    pub blur: f32,
    /// How often it is compressed as JPEG.
    pub jpeg: f32,
}

impl Default for Variation {
    fn default() -> Self {
        Self {
            smallest_cut: 0.35,
            widest_aspect: 4.0 / 3.0,
            mirror: 0.5,
            quarter_turn: 0.2,
            tilt: 0.5,
            largest_tilt: 25.0,
            paste: 0.25,
            light: 0.8,
            blur: 0.15,
            jpeg: 0.25,
        }
    }
}

/// Makes one input of `side` × `side` pixels from a photograph.
///
/// # Errors
/// The JPEG encoder or decoder fails, which it does for no picture of sane size.
pub fn vary(
    photo: &Reduced,
    backgrounds: &[RgbImage],
    settings: &Variation,
    side: u32,
    dice: &mut Dice,
) -> Result<RgbImage> {
    let pasted = !backgrounds.is_empty() && dice.chance(settings.paste);
    let mut picture = if pasted {
        let background = &backgrounds[dice.below(backgrounds.len())];
        paste::onto(background, photo, settings, side, dice)
    } else {
        View::cut(photo.picture.dimensions(), settings, dice).show(&photo.picture, side)
    };
    if dice.chance(settings.light) {
        light::change(&mut picture, dice);
    }
    if dice.chance(settings.blur) {
        blur::blur(&mut picture, dice.between(0.4, 1.4));
    }
    if dice.chance(settings.jpeg) {
        picture = jpeg::compress(&picture, dice.between(35.0, 90.0) as u8)?;
    }
    Ok(picture)
}
