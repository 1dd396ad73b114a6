//! Finds the item on a photograph taken on an evenly coloured board, as TrashNet's are.
//!
//! The board's colour is fitted over the picture from the photograph's rim, since the light falls
//! off towards a side; what differs enough from it is item. The largest connected part is kept and
//! its holes are filled. Where the result is not believable (nothing found, almost everything
//! found, a busy rim), there is no answer rather than a wrong one.

use image::{GrayImage, Luma, RgbImage};

/// Width of the rim, as a share of the shorter side.
const RIM: f32 = 0.05;

/// Smallest difference from the board, in grey levels, that counts as item.
const LEAST_DIFFERENCE: f32 = 20.0;

/// Largest spread of the rim around the fitted board, in grey levels.
const MOST_SPREAD: f32 = 16.0;

/// Shares of the picture's area that an item may have.
const AREA: std::ops::RangeInclusive<f32> = 0.03..=0.8;

/// Smallest share of its own bounding box that an item fills; less is a shadow or a lone edge.
const LEAST_FILL: f32 = 0.3;

/// Smallest share of all that differs from the board that the item must be: a label and a cap in two
/// places are a clear bottle, of which neither is the whole.
const LEAST_WHOLE: f32 = 0.8;

/// Smallest difference from the board, in grey levels, that is a stain on an empty one, and the
/// largest share of stained pixels.
const STAIN: f32 = 14.0;
const MOST_STAINED: f32 = 0.004;

/// Least brightness of a board and most difference between its colours, in grey levels: a board is
/// white, whatever the lamp. Otherwise an item that fills the picture would be taken for the board.
const BOARD_BRIGHTNESS: f32 = 100.0;
const BOARD_COLOUR: f32 = 50.0;

/// How much of each pixel is item, 0..=255; none where the item cannot be told from the board.
#[must_use]
pub fn item_on_board(picture: &RgbImage) -> Option<GrayImage> {
    let board = Board::fit(picture)?;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let threshold = LEAST_DIFFERENCE.max(3.5 * board.spread);
    let differs: Vec<bool> = picture
        .enumerate_pixels()
        .map(|(x, y, pixel)| board.difference(x, y, pixel.0) > threshold)
        .collect();
    let differs = majority(&differs, width, height);
    let item = largest_part(&differs, width, height);
    let count = |pixels: &[bool]| pixels.iter().filter(|inside| **inside).count() as f32;
    let whole = count(&item) >= LEAST_WHOLE * count(&differs);
    let filled = fill_holes(&item, width, height);
    let area = count(&filled) / filled.len() as f32;
    let believable = whole && AREA.contains(&area) && fill(&filled, width) >= LEAST_FILL;
    believable.then(|| soften(&filled, width, height))
}

/// Whether a picture shows nothing but board.
#[must_use]
pub fn is_empty_board(picture: &RgbImage) -> bool {
    let Some(board) = Board::fit(picture) else {
        return false;
    };
    let stained = picture
        .enumerate_pixels()
        .filter(|(x, y, pixel)| board.difference(*x, *y, pixel.0) > STAIN)
        .count();
    stained as f32 <= MOST_STAINED * (picture.width() * picture.height()) as f32
}

/// The share of the item's bounding box that is item.
fn fill(inside: &[bool], width: usize) -> f32 {
    let (mut columns, mut rows) = ((usize::MAX, 0), (usize::MAX, 0));
    let mut area = 0;
    for place in (0..inside.len()).filter(|place| inside[*place]) {
        let (x, y) = (place % width, place / width);
        columns = (columns.0.min(x), columns.1.max(x));
        rows = (rows.0.min(y), rows.1.max(y));
        area += 1;
    }
    if area == 0 {
        return 0.0;
    }
    area as f32 / ((columns.1 - columns.0 + 1) * (rows.1 - rows.0 + 1)) as f32
}

/// A place in the picture and its colour.
type Point = (f32, f32, [f32; 3]);

/// The board's colour as a plane over the picture, one a channel: level + across·x + down·y.
struct Board {
    planes: [[f32; 3]; 3],
    spread: f32,
}

