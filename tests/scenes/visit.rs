//! Somebody brings an item: it comes with a hand, is held or laid down, and goes again.

use std::f32::consts::TAU;
use std::time::Duration;

use crate::canvas::{Canvas, mix, smooth_step};
use crate::chance::{Chance, value_noise};
use crate::item::Item;

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// The hand stays with it.
    Held,
    /// The hand goes, and comes again for it.
    Laid,
    /// Two things are laid down.
    Two,
    /// On a light ground, a thing that lets light through is laid down.
    Clear,
}

impl Manner {
    pub const ALL: [Self; 4] = [Self::Held, Self::Laid, Self::Two, Self::Clear];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held in a hand",
            Self::Laid => "laid down",
            Self::Two => "two at once",
            Self::Clear => "transparent on light",
        }
    }
}

/// One visit. Places are shares of the picture's width.
pub struct Visit<'a> {
    manner: Manner,
    things: Vec<Thing<'a>>,
    /// From where the hand comes.
    edge: [f32; 2],
    skin: [f32; 3],
    arriving: f32,
    /// How long the item stays, after it has come to rest.
    staying: f32,
    leaving: f32,
    seed: u64,
}

struct Thing<'a> {
    item: &'a Item,
    place: [f32; 2],
    /// The longer side.
    size: f32,
    turn: f32,
}

/// How long a hand takes to go away from what it has laid down, and to come again, in seconds.
const REACH: f32 = 0.5;

impl<'a> Visit<'a> {
    pub fn new(manner: Manner, items: &'a [Item], seed: u64) -> Self {
        let mut chance = Chance::of(seed, manner.name());
        let fits = |item: &&Item| match manner {
            Manner::Clear => item.is_faint || ["glass", "plastic"].contains(&item.label.as_str()),
            _ => !item.is_faint && item.is_whole,
        };
        let fitting: Vec<&Item> = items.iter().filter(fits).collect();
        let places: &[[f32; 2]] = match manner {
            Manner::Two => &[[0.28, 0.38], [0.72, 0.38]],
            _ => &[[0.5, 0.38]],
        };
        let sizes = if manner == Manner::Two {
            [0.2, 0.36]
        } else {
            [0.25, 0.6]
        };
        let things = places.iter().map(|place| Thing {
            item: fitting[chance.below(fitting.len())],
            place: place.map(|middle| middle + chance.within(-0.08, 0.08)),
            size: chance.within(sizes[0], sizes[1]),
            turn: chance.within(0.0, TAU),
        });
        let things = things.collect();
        let angle = chance.within(0.0, TAU);
        Self {
            manner,
            things,
            edge: [0.5 + 1.1 * angle.cos(), 0.38 + 1.1 * angle.sin()],
            skin: mix(
                [92.0, 60.0, 44.0],
                [232.0, 190.0, 164.0],
                chance.within(0.0, 1.0),
            ),
            arriving: chance.within(0.4, 0.9),
            staying: chance.within(2.5, 5.0),
            leaving: chance.within(0.4, 0.8),
            seed,
        }
    }

    /// From the beginning to the end of it.
    pub fn length(&self) -> Duration {
        Duration::from_secs_f32(self.arriving + self.staying + self.leaving)
    }

    /// When the item has come to rest.
    pub fn at_rest(&self) -> Duration {
        Duration::from_secs_f32(self.arriving)
    }

