//! Resizes a region of a frame to the model's input, turning it upright on the way.
//!
//! It is the separable triangle filter whose support grows with the reduction, which
//! `fast_image_resize` calls `Convolution(Bilinear)` and the trainer uses; a test holds the two
//! within one grey level of each other. That library computes its tables anew, on the heap, for each
//! picture; here they live on, and rows are converted to RGB as they are needed, so that neither a
//! whole picture nor a table is ever allocated per frame.

use super::model_input::ModelInput;
use super::region::{self, Region};
use super::rows::Rows;
use crate::units::Rotation;

/// The reusable buffers of the resampler.
#[derive(Debug, Default)]
pub(super) struct Resampler {
    columns: Axis,
    rows: Axis,
    /// One source row as RGB.
    source_row: Vec<u8>,
    /// That row after the horizontal filter.
    narrow_row: Vec<f32>,
    /// The output's sums.
    sums: Vec<f32>,
}

impl Resampler {
    /// Writes `region` of the upright picture into `input`.
    pub fn resample(
        &mut self,
        source: &Rows<'_>,
        rotation: Rotation,
        region: &Region,
        input: &mut ModelInput,
    ) {
        let size = input.size();
        let (width, height) = region::upright_size(size.width as u32, size.height as u32, rotation);
        let (width, height) = (width as usize, height as usize);
        let area = region::region_in_source(region, rotation);
        self.columns
            .plan(source.width, area.left, area.width, width);
        self.rows.plan(source.height, area.top, area.height, height);
        self.narrow_row.resize(width * 3, 0.0);
        self.sums.clear();
        self.sums.resize(width * height * 3, 0.0);
        self.filter(source, width);
        write_upright(&self.sums, width, height, rotation, input.pixels_mut());
    }

    fn filter(&mut self, source: &Rows<'_>, width: usize) {
        let (from, to) = self.columns.span();
        self.source_row.resize((to - from) * 3, 0);
        let (first_row, end_row) = self.rows.span();
        let mut next_output = 0;
        for y in first_row..end_row {
            source.rgb(y, from, to, &mut self.source_row);
            self.columns
                .narrow(&self.source_row, from, &mut self.narrow_row);
            while next_output < self.rows.taps.len() && self.rows.taps[next_output].end() <= y {
                next_output += 1;
            }
            for (output, taps) in self.rows.taps.iter().enumerate().skip(next_output) {
                if taps.first > y {
                    break;
                }
                let Some(weight) = self.rows.weight(taps, y) else {
                    continue;
                };
                let sums = &mut self.sums[output * width * 3..][..width * 3];
                for (sum, value) in sums.iter_mut().zip(&self.narrow_row) {
                    *sum += weight * value;
                }
            }
        }
    }
}

/// The filter along one axis: for each output pixel a run of source pixels with weights.
#[derive(Debug, Default)]
struct Axis {
    taps: Vec<Taps>,
    weights: Vec<f32>,
}

#[derive(Debug, Clone, Copy)]
struct Taps {
    first: usize,
    count: usize,
    /// Where the weights begin.
    weights: usize,
}

impl Taps {
    const fn end(&self) -> usize {
        self.first + self.count
    }
}

impl Axis {
    /// Computes the filter for the part `start..start + length` (fractions) of `source` pixels,
    /// seen as `outputs` pixels.
    fn plan(&mut self, source: usize, start: f32, length: f32, outputs: usize) {
        self.taps.clear();
        self.weights.clear();
        let pixels = source as f32;
        let scale = (length * pixels).max(1.0) / outputs as f32;
        let support = scale.max(1.0);
        let origin = (start * pixels).clamp(0.0, pixels - 1.0);
        for output in 0..outputs {
            let centre = origin + (output as f32 + 0.5) * scale;
            let first = ((centre - support).floor().max(0.0) as usize).min(source - 1);
            let end = ((centre + support).ceil() as usize).clamp(first + 1, source);
            let begin = self.weights.len();
            let weight = |x: usize| (1.0 - ((x as f32 + 0.5 - centre) / support).abs()).max(0.0);
            self.weights.extend((first..end).map(weight));
            normalise(&mut self.weights[begin..]);
            self.taps.push(Taps {
                first,
                count: end - first,
                weights: begin,
            });
        }
    }

    /// The source pixels that any output needs.
    fn span(&self) -> (usize, usize) {
        let first = self.taps.first().map_or(0, |taps| taps.first);
        (first, self.taps.last().map_or(first, Taps::end))
    }

    fn weight(&self, taps: &Taps, source: usize) -> Option<f32> {
        (taps.first..taps.end())
            .contains(&source)
            .then(|| self.weights[taps.weights + source - taps.first])
    }

    /// Filters one row of RGB that begins with the source pixel `from`.
    fn narrow(&self, row: &[u8], from: usize, out: &mut [f32]) {
        for (taps, out) in self.taps.iter().zip(out.chunks_exact_mut(3)) {
            let pixels = row[(taps.first - from) * 3..].chunks_exact(3);
            let mut sum = [0.0f32; 3];
            for (pixel, weight) in pixels.zip(&self.weights[taps.weights..][..taps.count]) {
                for channel in 0..3 {
                    sum[channel] += weight * f32::from(pixel[channel]);
                }
            }
            out.copy_from_slice(&sum);
        }
    }
}