impl Board {
    fn fit(picture: &RgbImage) -> Option<Self> {
        let (width, height) = picture.dimensions();
        let rim = ((width.min(height) as f32 * RIM) as u32).max(1);
        let on_rim = |x: u32, y: u32| x < rim || y < rim || x >= width - rim || y >= height - rim;
        let mut points: Vec<Point> = picture
            .enumerate_pixels()
            .filter(|(x, y, _)| on_rim(*x, *y))
            .map(|(x, y, pixel)| (x as f32, y as f32, pixel.0.map(f32::from)))
            .collect();
        let all = points.len();
        let mut board = Self {
            planes: [[0.0; 3]; 3],
            spread: 0.0,
        };
        // Items often reach over the rim; each round drops what lies far from the last fit.
        for _ in 0..4 {
            for channel in 0..3 {
                board.planes[channel] = plane(&points, channel)?;
            }
            let mut distances: Vec<f32> =
                points.iter().map(|point| board.distance(point)).collect();
            distances.sort_by(f32::total_cmp);
            board.spread = distances[distances.len() / 2];
            let limit = (2.5 * board.spread).max(4.0);
            points.retain(|point| board.distance(point) <= limit);
        }
        let believable = board.spread <= MOST_SPREAD && points.len() * 2 >= all;
        (believable && board.is_white(width, height)).then_some(board)
    }

    /// Whether the middle of the board is bright and hardly coloured.
    fn is_white(&self, width: u32, height: u32) -> bool {
        let (x, y) = (width as f32 / 2.0, height as f32 / 2.0);
        let middle = self
            .planes
            .map(|[level, across, down]| level + across * x + down * y);
        let highest = middle.into_iter().fold(f32::MIN, f32::max);
        let lowest = middle.into_iter().fold(f32::MAX, f32::min);
        middle.into_iter().sum::<f32>() / 3.0 >= BOARD_BRIGHTNESS
            && highest - lowest <= BOARD_COLOUR
    }

    fn distance(&self, (x, y, colour): &Point) -> f32 {
        let square: f32 = (0..3)
            .map(|channel| {
                let [level, across, down] = self.planes[channel];
                (colour[channel] - (level + across * x + down * y)).powi(2)
            })
            .sum();
        (square / 3.0).sqrt()
    }

    fn difference(&self, x: u32, y: u32, colour: [u8; 3]) -> f32 {
        self.distance(&(x as f32, y as f32, colour.map(f32::from)))
    }
}

/// Least squares of level + across·x + down·y over the points' values in one channel.
fn plane(points: &[Point], channel: usize) -> Option<[f32; 3]> {
    let mut matrix = [[0.0_f64; 4]; 3];
    for (x, y, colour) in points {
        let row = [1.0, f64::from(*x), f64::from(*y)];
        for i in 0..3 {
            for j in 0..3 {
                matrix[i][j] += row[i] * row[j];
            }
            matrix[i][3] += row[i] * f64::from(colour[channel]);
        }
    }
    for pivot in 0..3 {
        if matrix[pivot][pivot].abs() < 1e-9 {
            return None;
        }
        for row in (0..3).filter(|row| *row != pivot) {
            let factor = matrix[row][pivot] / matrix[pivot][pivot];
            let above = matrix[pivot];
            for (value, above) in matrix[row].iter_mut().zip(above) {
                *value -= factor * above;
            }
        }
    }
    Some(std::array::from_fn(|row| {
        (matrix[row][3] / matrix[row][row]) as f32
    }))
}

/// Each pixel becomes what most of its 5 × 5 neighbourhood is, which removes specks and hairlines.
fn majority(inside: &[bool], width: usize, height: usize) -> Vec<bool> {
    let count = |x: usize, y: usize| {
        let mut votes = (0, 0);
        for row in y.saturating_sub(2)..(y + 3).min(height) {
            for column in x.saturating_sub(2)..(x + 3).min(width) {
                votes.0 += usize::from(inside[row * width + column]);
                votes.1 += 1;
            }
        }
        votes.0 * 2 > votes.1
    };
    (0..width * height)
        .map(|place| count(place % width, place / width))
        .collect()
}

