//! Other light: brightness, contrast, saturation, the lamp's colour temperature, and too little of
//! it.

use super::Augmentation;
use crate::data::frame::Frame;
use crate::rng::Rng;

/// Colour temperature of the light that photographs count as taken in, in kelvin: daylight.
const DAYLIGHT: f32 = 6504.0;

/// Largest factor, up or down, between green and the two other colours: fluorescent lamps, foliage.
const TINT: f32 = 1.04;

/// Highest mean brightness to which a picture is made brighter: a camera's exposure keeps off white.
const BRIGHTEST: f32 = 215.0;

/// What becomes of a picture's colours: a matrix over red, green and blue, then an offset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grade {
    /// Rows give red, green and blue.
    matrix: [[f32; 3]; 3],
    offset: [f32; 3],
}

impl Grade {
    /// Nothing changes.
    pub const NONE: Self = Self {
        matrix: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        offset: [0.0; 3],
    };

    /// Each channel times its gain, after what this grade does.
    #[must_use]
    pub fn gained(self, gains: [f32; 3]) -> Self {
        let mut grade = self;
        for (channel, gain) in gains.into_iter().enumerate() {
            grade.matrix[channel] = grade.matrix[channel].map(|value| value * gain);
            grade.offset[channel] *= gain;
        }
        grade
    }

    /// Brightness, contrast around `mean` and saturation by random factors, after what this grade
    /// does.
    #[must_use]
    pub fn developed(self, mean: f32, settings: &Augmentation, rng: &mut Rng) -> Self {
        let most = (BRIGHTEST / mean.max(1.0)).max(1.0);
        let brightness = rng.factor(settings.brightness).min(most);
        let contrast = rng.factor(settings.contrast);
        let saturation = rng.factor(settings.saturation);
        let lit = self.gained([brightness; 3]);
        let grey: [f32; 3] =
            std::array::from_fn(|from| luma([0, 1, 2].map(|channel| lit.matrix[channel][from])));
        let grey_offset = luma(lit.offset);
        let centre = mean * brightness * (1.0 - contrast);
        let mut grade = lit;
        for channel in 0..3 {
            for (from, grey) in grey.iter().enumerate() {
                let own = lit.matrix[channel][from];
                grade.matrix[channel][from] = contrast * (grey + saturation * (own - grey));
            }
            let own = lit.offset[channel];
            grade.offset[channel] =
                contrast * (grey_offset + saturation * (own - grey_offset)) + centre;
        }
        grade
    }

    /// Changes the picture's colours.
    pub fn apply(&self, frame: &mut Frame) {
        let [red_row, green_row, blue_row] = self.matrix;
        for pixel in &mut frame.pixels {
            let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(f32::from);
            let graded = |row: [f32; 3], offset: f32| {
                // A conversion to u8 saturates, so values beyond white are white.
                (row[0] * red + row[1] * green + row[2] * blue + offset + 0.5) as u8
            };
            pixel[0] = graded(red_row, self.offset[0]);
            pixel[1] = graded(green_row, self.offset[1]);
            pixel[2] = graded(blue_row, self.offset[2]);
        }
    }
}

/// Gains of a lamp of another colour temperature than the one that the camera is balanced for,
/// evenly drawn on the scale of mireds (millionths of reciprocal kelvin), on which the eye sees even
/// steps; and a little green or magenta.
#[must_use]
pub fn lamp(settings: &Augmentation, rng: &mut Rng) -> [f32; 3] {
    let mired = |kelvin: f32| 1e6 / kelvin;
    let drawn = rng.between(mired(settings.coolest_lamp), mired(settings.warmest_lamp));
    let [red, green, blue] = black_body(1e6 / drawn);
    let tint = rng.factor(TINT);
    [red, green * tint, blue]
}