fn normalise(weights: &mut [f32]) {
    let sum: f32 = weights.iter().sum();
    if sum > 0.0 {
        for weight in weights {
            *weight /= sum;
        }
    } else {
        weights[0] = 1.0;
    }
}

/// Rounds the sums, which lie as the camera saw them, and turns them upright.
fn write_upright(sums: &[f32], width: usize, height: usize, rotation: Rotation, pixels: &mut [u8]) {
    let pixel_at = |at: usize, pixel: &mut [u8]| {
        for (byte, sum) in pixel.iter_mut().zip(&sums[at * 3..]) {
            *byte = (sum + 0.5) as u8;
        }
    };
    for (out, pixel) in pixels.chunks_exact_mut(3).enumerate() {
        let at = match rotation {
            Rotation::None => out,
            Rotation::Half => width * height - 1 - out,
            Rotation::Quarter => (height - 1 - out % height) * width + out / height,
            Rotation::ThreeQuarters => (out % height) * width + (width - 1 - out / height),
        };
        pixel_at(at, pixel);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Size;
    use super::*;
    use crate::capture::{Frame, PixelFormat};
    use fast_image_resize as fir;
    use proptest::prelude::*;
    use std::time::Instant;

    fn noise(width: u32, height: u32, seed: u32) -> Frame {
        let mut state = seed | 1;
        let data = (0..width * height * 3)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        Frame {
            data,
            format: PixelFormat::Rgb8,
            width,
            height,
            captured_at: Instant::now(),
        }
    }

    fn resampled(frame: &Frame, rotation: Rotation, region: &Region, size: Size) -> ModelInput {
        let mut input = ModelInput::new(size);
        let rows = Rows::of(frame).unwrap();
        Resampler::default().resample(&rows, rotation, region, &mut input);
        input
    }

    fn by_library(frame: &Frame, region: &Region, size: Size) -> Vec<u8> {
        let source = fir::images::ImageRef::new(
            frame.width,
            frame.height,
            &frame.data,
            fir::PixelType::U8x3,
        )
        .unwrap();
        let (w, h) = (f64::from(frame.width), f64::from(frame.height));
        let mut out =
            fir::images::Image::new(size.width as u32, size.height as u32, fir::PixelType::U8x3);
        let options = fir::ResizeOptions::new()
            .resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Bilinear))
            .crop(
                f64::from(region.left) * w,
                f64::from(region.top) * h,
                f64::from(region.width) * w,
                f64::from(region.height) * h,
            );
        fir::Resizer::new()
            .resize(&source, &mut out, &options)
            .unwrap();
        out.buffer().to_vec()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn it_agrees_with_fast_image_resize(
            width in 8..300u32, height in 8..300u32, seed in any::<u32>(),
            out_w in 4..140usize, out_h in 4..140usize,
            left in 0.0..0.5f32, top in 0.0..0.5f32, share in 0.2..0.5f32,
        ) {
            let frame = noise(width, height, seed);
            let size = Size { width: out_w, height: out_h };
            for region in [Region::WHOLE, Region { left, top, width: share, height: share }] {
                if region.width * (width as f32) < 2.0 || region.height * (height as f32) < 2.0 {
                    continue;
                }
                let ours = resampled(&frame, Rotation::None, &region, size);
                let theirs = by_library(&frame, &region, size);
                let worst = ours.pixels().iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max();
                prop_assert!(worst <= Some(1), "{worst:?} {region:?}");
            }
        }

        #[test]
        fn turning_the_camera_turns_the_picture_back(seed in any::<u32>()) {
            // A frame that was turned by hand and is turned back shows the same as the upright one.
            let upright = noise(24, 16, seed);
            let size = Size { width: 12, height: 8 };
            let expected = resampled(&upright, Rotation::None, &Region::WHOLE, size);
            for rotation in [Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters] {
                let mounted = turned_against(&upright, rotation);
                let seen = resampled(&mounted, rotation, &Region::WHOLE, size);
                let worst = seen.pixels().iter().zip(expected.pixels()).map(|(a, b)| a.abs_diff(*b)).max();
                prop_assert!(worst <= Some(1), "{rotation:?}: {worst:?}");
            }
        }
    }

    /// What a camera mounted with `rotation` sees of the upright picture.
    fn turned_against(upright: &Frame, rotation: Rotation) -> Frame {
        let (w, h) = region::upright_size(upright.width, upright.height, rotation);
        let mut data = vec![0; upright.data.len()];
        for v in 0..upright.height {
            for u in 0..upright.width {
                let (x, y) = match rotation {
                    Rotation::None => (u, v),
                    Rotation::Quarter => (v, h - 1 - u),
                    Rotation::Half => (w - 1 - u, h - 1 - v),
                    Rotation::ThreeQuarters => (w - 1 - v, u),
                };
                let (to, from) = (
                    (y * w + x) as usize * 3,
                    (v * upright.width + u) as usize * 3,
                );
                data[to..to + 3].copy_from_slice(&upright.data[from..from + 3]);
            }
        }
        Frame {
            data,
            width: w,
            height: h,
            ..upright.clone()
        }
    }
}
