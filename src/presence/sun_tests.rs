//! A patch of sun with a hard edge is told from an item by the ground that shows through it, and by how it comes.

use super::tests::Scene;
use super::*;

/// Planks with a grain, as cells average it.
fn grained(x: usize, y: usize) -> f32 {
    let grain = (x * 31 + y * 17) % 13;
    if y.is_multiple_of(9) {
        70.0
    } else {
        96.0 + 2.0 * grain as f32
    }
}

#[test]
fn a_patch_of_sun_with_a_hard_edge_is_no_item_on_a_ground_with_texture() {
    let mut scene = Scene::with_learnt(grained);
    for step in 0..60 {
        let sunny = |x: usize| (step..step + 16).contains(&x);
        let lit = |x, y| grained(x, y) * if sunny(x) { 1.7 } else { 1.0 };
        assert_eq!(scene.show(lit), Presence::Empty, "at column {step}");
    }
}

/// A plain board with a hard-edged patch of 24 leaning columns, whose right edge is at `edge` in the lowest row.
fn board_with_sun(edge: f32) -> impl Fn(usize, usize) -> f32 {
    move |x, y| {
        let from_edge = edge - (47 - y) as f32 / 4.0 - x as f32;
        let lit = from_edge
            .clamp(0.0, 1.0)
            .min((25.0 - from_edge).clamp(0.0, 1.0));
        180.0 + 74.0 * lit
    }
}

#[test]
fn a_patch_of_sun_that_creeps_over_a_plain_board_is_no_item_and_does_not_blind() {
    let mut scene = Scene::with_learnt(|_, _| 180.0);
    for step in 0..1_000 {
        let picture = board_with_sun(step as f32 / 10.0);
        assert_eq!(scene.show(picture), Presence::Empty, "in picture {step}");
    }
    let board = scene.grid(|_, _| 180.0);
    assert!(!scene.detector.is_hidden(&board));
}

#[test]
fn what_comes_slowly_by_hand_is_an_item_on_the_same_board() {
    let mut scene = Scene::with_learnt(board_with_sun(40.0));
    // A seventh of the zone's width in a second.
    let seen = (0..30).map(|step| {
        let sun = board_with_sun(40.0 + step as f32 / 10.0);
        scene.show(|x, y| {
            if x < step && (10..26).contains(&y) {
                60.0
            } else {
                sun(x, y)
            }
        })
    });
    let first = seen
        .enumerate()
        .find(|(_, seen)| matches!(seen, Presence::Item(_)));
    assert!(matches!(first, Some((0..10, _))), "{first:?}");
}

#[test]
fn a_thing_of_one_colour_or_of_another_texture_is_an_item_on_that_ground() {
    let inside = |x: usize, y: usize| (20..36).contains(&x) && (14..30).contains(&y);
    let plain = |_: usize, _: usize| 170.0;
    let printed = |x: usize, y: usize| 60.0 + ((x * 7 + y * 13) % 50) as f32;
    let veiled = |x: usize, y: usize| 100.0 + grained(x, y) / 2.0;
    let things: [&dyn Fn(usize, usize) -> f32; 3] = [&plain, &printed, &veiled];
    for (number, thing) in things.into_iter().enumerate() {
        let mut scene = Scene::with_learnt(grained);
        for _ in 0..10 {
            let seen = scene.show(|x, y| {
                if inside(x, y) {
                    thing(x, y)
                } else {
                    grained(x, y)
                }
            });
            assert!(
                matches!(seen, Presence::Item(_)),
                "thing {number}: {seen:?}"
            );
        }
    }
}

#[test]
fn what_a_camera_writes_into_its_pictures_is_not_the_ground_that_shows_through() {
    // Signs in a corner, which an item does not hide, and which the camera writes brighter on another picture, on a
    // ground of several greys.
    let with_signs = |x: usize, y: usize, bright: f32, ground: f32| match (
        x < 30 && y < 16,
        (x * 5 + y * 3) % 7 < 3,
    ) {
        (true, true) => bright,
        (true, false) => 16.0,
        (false, _) => ground,
    };
    let bars = |x: usize, y: usize| with_signs(x, y, 180.0, 60.0 + (x / 8 * 3 % 8) as f32 * 16.0);
    let mut scene = Scene::with_learnt(bars);
    let seen = (0..10).map(|_| scene.show(|x, y| with_signs(x, y, 225.0, 41.0)));
    let items = seen.filter(|seen| matches!(seen, Presence::Item(_)));
    assert!(items.count() >= 8);
}
