//! Does the learnt ground show through a foreground? Then it is light with a hard edge, such as the sun's
//! patch through a window, and no item: light scales what the ground looks like, an item hides it.
//!
//! Only a ground with texture can tell, and only where it is not saturated; on a plain board a patch of sun and a
//! sheet of paper are the same.
//!
//! Terms: the *texture* between two neighbouring cells is the difference of the logarithms of their brightness,
//! which light that falls on both does not change.

use crate::preprocess::{GRID_HEIGHT, GRID_WIDTH, LumaGrid};

/// Added before taking logarithms, as for the fit of the light.
const FLOOR: f32 = 12.0;

/// A foreground with fewer pairs of neighbours, for its area, is too ragged to tell.
const LEAST_PAIRS: f32 = 0.7;

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
    let is_usable = |at: usize| foreground[at] && cells[at] < SATURATED;
    let learnt = |at: usize| (background[at] + FLOOR).ln();
    let seen = |at: usize| (f32::from(cells[at]) + FLOOR).ln();
    let (mut pairs, mut both, mut of_learnt, mut of_seen) = (0.0f32, 0.0f32, 0.0f32, 0.0f32);
    for (at, next) in neighbours().filter(|(at, next)| is_usable(*at) && is_usable(*next)) {
        let (expected, found) = (learnt(next) - learnt(at), seen(next) - seen(at));
        pairs += 1.0;
        both += expected * found;
        of_learnt += expected * expected;
        of_seen += found * found;
    }
    let area = foreground.iter().filter(|set| **set).count();
    let is_textured = of_learnt >= LEAST_TEXTURE * LEAST_TEXTURE * pairs;
    pairs >= 1.0
        && pairs >= LEAST_PAIRS * area as f32
        && is_textured
        && both >= LEAST_CORRELATION * (of_learnt * of_seen).sqrt()
        && both >= LEAST_STRENGTH * of_learnt
}

/// Each cell with the one to its right and the one below it.
fn neighbours() -> impl Iterator<Item = (usize, usize)> {
    let right = |at: usize| (at % GRID_WIDTH + 1 < GRID_WIDTH).then_some((at, at + 1));
    let below = |at: usize| (at / GRID_WIDTH + 1 < GRID_HEIGHT).then_some((at, at + GRID_WIDTH));
    (0..GRID_WIDTH * GRID_HEIGHT).flat_map(move |at| right(at).into_iter().chain(below(at)))
}