    /// The labels of what is brought.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.things.iter().map(|thing| thing.item.label.as_str())
    }

    /// Adds to the empty zone what is there at this time.
    pub fn add_to(&self, scene: &mut Canvas, time: Duration) {
        let seconds = time.as_secs_f32();
        let ends = self.arriving + self.staying;
        let away = if seconds < self.arriving {
            1.0 - smooth_step(0.0, self.arriving, seconds)
        } else {
            smooth_step(ends, ends + self.leaving, seconds)
        };
        for thing in &self.things {
            let place = self.place(thing, away, seconds);
            thing.add_to(scene, place, self.manner == Manner::Clear);
        }
        let hand_away = if away > 0.0 || self.manner == Manner::Held {
            away
        } else {
            let gone = smooth_step(self.arriving, self.arriving + REACH, seconds);
            gone.min(1.0 - smooth_step(ends - REACH, ends, seconds))
        };
        let first = &self.things[0];
        self.add_hand(scene, self.place(first, hand_away, seconds), first.size);
    }

    fn place(&self, thing: &Thing, away: f32, seconds: f32) -> [f32; 2] {
        std::array::from_fn(|axis| {
            let unrest = if self.manner == Manner::Held {
                0.012 * (value_noise(self.seed + axis as u64, seconds * 2.0, 0.0) - 0.5)
            } else {
                0.0
            };
            thing.place[axis] + (self.edge[axis] - thing.place[axis]) * away + unrest
        })
    }

    /// A forearm and four fingers at the item's rim, drawn: skin with a shaded side.
    fn add_hand(&self, scene: &mut Canvas, place: [f32; 2], size: f32) {
        let way = [self.edge[0] - place[0], self.edge[1] - place[1]];
        let length = way[0].hypot(way[1]).max(1e-3);
        let out = way.map(|part| part / length);
        let across = [-out[1], out[0]];
        let wrist = [
            place[0] + out[0] * size * 0.55,
            place[1] + out[1] * size * 0.55,
        ];
        let elbow = [wrist[0] + out[0] * 1.5, wrist[1] + out[1] * 1.5];
        let unit = scene.width as f32;
        let mut limbs = vec![(wrist, elbow, 0.075f32)];
        for finger in [-1.5f32, -0.5, 0.5, 1.5] {
            let tip: [f32; 2] = std::array::from_fn(|axis| {
                wrist[axis] - out[axis] * size * 0.3 + across[axis] * finger * 0.042
            });
            limbs.push((wrist, tip, 0.02));
        }
        let width = scene.width;
        for (at, pixel) in scene.pixels.iter_mut().enumerate() {
            let point = [(at % width) as f32 / unit, (at / width) as f32 / unit];
            let depth = limbs
                .iter()
                .map(|(from, to, radius)| radius - distance(point, *from, *to))
                .fold(f32::MIN, f32::max);
            let cover = smooth_step(-0.002, 0.002, depth);
            if cover > 0.0 {
                let lit = 0.65 + 0.35 * smooth_step(0.0, 0.05, depth);
                *pixel = mix(*pixel, self.skin.map(|value| value * lit), cover);
            }
        }
    }
}

/// From a point to a line between two others.
fn distance(point: [f32; 2], from: [f32; 2], to: [f32; 2]) -> f32 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let rest = [point[0] - from[0], point[1] - from[1]];
    let length = along[0] * along[0] + along[1] * along[1];
    let share = ((rest[0] * along[0] + rest[1] * along[1]) / length.max(1e-9)).clamp(0.0, 1.0);
    (rest[0] - along[0] * share).hypot(rest[1] - along[1] * share)
}

impl Thing<'_> {
    /// Lays it into the scene, with a soft shadow.
    fn add_to(&self, scene: &mut Canvas, place: [f32; 2], is_clear: bool) {
        let Item {
            colours,
            ratio,
            cover,
            shade,
            ..
        } = self.item;
        let unit = scene.width as f32;
        let scale = colours.width.max(colours.height) as f32 / (self.size * unit);
        let (sin, cos) = self.turn.sin_cos();
        let reach = self.size * 0.75;
        let range = |middle: f32, most: usize| {
            let from = ((middle - reach) * unit).clamp(0.0, most as f32) as usize;
            from..((middle + reach) * unit).clamp(0.0, most as f32) as usize
        };
        for y in range(place[1], scene.height) {
            for x in range(place[0], scene.width) {
                let away = [x as f32 - place[0] * unit, y as f32 - place[1] * unit];
                let across = (away[0] * cos + away[1] * sin) * scale + colours.width as f32 / 2.0;
                let down = (away[1] * cos - away[0] * sin) * scale + colours.height as f32 / 2.0;
                let pixel = &mut scene.pixels[y * scene.width + x];
                let shade = value_at(shade, colours, across - 9.0, down - 9.0);
                let cover = value_at(cover, colours, across, down);
                let is_inside = value_at(&[], colours, across, down) > 0.0;
                if is_clear {
                    if is_inside {
                        let through = ratio.between(across, down);
                        *pixel = std::array::from_fn(|at| pixel[at] * through[at]);
                    }
                    continue;
                }
                *pixel = pixel.map(|value| value * (1.0 - 0.35 * shade));
                if cover > 0.0 {
                    *pixel = mix(*pixel, colours.between(across, down), cover);
                }
            }
        }
    }
}

/// The nearest of the values of a picture's pixels; 1 where there are none, and 0 outside.
fn value_at(values: &[f32], picture: &Canvas, x: f32, y: f32) -> f32 {
    if x < 0.0 || y < 0.0 || x >= picture.width as f32 || y >= picture.height as f32 {
        return 0.0;
    }
    values
        .get(y as usize * picture.width + x as usize)
        .copied()
        .unwrap_or(1.0)
}
