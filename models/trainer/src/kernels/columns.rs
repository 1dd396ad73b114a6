//! A convolution as a matrix product: each output position becomes a column of the numbers that its
//! kernel sees.

use super::sizes::Sizes;

/// Where one tap reads along one side of the feature maps.
struct Reach {
    /// The output positions that see the feature maps and not the padding.
    inside: std::ops::Range<usize>,
    /// The place that the first of them sees.
    first: usize,
}

impl Reach {
    fn new(sizes: &Sizes, tap: usize, axis: usize) -> Self {
        let (stride, pad) = (sizes.sliding.stride, sizes.sliding.pads[axis]);
        let moved = tap * sizes.sliding.dilation;
        let begin = pad.saturating_sub(moved).div_ceil(stride);
        // The first output whose place lies beyond the feature maps.
        let end = (sizes.input[axis] + pad)
            .saturating_sub(moved)
            .div_ceil(stride);
        let end = end.min(sizes.output[axis]);
        let begin = begin.min(end);
        Self {
            first: (begin * stride + moved).saturating_sub(pad),
            inside: begin..end,
        }
    }
}

/// Whether the columns are the feature maps themselves.
pub fn plain(sizes: &Sizes) -> bool {
    sizes.side == 1 && sizes.sliding.stride == 1 && sizes.sliding.pads == [0; 4]
}

/// Writes the columns of some images, `[channels · side², images · height · width of the output]`.
pub fn unroll(sizes: &Sizes, maps: &[f32], columns: &mut [f32]) {
    each_row(sizes, columns.len(), |channel, row, tap_row, tap_column| {
        let lines = Reach::new(sizes, tap_row, 0);
        let places = Reach::new(sizes, tap_column, 1);
        let stride = sizes.sliding.stride;
        let row = &mut columns[row];
        for (image, plane) in row.chunks_exact_mut(sizes.output_plane()).enumerate() {
            let at = (image * sizes.channels + channel) * sizes.input_plane();
            let source = &maps[at..][..sizes.input_plane()];
            if plain(sizes) {
                plane.copy_from_slice(source);
                continue;
            }
            for (y, line) in plane.chunks_exact_mut(sizes.output[1]).enumerate() {
                if !lines.inside.contains(&y) {
                    line.fill(0.0);
                    continue;
                }
                let from = lines.first + (y - lines.inside.start) * stride;
                let source = &source[from * sizes.input[1]..][..sizes.input[1]];
                line[..places.inside.start].fill(0.0);
                line[places.inside.end..].fill(0.0);
                // A tap of a kernel that is wider than the feature map may see nothing of it.
                if places.inside.is_empty() {
                    continue;
                }
                let line = &mut line[places.inside.clone()];
                if stride == 1 {
                    line.copy_from_slice(&source[places.first..][..line.len()]);
                } else {
                    let seen = source.iter().skip(places.first).step_by(stride);
                    line.iter_mut()
                        .zip(seen)
                        .for_each(|(into, seen)| *into = *seen);
                }
            }
        }
    });
}

/// Adds each number of the columns to the place that it was read from: what [`unroll`] does, backwards.
pub fn roll_up(sizes: &Sizes, columns: &[f32], maps: &mut [f32]) {
    maps.fill(0.0);
    each_row(sizes, columns.len(), |channel, row, tap_row, tap_column| {
        let lines = Reach::new(sizes, tap_row, 0);
        let places = Reach::new(sizes, tap_column, 1);
        if places.inside.is_empty() {
            return;
        }
        let stride = sizes.sliding.stride;
        let row = &columns[row];
        for (image, plane) in row.chunks_exact(sizes.output_plane()).enumerate() {
            let at = (image * sizes.channels + channel) * sizes.input_plane();
            let target = &mut maps[at..][..sizes.input_plane()];
            let seen = plane.chunks_exact(sizes.output[1]);
            let seen = seen.skip(lines.inside.start).take(lines.inside.len());
            for (y, line) in seen.enumerate() {
                let from = lines.first + y * stride;
                let target = &mut target[from * sizes.input[1]..][..sizes.input[1]];
                let line = &line[places.inside.clone()];
                if stride == 1 {
                    let target = &mut target[places.first..][..line.len()];
                    target
                        .iter_mut()
                        .zip(line)
                        .for_each(|(into, seen)| *into += seen);
                } else {
                    let target = target.iter_mut().skip(places.first).step_by(stride);
                    target.zip(line).for_each(|(into, seen)| *into += seen);
                }
            }
        }
    });
}

/// Visits each row of the columns: channel, place of the row, and the tap's row and column.
fn each_row(
    sizes: &Sizes,
    numbers: usize,
    mut visit: impl FnMut(usize, std::ops::Range<usize>, usize, usize),
) {
    let taps = sizes.side * sizes.side;
    let rows = sizes.channels * taps;
    let length = numbers / rows.max(1);
    for row in 0..rows {
        let tap = row % taps;
        let place = row * length..(row + 1) * length;
        visit(row / taps, place, tap / sizes.side, tap % sizes.side);
    }
}

/// Brings some images' feature maps of `channels` channels into the order of columns,
/// `[channels, images · plane]`.
pub fn gather(maps: &[f32], channels: usize, plane: usize, columns: &mut [f32]) {
    let images = maps.len() / (channels * plane);
    for (channel, row) in columns.chunks_exact_mut(images * plane).enumerate() {
        for (image, part) in row.chunks_exact_mut(plane).enumerate() {
            part.copy_from_slice(&maps[(image * channels + channel) * plane..][..plane]);
        }
    }
}

/// What [`gather`] does, backwards.
pub fn scatter(columns: &[f32], channels: usize, plane: usize, maps: &mut [f32]) {
    let images = maps.len() / (channels * plane);
    for (channel, row) in columns.chunks_exact(images * plane).enumerate() {
        for (image, part) in row.chunks_exact(plane).enumerate() {
            maps[(image * channels + channel) * plane..][..plane].copy_from_slice(part);
        }
    }
}
