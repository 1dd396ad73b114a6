//! What items lie on: drawn grounds, and photographs where there are some.

use std::path::PathBuf;

use crate::canvas::{Canvas, Colour, mix};
use crate::chance::value_noise;
use crate::common::root;

/// A ground that a bin may have.
pub struct Ground {
    pub name: String,
    /// Whether it has no texture to tell light from things by.
    pub is_plain: bool,
    paint: Paint,
}

/// The colour at a place in hundredths of the picture's width.
type Draw = fn(f32, f32) -> Colour;

enum Paint {
    Drawn(Draw),
    Photograph(PathBuf),
}

/// As many photographs as there are drawn grounds with texture.
const PHOTOGRAPHS: usize = 6;

impl Ground {
    /// The drawn grounds, and six photographs of the folder in `GROUNDS` (or where the trainer has some),
    /// evenly spaced in the order of their names.
    pub fn all() -> Vec<Self> {
        let drawn: [(&str, Draw); 7] = [
            ("plain board", plain_board),
            ("steel", steel),
            ("planks", planks),
            ("tiles", tiles),
            ("cloth", cloth),
            ("terrazzo", terrazzo),
            ("rubber", rubber),
        ];
        let drawn = drawn.map(|(name, draw)| Self {
            name: name.into(),
            is_plain: name == "plain board",
            paint: Paint::Drawn(draw),
        });
        drawn.into_iter().chain(photographs()).collect()
    }

    /// The picture that a camera has of it, brighter in the middle.
    pub fn picture(&self, width: usize, height: usize) -> Canvas {
        let mut picture = match &self.paint {
            Paint::Drawn(draw) => {
                // One unit is a hundredth of the picture's width.
                let unit = 100.0 / width as f32;
                Canvas::draw(width, height, |x, y| draw(x as f32 * unit, y as f32 * unit))
            }
            Paint::Photograph(file) => Canvas::photograph(file).fill(width, height),
        };
        for (at, pixel) in picture.pixels.iter_mut().enumerate() {
            let x = (at % width) as f32 / width as f32 - 0.45;
            let y = (at / width) as f32 / height as f32 - 0.5;
            let light = 1.0 - 0.35 * (x * x + y * y);
            *pixel = pixel.map(|value| value * light);
        }
        picture
    }
}

fn photographs() -> Vec<Ground> {
    let folder = std::env::var_os("GROUNDS").map_or_else(
        || root().join("../shared/data/background/no_item"),
        PathBuf::from,
    );
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!(
            "no photographs of grounds in {}; name a folder in GROUNDS",
            folder.display()
        );
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    let step = (files.len() / PHOTOGRAPHS).max(1);
    let chosen = files.into_iter().step_by(step).take(PHOTOGRAPHS);
    chosen
        .map(|file| Ground {
            name: file
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into(),
            is_plain: false,
            paint: Paint::Photograph(file),
        })
        .collect()
}

fn grey(value: f32) -> Colour {
    [value; 3]
}

fn plain_board(x: f32, y: f32) -> Colour {
    let grain = value_noise(1, x / 20.0, y / 20.0) * 4.0;
    [221.0 + grain, 219.0 + grain, 213.0 + grain]
}

fn steel(x: f32, y: f32) -> Colour {
    let streak = value_noise(2, x / 40.0, y * 3.0) * 30.0 + value_noise(3, x / 8.0, y) * 14.0;
    [128.0 + streak, 131.0 + streak, 134.0 + streak]
}

fn planks(x: f32, y: f32) -> Colour {
    let plank = (y / 17.0).floor();
    let along = x + plank * 37.0;
    let grain = value_noise(4 + plank as u64, along / 30.0, y * 1.6);
    let seam = if y - plank * 17.0 < 0.6 { 0.45 } else { 1.0 };
    let tone = 0.85 + 0.3 * value_noise(5, plank * 3.7, along / 90.0);
    let wood = mix([116.0, 74.0, 42.0], [186.0, 137.0, 88.0], grain);
    wood.map(|value| value * tone * seam)
}

fn tiles(x: f32, y: f32) -> Colour {
    let (column, row) = ((x / 14.0).floor(), (y / 14.0).floor());
    if x - column * 14.0 < 0.8 || y - row * 14.0 < 0.8 {
        return grey(96.0);
    }
    let tone = value_noise(6, column * 5.3, row * 7.1) * 36.0;
    let cloud = value_noise(7, x / 5.0, y / 5.0) * 18.0;
    [
        150.0 + tone + cloud,
        140.0 + tone + cloud,
        128.0 + tone + cloud,
    ]
}

fn cloth(x: f32, y: f32) -> Colour {
    let dark = |at: f32| (at / 5.0).floor() as i64 % 2 == 0;
    let thread = value_noise(8, x * 4.0, y * 4.0) * 16.0;
    let red = match (dark(x), dark(y)) {
        (true, true) => 1.0,
        (false, false) => 0.0,
        _ => 0.5,
    };
    mix([222.0, 216.0, 208.0], [158.0, 36.0, 40.0], red).map(|value| value - thread)
}

fn terrazzo(x: f32, y: f32) -> Colour {
    let chip = value_noise(9, x / 1.6, y / 1.6);
    let kind = value_noise(10, (x / 4.0).floor() * 3.1, (y / 4.0).floor() * 2.3);
    let base = grey(176.0 + value_noise(11, x / 3.0, y / 3.0) * 10.0);
    match (chip > 0.68, kind > 0.5) {
        (true, true) => [92.0, 84.0, 80.0],
        (true, false) => [206.0, 170.0, 140.0],
        (false, _) => base,
    }
}

fn rubber(x: f32, y: f32) -> Colour {
    let ridge = if (x + y).rem_euclid(6.0) < 1.6 || (x - y).rem_euclid(6.0) < 1.6 {
        22.0
    } else {
        0.0
    };
    grey(34.0 + ridge + value_noise(12, x, y) * 6.0)
}
