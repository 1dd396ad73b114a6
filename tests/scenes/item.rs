//! Items, cut out of photographs on a light board.

use std::path::{Path, PathBuf};

use crate::canvas::{Canvas, Colour};
use crate::common::root;

/// The longer side of an item's picture, in pixels.
const SIDE: usize = 320;

/// Relative difference from the board up to which a pixel next to the board is board.
const BOARD: f32 = 0.11;

/// A cover of less than this share is that of a thing that the board shines through.
const FAINT: f32 = 0.04;

/// The largest piece holds at least this share of what is opaque; else only what is printed on a white thing was
/// cut out, and not the thing.
const WHOLE: f32 = 0.8;

/// An item.
pub struct Item {
    pub label: String,
    /// Its picture, and what of the board's light it lets through.
    pub colours: Canvas,
    pub ratio: Canvas,
    /// How opaque each pixel is, and the same blurred, for its shadow.
    pub cover: Vec<f32>,
    pub shade: Vec<f32>,
    /// Whether light goes through it, so that it can be shown on light grounds only.
    pub is_faint: bool,
    /// Whether it was cut out in one piece.
    pub is_whole: bool,
}

impl Item {
    /// All items of the folder in `ITEMS` (or of the tests' photographs), which has one folder a label.
    pub fn all() -> Vec<Self> {
        let folder =
            std::env::var_os("ITEMS").map_or_else(|| root().join("tests/photos"), PathBuf::from);
        let mut items = Vec::new();
        for label in sorted(&folder).into_iter().filter(|path| path.is_dir()) {
            let name = label.file_name().unwrap_or_default().to_string_lossy();
            items.extend(sorted(&label).iter().map(|file| Self::cut_out(&name, file)));
        }
        assert!(
            !items.is_empty(),
            "{} has no folders with photographs",
            folder.display()
        );
        items
    }

    fn cut_out(label: &str, file: &Path) -> Self {
        let photograph = Canvas::photograph(file);
        let scale = SIDE as f32 / photograph.width.max(photograph.height) as f32;
        let size = |side: usize| ((side as f32 * scale) as usize).max(1);
        let colours = photograph.fill(size(photograph.width), size(photograph.height));
        let (width, height) = (colours.width, colours.height);
        let board = Board::of(&colours);
        let ratio = Canvas::draw(width, height, |x, y| {
            let light = board.as_ref().map_or([255.0; 3], |board| board.at(x, y));
            let pixel = colours.pixels[y * width + x];
            std::array::from_fn(|at| (pixel[at] / light[at].max(1.0)).min(1.1))
        });
        let cover = match board {
            Some(_) => opaque(&ratio),
            // It fills the whole photograph: a sheet of its material.
            None => vec![1.0; width * height],
        };
        let is_faint = cover.iter().sum::<f32>() < FAINT * cover.len() as f32;
        let is_whole = largest_piece(&cover, width) >= WHOLE * cover.iter().sum::<f32>();
        let cover = blurred(&cover, width, 1);
        Self {
            label: label.into(),
            shade: blurred(&cover, width, 12),
            ratio,
            cover,
            colours,
            is_faint,
            is_whole,
        }
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    paths
}

/// The board's colour, which changes linearly over the photograph.
struct Board {
    centre: Colour,
    slope: [Colour; 2],
    size: [f32; 2],
}

impl Board {
    /// From the photograph's outermost pixels, where enough of them are light and nearly grey.
    fn of(photograph: &Canvas) -> Option<Self> {
        let (width, height) = (photograph.width, photograph.height);
        let places: Vec<_> = edge(width, height).collect();
        let is_board = |&(x, y): &(usize, usize)| {
            let [red, green, blue] = photograph.pixels[y * width + x];
            let (least, most) = (red.min(green).min(blue), red.max(green).max(blue));
            most > 120.0 && most - least < 0.22 * most
        };
        let board: Vec<_> = places.iter().copied().filter(is_board).collect();
        if board.len() * 3 < places.len() {
            return None;
        }
        let size = [width as f32, height as f32];
        let mean = |weight: &dyn Fn(f32, f32) -> f32| -> Colour {
            let mut sum = [0.0; 3];
            let mut weights = 0.0;
            for (x, y) in &board {
                let place = [*x as f32 / size[0] - 0.5, *y as f32 / size[1] - 0.5];
                let weight = weight(place[0], place[1]);
                weights += weight;
                let pixel = photograph.pixels[y * width + x];
                sum = std::array::from_fn(|at| sum[at] + weight * pixel[at]);
            }
            sum.map(|sum| sum / f32::max(weights, 1e-3))
        };
        // The sides opposite each other give the slope between them.
        let border =
            |at: fn(f32, f32) -> f32| mean(&move |x, y| if at(x, y) > 0.3 { 1.0 } else { 0.0 });
        let difference = |one: Colour, other: Colour| {
            // A side without any board says nothing.
            let is_known = one[0] > 1.0 && other[0] > 1.0;
            std::array::from_fn(|at| if is_known { one[at] - other[at] } else { 0.0 })
        };
        Some(Self {
            centre: mean(&|_, _| 1.0),
            slope: [
                difference(border(|x, _| x), border(|x, _| -x)),
                difference(border(|_, y| y), border(|_, y| -y)),
            ],
            size,
        })
    }

