//! What the cameras of a soak see: an empty zone, items, and all that can be wrong with a picture.

use std::collections::HashMap;
use std::time::Instant;

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use sortd::capture::Frame;
use sortd::capture::replay::{Photo, PhotoSequence, Showing};

use crate::common::root;

/// Numbers by a seed: `SplitMix64`.
pub struct Seed(pub u64);

impl Seed {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from `least` up to `most`.
    pub fn within(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }
}

/// What a camera sees for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scene {
    /// Nothing.
    Empty,
    /// The photograph of this number.
    Item(usize),
    /// Nearly no light.
    Dark,
    /// The same picture again and again, of whatever was there before.
    Frozen,
    /// A grey thing before the lens.
    Covered,
    /// Pictures that are cut off.
    Cut,
}

/// The photographs and the empty zone, and the pictures that were made of them.
pub struct Gallery {
    empty: Frame,
    items: Vec<Frame>,
    made: HashMap<(Scene, usize), Frame>,
}

/// Different pictures of one scene; one after the other they are never equal.
const DIFFERENT: usize = 3;

const KINDS: [&str; 6] = ["cardboard", "glass", "metal", "paper", "plastic", "trash"];

impl Gallery {
    /// All photographs of the tests, small.
    pub fn open() -> Self {
        let folders = KINDS.map(|kind| root().join("tests/photos").join(kind));
        let photos = folders
            .iter()
            .flat_map(|folder| Photo::folder(folder).unwrap());
        let showing = Showing {
            frames_per_photo: 1,
            width: 320,
            height: 240,
        };
        let mut sequence = PhotoSequence::new(photos.collect(), showing, false);
        let mut frame = Frame::empty(Instant::now());
        let (mut empty, mut items) = (None, Vec::new());
        while let sortd::capture::Captured::Frame = sequence.next_frame(&mut frame).unwrap() {
            match sequence.shown() {
                Some(_) => items.push(frame.clone()),
                None => empty = Some(frame.clone()),
            }
        }
        Self {
            empty: empty.unwrap(),
            items,
            made: HashMap::new(),
        }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The `nth` picture of a scene, with noise as of a sensor. That of [`Scene::Frozen`] and [`Scene::Cut`] is
    /// for the caller to spoil.
    pub fn picture(&mut self, scene: Scene, nth: usize) -> &Frame {
        let key = (scene, nth % DIFFERENT);
        let Self { empty, items, made } = self;
        made.entry(key).or_insert_with(|| {
            let mut frame = match scene {
                Scene::Item(item) => items[item].clone(),
                _ => empty.clone(),
            };
            add_noise(&mut frame, scene, &mut Seed(key.1 as u64));
            frame
        })
    }
}

fn add_noise(frame: &mut Frame, scene: Scene, seed: &mut Seed) {
    for chunk in frame.data.chunks_mut(8) {
        let noise = seed.next().to_le_bytes().map(|noise| noise % 4);
        for (value, noise) in chunk.iter_mut().zip(noise) {
            *value = match scene {
                Scene::Dark => value.saturating_add(noise) / 12,
                Scene::Covered => 90 + noise,
                _ => value.saturating_add(noise),
            };
        }
    }
}

/// What comes next: mostly items and the zone between them; a fault now and then. Each with its length in
/// milliseconds.
pub fn next(seed: &mut Seed, items: usize, usual_pause: (u64, u64)) -> [(Scene, u64); 2] {
    let item = Scene::Item(seed.within(0, items as u64 - 1) as usize);
    let shown = match seed.within(0, 9) {
        0 => seed.within(50, 300),
        1 => seed.within(2_000, 5_000),
        _ => seed.within(400, 1_600),
    };
    let after = match seed.within(0, 39) {
        0 => (Scene::Dark, seed.within(2_000, 6_000)),
        1 => (Scene::Frozen, seed.within(2_000, 6_000)),
        2 => (Scene::Covered, seed.within(2_000, 6_000)),
        3..=5 => (Scene::Cut, seed.within(100, 1_500)),
        // The next item comes while this one is still known.
        6..=7 => (Scene::Empty, 0),
        _ => (Scene::Empty, seed.within(usual_pause.0, usual_pause.1)),
    };
    [(item, shown), after]
}

/// An MJPEG recording of so many scenes at `fps`.
pub fn recording(gallery: &mut Gallery, seed: &mut Seed, scenes: usize, fps: u64) -> Vec<u8> {
    let items = gallery.len();
    let mut known = HashMap::new();
    let mut pictures_of = |scene: Scene| -> [Vec<u8>; DIFFERENT] {
        let made = || std::array::from_fn(|nth| jpeg(gallery.picture(scene, nth)));
        known.entry(scene).or_insert_with(made).clone()
    };
    let mut bytes = Vec::new();
    let mut add = |scene: Scene, before: Scene, millis: u64| {
        let pictures = pictures_of(match scene {
            Scene::Frozen | Scene::Cut => before,
            scene => scene,
        });
        for nth in 0..(millis * fps / 1_000) as usize {
            let picture = &pictures[nth % DIFFERENT];
            match scene {
                Scene::Frozen => bytes.extend(&pictures[0]),
                Scene::Cut => bytes.extend(&picture[..picture.len() / 2]),
                _ => bytes.extend(picture),
            }
        }
    };
    add(Scene::Empty, Scene::Empty, 800);
    for _ in 0..scenes {
        let [(item, shown), (after, lasts)] = next(seed, items, (350, 700));
        add(item, Scene::Empty, shown);
        add(after, item, lasts);
        if after != Scene::Empty {
            add(Scene::Empty, Scene::Empty, 700);
        }
    }
    bytes
}

fn jpeg(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 85)
        .encode(
            &frame.data,
            frame.width,
            frame.height,
            ExtendedColorType::Rgb8,
        )
        .unwrap();
    bytes
}
