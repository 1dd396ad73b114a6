//! Other light: brightness, contrast, saturation and the lamp's colour.

use image::RgbImage;

use crate::data::dice::Dice;

/// Largest factors, up or down, of each change.
const BRIGHTNESS: f32 = 1.45;
const CONTRAST: f32 = 1.4;
const SATURATION: f32 = 1.6;
const LAMP: f32 = 1.15;

/// Changes all four by random factors.
pub fn change(picture: &mut RgbImage, dice: &mut Dice) {
    let brightness = dice.factor(BRIGHTNESS);
    let contrast = dice.factor(CONTRAST);
    let saturation = dice.factor(SATURATION);
    let warm = dice.factor(LAMP);
    let green = dice.factor(LAMP.sqrt());
    // A warm lamp has more red and less blue.
    let lamp = [brightness * warm, brightness * green, brightness / warm];
    let mean = mean_luma(picture) * brightness;
    for pixel in picture.pixels_mut() {
        let lit: [f32; 3] =
            std::array::from_fn(|channel| f32::from(pixel.0[channel]) * lamp[channel]);
        let grey = luma(lit);
        for (value, lit) in pixel.0.iter_mut().zip(lit) {
            let coloured = grey + (lit - grey) * saturation;
            *value = (mean + (coloured - mean) * contrast).round() as u8;
        }
    }
}

fn mean_luma(picture: &RgbImage) -> f32 {
    let sum: f32 = picture
        .pixels()
        .map(|pixel| luma(pixel.0.map(f32::from)))
        .sum();
    sum / (picture.width() * picture.height()).max(1) as f32
}

/// Brightness as the eye weighs the colours (ITU-R BT.601).
fn luma([red, green, blue]: [f32; 3]) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}
