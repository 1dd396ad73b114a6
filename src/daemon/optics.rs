//! How sharp and how bright a picture is: figures to turn a lens and a lamp by.

/// How far apart two pixels are whose difference tells how much there is to be sharp at all.
const APART: usize = 4;

/// How sharp and how bright a part of a picture is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Optics {
    /// From 0 to 1: the differences of neighbours in a row, by those of pixels [`APART`]. It grows as the lens comes into focus, whatever
    /// the contrast, and compares pictures of one scene alone. None where there is nothing to be sharp.
    pub sharpness: Option<f32>,
    /// Mean brightness, from 0 to 1.
    pub brightness: f32,
}

/// Judges the columns `left..right` and rows `top..bottom` of an RGB picture that is `width` pixels wide.
pub(super) fn judge(
    pixels: &[u8],
    width: usize,
    (left, right): (usize, usize),
    (top, bottom): (usize, usize),
) -> Optics {
    let mut sum = 0_u64;
    let mut count = 0_u64;
    let (mut near, mut far) = (0_u64, 0_u64);
    let rows = pixels.chunks_exact(3 * width.max(1));
    for row in rows.skip(top).take(bottom.saturating_sub(top)) {
        let luma: Vec<i64> = row[3 * left.min(width)..3 * right.min(width)]
            .chunks_exact(3)
            .map(luma)
            .collect();
        sum += luma.iter().sum::<i64>().unsigned_abs();
        count += luma.len() as u64;
        for window in luma.windows(APART + 1) {
            near += (window[1] - window[0]).unsigned_abs().pow(2);
            far += (window[APART] - window[0]).unsigned_abs().pow(2);
        }
    }
    // Below a mean difference of two grey levels there is noise alone.
    let is_plain = far < 4 * count;
    Optics {
        sharpness: (!is_plain).then(|| ((near as f64 / far as f64).sqrt() as f32).min(1.0)),
        brightness: if count == 0 {
            0.0
        } else {
            sum as f32 / count as f32 / 255.0
        },
    }
}

/// Rec. 601 luma, from 0 to 255.
fn luma(pixel: &[u8]) -> i64 {
    let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(i64::from);
    (299 * red + 587 * green + 114 * blue) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stripes 8 pixels wide, blurred over so many pixels.
    fn stripes(blur: usize) -> Vec<u8> {
        let sharp: Vec<usize> = (0..160)
            .map(|x| if x / 8 % 2 == 0 { 40 } else { 200 })
            .collect();
        let at = |x: usize| {
            let around = &sharp[x.saturating_sub(blur)..(x + blur + 1).min(160)];
            (around.iter().sum::<usize>() / around.len()) as u8
        };
        (0..20)
            .flat_map(|_| (0..160).flat_map(|x| [at(x); 3]))
            .collect()
    }

    fn sharpness(pixels: &[u8]) -> Option<f32> {
        judge(pixels, 160, (0, 160), (0, 20)).sharpness
    }

    #[test]
    fn a_picture_in_focus_is_sharper_than_one_out_of_it() {
        let [sharp, soft, softer] =
            [0, 1, 3].map(|blur| sharpness(&stripes(blur)).expect("stripes"));
        assert!(sharp > soft && soft > softer, "{sharp} {soft} {softer}");
    }

    #[test]
    fn contrast_is_no_sharpness() {
        let bright = stripes(1);
        let dim: Vec<u8> = bright.iter().map(|value| value / 2).collect();
        let [one, other] = [&bright, &dim].map(|pixels| sharpness(pixels).expect("stripes"));
        assert!((one - other).abs() < 0.02, "{one} {other}");
    }

    #[test]
    fn a_plain_picture_has_brightness_alone() {
        let grey = vec![51; 160 * 20 * 3];
        let optics = judge(&grey, 160, (10, 150), (0, 20));
        assert_eq!(optics.sharpness, None);
        assert!((optics.brightness - 0.2).abs() < 1e-6);
        assert!(judge(&grey, 160, (10, 10), (0, 20)).brightness < f32::EPSILON);
    }
}
