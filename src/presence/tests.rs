//! What presence must see and what it must not be fooled by.

use super::*;
use proptest::prelude::*;
use std::time::Duration;

const FRAME: Duration = Duration::from_millis(100);

/// A zone under a camera, seen frame by frame.
pub(super) struct Scene {
    pub detector: PresenceDetector,
    now: Instant,
    noise: u32,
}

impl Scene {
    pub fn with_learnt(background: impl Fn(usize, usize) -> f32) -> Self {
        let config = PresenceConfig {
            contrast: 18,
            min_area: 0.015,
            learn: Duration::from_secs(1),
            absorb: Duration::from_secs(30),
        };
        let now = Instant::now();
        let mut scene = Self {
            detector: PresenceDetector::new(config),
            now,
            noise: 1,
        };
        for _ in 0..=10 {
            scene.show(&background);
        }
        scene
    }

    pub fn show(&mut self, picture: impl Fn(usize, usize) -> f32) -> Presence {
        let grid = self.grid(picture);
        self.now += FRAME;
        self.detector.observe(&grid, self.now)
    }

    /// A picture with a sensor's noise.
    pub fn grid(&mut self, picture: impl Fn(usize, usize) -> f32) -> LumaGrid {
        let mut grid = LumaGrid::default();
        for (at, cell) in grid.cells_mut().iter_mut().enumerate() {
            self.noise = self
                .noise
                .wrapping_mul(1_664_525)
                .wrapping_add(1_013_904_223);
            let noise = (self.noise >> 24) as f32 / 256.0 * 2.0 - 1.0;
            *cell = (picture(at % GRID_WIDTH, at / GRID_WIDTH) + noise).clamp(0.0, 255.0) as u8;
        }
        grid
    }
}

fn bin(x: usize, y: usize) -> f32 {
    // A bin's rim: bright board, darker stripes.
    if x % 16 < 3 || y % 12 < 2 {
        90.0
    } else {
        150.0
    }
}

fn with_item(x: usize, y: usize, left: usize, top: usize, size: usize) -> f32 {
    if (left..left + size).contains(&x) && (top..top + size).contains(&y) {
        20.0 + ((x * 7 + y * 13) % 50) as f32
    } else {
        bin(x, y)
    }
}

#[test]
fn nothing_is_said_while_the_zone_is_being_learnt() {
    let config = Scene::with_learnt(bin).detector.config;
    let mut detector = PresenceDetector::new(config);
    assert_eq!(
        detector.observe(&LumaGrid::default(), Instant::now()),
        Presence::Learning
    );
}

#[test]
fn a_start_at_night_learns_the_zone_when_the_light_returns() {
    let night = |x: usize, y: usize| bin(x, y) * 0.05;
    let mut scene = Scene::with_learnt(night);
    for _ in 0..100 {
        assert_eq!(scene.show(night), Presence::Learning);
    }
    for _ in 0..10 {
        assert_eq!(scene.show(bin), Presence::Learning);
    }
    for _ in 0..20 {
        assert_eq!(scene.show(bin), Presence::Empty);
    }
    let presence = scene.show(|x, y| with_item(x, y, 20, 10, 14));
    assert!(matches!(presence, Presence::Item(_)));
}

#[test]
fn an_empty_zone_stays_empty() {
    let mut scene = Scene::with_learnt(bin);
    for _ in 0..600 {
        assert_eq!(scene.show(bin), Presence::Empty);
    }
}

#[test]
fn an_item_that_leaves_is_gone() {
    let mut scene = Scene::with_learnt(bin);
    assert!(matches!(
        scene.show(|x, y| with_item(x, y, 20, 10, 14)),
        Presence::Item(_)
    ));
    assert_eq!(scene.show(bin), Presence::Empty);
}