/// Only the largest connected part.
fn largest_part(inside: &[bool], width: usize, height: usize) -> Vec<bool> {
    let mut seen = vec![false; inside.len()];
    let mut largest = Vec::new();
    for start in 0..inside.len() {
        if inside[start] && !seen[start] {
            let part = flood(inside, &mut seen, vec![start], width, height);
            if part.len() > largest.len() {
                largest = part;
            }
        }
    }
    let mut kept = vec![false; inside.len()];
    for place in largest {
        kept[place] = true;
    }
    kept
}

/// Everything that cannot be reached from the picture's edge without crossing the item.
fn fill_holes(item: &[bool], width: usize, height: usize) -> Vec<bool> {
    let outside: Vec<bool> = item.iter().map(|inside| !inside).collect();
    let on_edge = |place: &usize| {
        let (x, y) = (place % width, place / width);
        x == 0 || y == 0 || x + 1 == width || y + 1 == height
    };
    let starts: Vec<usize> = (0..item.len())
        .filter(on_edge)
        .filter(|place| outside[*place])
        .collect();
    let mut reached = vec![false; item.len()];
    flood(&outside, &mut reached, starts, width, height);
    reached.into_iter().map(|reached| !reached).collect()
}

/// Marks in `seen`, and gives, all that is connected to `starts` within `inside`.
fn flood(
    inside: &[bool],
    seen: &mut [bool],
    starts: Vec<usize>,
    width: usize,
    height: usize,
) -> Vec<usize> {
    let mut waiting = starts;
    for place in &waiting {
        seen[*place] = true;
    }
    let mut part = Vec::new();
    while let Some(place) = waiting.pop() {
        part.push(place);
        let (x, y) = (place % width, place / width);
        let mut visit = |near: usize| {
            if inside[near] && !seen[near] {
                seen[near] = true;
                waiting.push(near);
            }
        };
        if x > 0 {
            visit(place - 1);
        }
        if x + 1 < width {
            visit(place + 1);
        }
        if y > 0 {
            visit(place - width);
        }
        if y + 1 < height {
            visit(place + width);
        }
    }
    part
}

/// A mask with soft edges that lie a little inside the item, so that no rim of the board is taken
/// along. Where the item reaches over the picture's edge, it stays whole.
fn soften(inside: &[bool], width: usize, height: usize) -> GrayImage {
    GrayImage::from_fn(width as u32, height as u32, |x, y| {
        let (x, y) = (x as usize, y as usize);
        if !inside[y * width + x] {
            return Luma([0]);
        }
        let (mut votes, mut all) = (0, 0);
        for row in y.saturating_sub(1)..(y + 2).min(height) {
            for column in x.saturating_sub(1)..(x + 2).min(width) {
                votes += i32::from(inside[row * width + column]);
                all += 1;
            }
        }
        let share = votes as f32 / all as f32;
        Luma([((2.0 * share - 1.0).max(0.0) * 255.0) as u8])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    /// A board that darkens to the right.
    fn board(x: u32, y: u32) -> Rgb<u8> {
        Rgb([(220 - x) as u8, (215 - x) as u8, (210 - y / 2) as u8])
    }

    #[test]
    fn an_item_on_a_shaded_board_is_found() {
        let inside = |x: u32, y: u32| (30..60).contains(&x) && (20..50).contains(&y);
        let picture = RgbImage::from_fn(96, 72, |x, y| {
            if inside(x, y) {
                Rgb([90, 60, 30])
            } else {
                board(x, y)
            }
        });
        let mask = item_on_board(&picture).unwrap();
        for (x, y, Luma([cover])) in mask.enumerate_pixels() {
            let deep = (33..57).contains(&x) && (23..47).contains(&y);
            let far = !(28..62).contains(&x) || !(18..52).contains(&y);
            assert!(!deep || *cover == 255, "({x}, {y}) is item, has {cover}");
            assert!(!far || *cover == 0, "({x}, {y}) is board, has {cover}");
        }
    }

    #[test]
    fn an_empty_board_and_a_busy_rim_give_no_answer() {
        assert!(item_on_board(&RgbImage::from_fn(96, 72, board)).is_none());
        let busy = RgbImage::from_fn(96, 72, |x, y| Rgb([((x * 37 + y * 91) % 256) as u8; 3]));
        assert!(item_on_board(&busy).is_none());
    }
}
