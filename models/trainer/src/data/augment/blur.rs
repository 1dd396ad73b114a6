//! A picture out of focus: a Gaussian blur in two passes.

use image::RgbImage;

/// How many standard deviations a kernel reaches.
const REACH: f32 = 2.5;

/// Blurs with standard deviation `sigma`, in pixels. Edges are continued.
pub fn blur(picture: &mut RgbImage, sigma: f32) {
    let kernel = kernel(sigma);
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let rows = pass(picture.as_raw(), &kernel, width, height, (3, width * 3));
    let columns = pass(&rows, &kernel, height, width, (width * 3, 3));
    picture.copy_from_slice(&columns);
}

/// Blurs along one axis of `length` places, for each of `lines` lines; `steps` are the distances in
/// bytes of neighbouring places and of neighbouring lines.
fn pass(
    source: &[u8],
    kernel: &[f32],
    length: usize,
    lines: usize,
    steps: (usize, usize),
) -> Vec<u8> {
    let reach = (kernel.len() / 2).cast_signed();
    let mut target = vec![0; source.len()];
    for line in 0..lines {
        for place in 0..length {
            let mut sums = [0.0; 3];
            for (offset, weight) in (-reach..=reach).zip(kernel) {
                let near =
                    (place.cast_signed() + offset).clamp(0, length.cast_signed() - 1) as usize;
                let start = line * steps.1 + near * steps.0;
                for (sum, value) in sums.iter_mut().zip(&source[start..start + 3]) {
                    *sum += weight * f32::from(*value);
                }
            }
            let start = line * steps.1 + place * steps.0;
            target[start..start + 3].copy_from_slice(&sums.map(|sum: f32| sum.round() as u8));
        }
    }
    target
}

fn kernel(sigma: f32) -> Vec<f32> {
    let reach = (REACH * sigma).ceil() as i32;
    let weights: Vec<f32> = (-reach..=reach)
        .map(|place| (-(place * place) as f32 / (2.0 * sigma * sigma)).exp())
        .collect();
    let sum: f32 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn an_even_picture_stays_and_an_edge_softens() {
        let mut even = RgbImage::from_pixel(9, 7, Rgb([10, 100, 200]));
        blur(&mut even, 1.0);
        assert!(even.pixels().all(|pixel| *pixel == Rgb([10, 100, 200])));

        let mut edge = RgbImage::from_fn(10, 4, |x, _| Rgb([if x < 5 { 0 } else { 200 }; 3]));
        blur(&mut edge, 1.0);
        let row: Vec<u8> = (0..10).map(|x| edge.get_pixel(x, 2).0[0]).collect();
        assert!(row.is_sorted() && row[4] > 20 && row[5] < 180, "{row:?}");
    }
}
