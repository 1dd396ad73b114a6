//! Does the learnt ground show through a foreground? Then it is light with a hard edge, such as the sun's
//! patch through a window, and no item: light scales what the ground looks like, an item hides it.
//!
//! Only a ground with texture can tell, and only where it is not saturated; on a plain board a patch of sun and a
//! sheet of paper are the same.
//!
//! Terms: the *texture* of a cell is how far the logarithm of its brightness is from the mean of its four
//! neighbours', which no change of light moves; a cell is *inside* a foreground with all four of them.

use crate::preprocess::{GRID_HEIGHT, GRID_WIDTH, LumaGrid};

/// Added before taking logarithms, as for the fit of the light.
const FLOOR: f32 = 12.0;

/// So many cells must be inside, and so large a share of the foreground.
const LEAST_INSIDE: usize = 12;
const LEAST_SHARE: f32 = 0.3;

/// The root mean square of the learnt texture below which a ground is plain: a sensor's noise, averaged over a
/// cell, and a camera's compression make less.
const LEAST_TEXTURE: f32 = 0.02;

/// The least correlation between the learnt texture and the one that is seen.
const LEAST_CORRELATION: f32 = 0.85;

/// Through film or glass the texture is fainter than this share of what was learnt.
const LEAST_STRENGTH: f32 = 0.7;

/// From this brightness on a sensor may be saturated.
const SATURATED: u8 = 235;

/// Whether the ground of `background` shows through what is marked in `foreground`.
pub(super) fn shows_through(background: &[f32], grid: &LumaGrid, foreground: &[bool]) -> bool {
    let cells = grid.cells();
    let learnt = |at: usize| (background[at] + FLOOR).ln();
    let seen = |at: usize| (f32::from(cells[at]) + FLOOR).ln();
    let (mut inside, mut both, mut of_learnt, mut of_seen) = (0usize, 0.0f32, 0.0f32, 0.0f32);
    for row in 1..GRID_HEIGHT - 1 {
        for column in 1..GRID_WIDTH - 1 {
            let at = row * GRID_WIDTH + column;
            let is_usable = |at: usize| foreground[at] && cells[at] < SATURATED;
            if ![at].into_iter().chain(neighbours(at)).all(is_usable) {
                continue;
            }
            let (expected, found) = (texture(learnt, at), texture(seen, at));
            inside += 1;
            both += expected * found;
            of_learnt += expected * expected;
            of_seen += found * found;
        }
    }
    let area = foreground.iter().filter(|set| **set).count();
    let is_enough = inside >= LEAST_INSIDE && inside as f32 >= LEAST_SHARE * area as f32;
    let is_textured = of_learnt >= LEAST_TEXTURE * LEAST_TEXTURE * inside as f32;
    is_enough
        && is_textured
        && both >= LEAST_CORRELATION * (of_learnt * of_seen).sqrt()
        && both >= LEAST_STRENGTH * of_learnt
}

fn neighbours(at: usize) -> [usize; 4] {
    [at - GRID_WIDTH, at - 1, at + 1, at + GRID_WIDTH]
}

fn texture(value: impl Fn(usize) -> f32, at: usize) -> f32 {
    let around: f32 = neighbours(at).into_iter().map(&value).sum();
    value(at) - around / 4.0
}