/// Gains of black-body light of `kelvin` against daylight, as they act on pixels with a gamma of
/// 2.2. They keep the brightness of grey.
fn black_body(kelvin: f32) -> [f32; 3] {
    let (there, here) = (linear_colour(kelvin), linear_colour(DAYLIGHT));
    let gains: [f32; 3] =
        std::array::from_fn(|channel| (there[channel] / here[channel]).powf(1.0 / 2.2));
    let grey = luma(gains);
    gains.map(|gain| gain / grey)
}

/// Linear sRGB of black-body light of equal luminance: the cubic approximation of the Planckian
/// locus by Kim et al. (US patent 7024034), good from 1667 to 25 000 K.
#[allow(
    clippy::excessive_precision,
    reason = "the constants stand as they were published"
)]
fn linear_colour(kelvin: f32) -> [f32; 3] {
    let cubic = |[a, b, c, d]: [f32; 4], x: f32| ((a * x + b) * x + c) * x + d;
    let thousands = 1000.0 / kelvin.clamp(1667.0, 25_000.0);
    let x = if kelvin < 4000.0 {
        cubic([-0.266_124, -0.234_359, 0.877_696, 0.179_910], thousands)
    } else {
        cubic([-3.025_847, 2.107_038, 0.222_635, 0.240_390], thousands)
    };
    let y = if kelvin < 2222.0 {
        cubic([-1.106_381, -1.348_110, 2.185_558, -0.202_197], x)
    } else if kelvin < 4000.0 {
        cubic([-0.954_948, -1.374_186, 2.091_370, -0.167_489], x)
    } else {
        cubic([3.081_758, -5.873_387, 3.751_130, -0.370_015], x)
    };
    let (across, deep) = (x / y, (1.0 - x - y) / y);
    // XYZ to linear sRGB (IEC 61966-2-1); very warm light lies beyond its blue.
    [
        3.240_6 * across - 1.537_2 - 0.498_6 * deep,
        -0.968_9 * across + 1.875_8 + 0.041_5 * deep,
        0.055_7 * across - 0.204_0 + 1.057_0 * deep,
    ]
    .map(|value| value.max(0.02))
}

/// Mean brightness, from every fourth row.
#[must_use]
pub fn mean(frame: &Frame) -> f32 {
    let rows = frame.pixels.chunks_exact(frame.side).step_by(4);
    let (mut sum, mut count) = (0.0, 0);
    for row in rows {
        for pixel in row {
            sum += luma([pixel[0], pixel[1], pixel[2]].map(f32::from));
        }
        count += row.len();
    }
    sum / count.max(1) as f32
}

/// Brightness as the eye weighs the colours (ITU-R BT.601).
fn luma([red, green, blue]: [f32; 3]) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn daylight_changes_nothing_and_a_bulb_is_warm() {
        for gain in black_body(DAYLIGHT) {
            assert!((gain - 1.0).abs() < 1e-3, "{gain}");
        }
        let [red, green, blue] = black_body(2800.0);
        assert!(
            red > 1.2 && (0.8..1.05).contains(&green) && blue < 0.75,
            "{red} {green} {blue}"
        );
        let [red, _, blue] = black_body(10_000.0);
        assert!(red < 0.95 && blue > 1.05, "{red} {blue}");
        // On both sides of the seams of the approximation the colour is the same.
        for seam in [2222.0, 4000.0] {
            let (below, above) = (black_body(seam - 0.5), black_body(seam + 0.5));
            for (below, above) in below.into_iter().zip(above) {
                assert!((below - above).abs() < 0.01, "{below} {above} at {seam}");
            }
        }
    }

    #[test]
    fn grey_stays_grey_and_its_mean_stays_under_contrast() {
        let settings = Augmentation {
            brightness: 1.0,
            ..Augmentation::default()
        };
        let mut rng = Rng::new(1, crate::rng::Purpose::Augmentation, 0, 0);
        let grade = Grade::NONE.developed(100.0, &settings, &mut rng);
        let mut frame = Frame {
            side: 2,
            pixels: vec![[100, 100, 100, 7]; 4],
        };
        grade.apply(&mut frame);
        assert_eq!(frame.pixels, vec![[100, 100, 100, 7]; 4]);
    }
}