    fn at(&self, x: usize, y: usize) -> Colour {
        let across = x as f32 / self.size[0] - 0.5;
        let down = y as f32 / self.size[1] - 0.5;
        std::array::from_fn(|at| {
            self.centre[at] + self.slope[0][at] * across + self.slope[1][at] * down
        })
    }
}

fn edge(width: usize, height: usize) -> impl Iterator<Item = (usize, usize)> {
    let across = (0..width).flat_map(move |x| [(x, 0), (x, height - 1)]);
    across.chain((0..height).flat_map(move |y| [(0, y), (width - 1, y)]))
}

/// All that cannot be reached from the edge over pixels like the board.
fn opaque(ratio: &Canvas) -> Vec<f32> {
    let (width, height) = (ratio.width, ratio.height);
    let is_board = |at: usize| {
        let [red, green, blue] = ratio.pixels[at];
        let tint = red.max(green).max(blue) - red.min(green).min(blue);
        // A shadow is darker and as grey as the board.
        let darker = 1.0 - (red + green + blue) / 3.0;
        tint < BOARD
            && darker.abs()
                < if tint < BOARD / 2.0 {
                    3.0 * BOARD
                } else {
                    BOARD
                }
    };
    let mut cover = vec![1.0; width * height];
    let mut reached: Vec<usize> = edge(width, height).map(|(x, y)| y * width + x).collect();
    while let Some(at) = reached.pop() {
        if cover[at] == 0.0 || !is_board(at) {
            continue;
        }
        cover[at] = 0.0;
        reached.extend(neighbours(at, width, width * height));
    }
    cover
}

/// The pixels of the largest connected part of what is opaque.
fn largest_piece(cover: &[f32], width: usize) -> f32 {
    let mut left = cover.to_vec();
    let mut largest = 0.0f32;
    while let Some(start) = left.iter().position(|opaque| *opaque > 0.0) {
        let (mut piece, mut reached) = (0.0, vec![start]);
        while let Some(at) = reached.pop() {
            if left[at] > 0.0 {
                left[at] = 0.0;
                piece += 1.0;
                reached.extend(neighbours(at, width, cover.len()));
            }
        }
        largest = largest.max(piece);
    }
    largest
}

fn neighbours(at: usize, width: usize, pixels: usize) -> impl Iterator<Item = usize> {
    let x = at % width;
    let beside = [(x > 0).then(|| at - 1), (x + 1 < width).then_some(at + 1)];
    let above = [
        at.checked_sub(width),
        (at + width < pixels).then_some(at + width),
    ];
    beside.into_iter().chain(above).flatten()
}

/// The mean over a square of `2 * reach + 1` pixels.
fn blurred(values: &[f32], width: usize, reach: usize) -> Vec<f32> {
    let height = values.len() / width;
    let line = |count: usize, value: &dyn Fn(usize) -> f32| -> Vec<f32> {
        let window = |at: usize| at.saturating_sub(reach)..(at + reach + 1).min(count);
        (0..count)
            .map(|at| window(at).map(value).sum::<f32>() / (2 * reach + 1) as f32)
            .collect()
    };
    let rows: Vec<f32> = (0..height)
        .flat_map(|y| line(width, &|x| values[y * width + x]))
        .collect();
    let mut blurred = vec![0.0; values.len()];
    for x in 0..width {
        for (y, value) in line(height, &|y| rows[y * width + x])
            .into_iter()
            .enumerate()
        {
            blurred[y * width + x] = value;
        }
    }
    blurred
}
