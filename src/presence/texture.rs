//! Does the learnt ground show through a foreground? Then it is light with a hard edge, such as the sun's
//! patch through a window, and no item: light scales what the ground looks like, an item hides it.
//!
//! Only a ground with texture can tell, and only where it is not saturated; on a plain board a patch of sun and a
//! sheet of paper look the same, and differ in how they come (`arrival`).
//!
//! Terms: the *texture* between two neighbouring cells is the difference of the logarithms of their brightness,
//! which light that falls on both does not change.

use super::light::{FLOOR, SATURATED};
use crate::preprocess::{GRID_HEIGHT, GRID_WIDTH, LumaGrid};

/// A foreground with fewer pairs of neighbours, for its area, is too ragged to tell.
const LEAST_PAIRS: f32 = 0.7;

/// The root mean square of the learnt texture below which a ground is plain: a sensor's noise, averaged over a
/// cell, and a camera's compression make less.
const LEAST_TEXTURE: f32 = 0.02;

/// The least correlation between the learnt texture and the one that is seen.
const LEAST_CORRELATION: f32 = 0.85;

/// Through film or glass the texture is fainter than this share of what was learnt.
const LEAST_STRENGTH: f32 = 0.7;

/// The sides, in cells, of the parts of the zone that are looked at for themselves.
const PART: usize = 8;

const PARTS: usize = GRID_WIDTH.div_ceil(PART) * GRID_HEIGHT.div_ceil(PART);

/// In a part with texture, the ground is hidden from this correlation, or this strength, down. Single parts are
/// less certain than a whole foreground.
const HIDDEN_CORRELATION: f32 = 0.5;
const HIDDEN_STRENGTH: f32 = 0.35;

/// Where the ground is hidden in this share of what has texture, inside the foreground or not, something covers the
/// zone. What shows through it then is not the ground: a camera may write the time into its pictures.
const LEAST_HIDDEN: f32 = 0.25;

/// What pairs of neighbouring cells tell: how many there are, and the sums of the products of their learnt and
/// their seen textures.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    pairs: f32,
    both: f32,
    of_learnt: f32,
    of_seen: f32,
}

impl Sums {
    fn add(&mut self, learnt: f32, seen: f32) {
        self.pairs += 1.0;
        self.both += learnt * seen;
        self.of_learnt += learnt * learnt;
        self.of_seen += seen * seen;
    }

    fn has_texture(&self) -> bool {
        self.pairs >= 1.0 && self.of_learnt >= LEAST_TEXTURE * LEAST_TEXTURE * self.pairs
    }

    fn shows(&self, correlation: f32, strength: f32) -> bool {
        self.both >= correlation * (self.of_learnt * self.of_seen).sqrt()
            && self.both >= strength * self.of_learnt
    }
}

/// Whether the ground of `background` shows through what is marked in `foreground`.
pub(super) fn shows_through(background: &[f32], grid: &LumaGrid, foreground: &[bool]) -> bool {
    let area = foreground.iter().filter(|set| **set).count();
    if area == 0 {
        return false;
    }
    let cells = grid.cells();
    let is_usable = |at: &usize| f32::from(cells[*at]) < SATURATED;
    let learnt = |at: usize| (background[at] + FLOOR).ln();
    let seen = |at: usize| (f32::from(cells[at]) + FLOOR).ln();
    let mut marked = Sums::default();
    let mut parts = [Sums::default(); PARTS];
    for (at, next) in neighbours().filter(|(at, next)| is_usable(at) && is_usable(next)) {
        let (expected, found) = (learnt(next) - learnt(at), seen(next) - seen(at));
        if foreground[at] && foreground[next] {
            marked.add(expected, found);
        }
        parts[part_of(at)].add(expected, found);
    }
    marked.pairs >= LEAST_PAIRS * area as f32
        && marked.has_texture()
        && marked.shows(LEAST_CORRELATION, LEAST_STRENGTH)
        && share_hidden(&parts) < LEAST_HIDDEN
}

/// Of what has texture, the share in which the ground is hidden.
fn share_hidden(parts: &[Sums]) -> f32 {
    let textured = parts.iter().filter(|part| part.has_texture());
    let (mut of_all, mut of_hidden) = (0.0f32, 0.0f32);
    for part in textured {
        of_all += part.pairs;
        if !part.shows(HIDDEN_CORRELATION, HIDDEN_STRENGTH) {
            of_hidden += part.pairs;
        }
    }
    of_hidden / of_all.max(1.0)
}

const fn part_of(at: usize) -> usize {
    let (column, row) = (at % GRID_WIDTH, at / GRID_WIDTH);
    row / PART * GRID_WIDTH.div_ceil(PART) + column / PART
}

/// Each cell with the one to its right and the one below it.
fn neighbours() -> impl Iterator<Item = (usize, usize)> {
    let right = |at: usize| (at % GRID_WIDTH + 1 < GRID_WIDTH).then_some((at, at + 1));
    let below = |at: usize| (at / GRID_WIDTH + 1 < GRID_HEIGHT).then_some((at, at + GRID_WIDTH));
    (0..GRID_WIDTH * GRID_HEIGHT).flat_map(move |at| right(at).into_iter().chain(below(at)))
}