#[test]
fn an_item_that_hides_the_whole_zone_for_long_leaves_no_ghost() {
    // Its brightness is like the board's, so that much of it cannot be told from another light.
    let cover = |x: usize, y: usize| {
        if (x / 5 + y / 7).is_multiple_of(3) {
            175.0
        } else {
            128.0
        }
    };
    let mut scene = Scene::with_learnt(bin);
    for _ in 0..100 {
        assert!(matches!(scene.show(cover), Presence::Item(_)));
    }
    assert_eq!(scene.show(bin), Presence::Empty);
}

#[test]
fn a_thing_left_lying_becomes_part_of_the_zone() {
    let mut scene = Scene::with_learnt(bin);
    let frames = (0..400).filter(|_| {
        matches!(
            scene.show(|x, y| with_item(x, y, 20, 10, 14)),
            Presence::Item(_)
        )
    });
    let seen = frames.count();
    assert!(
        (290..=310).contains(&seen),
        "absorbed after {seen} frames instead of about 300"
    );
}

#[test]
fn a_thing_that_became_background_leaves_no_ghost_when_it_goes() {
    let lying = |x: usize, y: usize| with_item(x, y, 20, 10, 14);
    let mut scene = Scene::with_learnt(bin);
    while matches!(scene.show(lying), Presence::Item(_)) {}
    for _ in 0..20 {
        assert_eq!(scene.show(bin), Presence::Empty);
    }
    assert!(matches!(scene.show(lying), Presence::Item(_)));
}

#[test]
fn a_thing_that_lay_there_when_the_camera_came_back_leaves_no_ghost() {
    let lying = |x: usize, y: usize| with_item(x, y, 20, 10, 14);
    let mut scene = Scene::with_learnt(bin);
    scene.detector.restart();
    for _ in 0..20 {
        scene.show(lying);
    }
    for _ in 0..20 {
        assert_eq!(scene.show(bin), Presence::Empty);
    }
    assert!(matches!(scene.show(lying), Presence::Item(_)));
}

#[test]
fn an_item_is_seen_soon_after_a_lamp_went_on_and_after_a_night() {
    for gain in [1.5, 0.0] {
        let mut scene = Scene::with_learnt(bin);
        for _ in 0..100 {
            assert_eq!(scene.show(|x, y| bin(x, y) * gain), Presence::Empty);
        }
        let light = if gain == 0.0 { 1.0 } else { gain };
        for _ in 0..5 {
            assert_eq!(scene.show(|x, y| bin(x, y) * light), Presence::Empty);
        }
        let presence = scene.show(|x, y| with_item(x, y, 20, 10, 14) * light);
        assert!(
            matches!(presence, Presence::Item(_)),
            "after a gain of {gain}"
        );
    }
}

#[test]
fn a_ground_that_outshone_the_sensor_is_no_item_when_the_exposure_falls() {
    let checked = |x: usize, y: usize| {
        if (x / 8 + y / 8).is_multiple_of(3) {
            330.0
        } else {
            120.0
        }
    };
    let mut scene = Scene::with_learnt(checked);
    for exposure in [0.92, 0.85, 0.8] {
        for _ in 0..3 {
            let presence = scene.show(|x, y| checked(x, y) * exposure);
            assert_eq!(presence, Presence::Empty, "at {exposure}");
        }
    }
}

#[test]
fn a_crumb_becomes_background_and_does_not_widen_an_items_box() {
    let crumb = |x: usize, y: usize| with_item(x, y, 50, 40, 4);
    let mut scene = Scene::with_learnt(bin);
    for _ in 0..3_000 {
        assert_eq!(scene.show(crumb), Presence::Empty);
    }
    let presence = scene.show(|x, y| crumb(x, y).min(with_item(x, y, 10, 10, 8)));
    let Presence::Item(region) = presence else {
        panic!("{presence:?}");
    };
    assert!(region.width < 0.3 && region.height < 0.3, "{region:?}");
}

#[test]
fn a_white_thing_that_outshines_the_sensor_is_an_item() {
    let white = |x: usize, y: usize| {
        if (20..36).contains(&x) && (10..26).contains(&y) {
            255.0
        } else {
            bin(x, y)
        }
    };
    let mut scene = Scene::with_learnt(bin);
    for _ in 0..10 {
        assert!(matches!(scene.show(white), Presence::Item(_)));
    }
}

#[test]
fn a_thing_that_moves_is_never_absorbed() {
    let mut scene = Scene::with_learnt(bin);
    for frame in 0..600 {
        let left = 10 + frame % 30;
        let presence = scene.show(|x, y| with_item(x, y, left, 10, 14));
        assert!(
            matches!(presence, Presence::Item(_)),
            "lost at frame {frame}"
        );
    }
}

#[test]
fn a_spotlight_that_no_plane_explains_is_still_only_light() {
    let mut scene = Scene::with_learnt(bin);
    let lit = |x: usize, y: usize| {
        let (dx, dy) = (x as f32 - 10.0, y as f32 - 8.0);
        (bin(x, y) * (1.0 + 0.7 * (-(dx * dx + dy * dy) / 1200.0).exp())).min(255.0)
    };
    let alarms = (0..50)
        .filter(|_| matches!(scene.show(lit), Presence::Item(_)))
        .count();
    assert!(alarms <= 1, "{alarms} false alarms");
}

#[test]
fn the_first_glimpse_of_an_item_leaves_no_ghost() {
    let mut scene = Scene::with_learnt(bin);
    assert_eq!(
        scene.show(|x, y| with_item(x, y, 20, 10, 6)),
        Presence::Empty
    );
    for _ in 0..20 {
        let presence = scene.show(|x, y| with_item(x, y, 20, 10, 14));
        assert!(matches!(presence, Presence::Item(_)), "{presence:?}");
    }
    assert_eq!(scene.show(bin), Presence::Empty);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_item_is_found_where_it_is(left in 0..44usize, top in 0..30usize, size in 9..18usize) {
        let mut scene = Scene::with_learnt(bin);
        let presence = scene.show(|x, y| with_item(x, y, left, top, size));
        let Presence::Item(region) = presence else {
            return Err(TestCaseError::fail(format!("{presence:?}")));
        };
        let near = |found: f32, cells: usize, of: usize| (found * of as f32 - cells as f32).abs() <= 2.0;
        prop_assert!(near(region.left, left, GRID_WIDTH), "{region:?}");
        prop_assert!(near(region.top, top, GRID_HEIGHT), "{region:?}");
        prop_assert!(near(region.left + region.width, left + size, GRID_WIDTH), "{region:?}");
        prop_assert!(near(region.top + region.height, top + size, GRID_HEIGHT), "{region:?}");
    }

    #[test]
    fn a_lamp_or_a_cloud_is_no_item(gain in 0.45..1.6f32, slope_x in -0.25..0.25f32, slope_y in -0.25..0.25f32) {
        let mut scene = Scene::with_learnt(bin);
        let lit = |x: usize, y: usize| {
            let (u, v) = (x as f32 / 32.0 - 1.0, y as f32 / 24.0 - 1.0);
            (bin(x, y) * gain * (1.0 + slope_x * u + slope_y * v)).min(255.0)
        };
        for _ in 0..20 {
            let presence = scene.show(lit);
            prop_assert!(presence == Presence::Empty, "{presence:?}");
        }
    }

    #[test]
    fn an_item_is_found_although_the_light_changes_with_it(gain in 0.6..1.4f32) {
        let mut scene = Scene::with_learnt(bin);
        let presence = scene.show(|x, y| with_item(x, y, 24, 14, 16) * gain);
        prop_assert!(matches!(presence, Presence::Item(_)), "{presence:?}");
    }

    #[test]
    fn no_picture_makes_it_stumble(pictures in prop::collection::vec(any::<u8>(), 8)) {
        let mut scene = Scene::with_learnt(bin);
        for seed in pictures {
            scene.show(|x, y| ((x * usize::from(seed) + y * 31) % 256) as f32);
        }
    }
}
