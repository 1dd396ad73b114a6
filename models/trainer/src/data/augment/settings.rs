//! The strength of the data augmentation: for each change how often it happens, and how far it goes.

use std::ops::RangeInclusive;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sortd::error::{Error, Result};

use crate::files;

/// The strength of the data augmentation. Shares are 0 to 1; keys that are left out have their
/// defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Augmentation {
    /// Smallest share of the photograph's area that a crop shows, 0..1.
    #[serde(alias = "smallest-cut")]
    pub smallest_crop: f32,
    /// Widest aspect of a crop, width to height; the narrowest is its inverse.
    pub widest_aspect: f32,
    /// How often the picture is mirrored left to right.
    pub mirror: f32,
    /// How often it is turned by 90, 180 or 270 degrees.
    pub quarter_turn: f32,
    /// How often it is tilted.
    pub tilt: f32,
    /// Largest tilt in degrees.
    pub largest_tilt: f32,
    /// How often the item is shown from further away, or larger, on a ground of its own.
    pub zoom: f32,
    /// The share of the frame's side that the item fills at least where it is shown from afar. Where
    /// the item was not found the whole photograph counts as the item, and half as much again is the
    /// least, since the item is smaller than its photograph.
    pub smallest_item: f32,
    /// How often an item that is shown from afar is laid onto another background; else it is laid
    /// onto an empty board like its own.
    pub paste: f32,
    /// How often an item throws a shadow on its new ground, and something outside on the scene.
    pub shadow: f32,
    /// Share of the light that the deepest shadow takes.
    pub deepest_shadow: f32,
    /// How often something lies over an edge of the item.
    pub occlusion: f32,
    /// How far it reaches at most, as a share of the item's longer side.
    pub largest_occlusion: f32,
    /// How often brightness, contrast and saturation are changed.
    pub light: f32,
    /// Largest factor of brightness, up or down.
    pub brightness: f32,
    /// Largest factor of contrast, up or down.
    pub contrast: f32,
    /// Largest factor of saturation, up or down.
    pub saturation: f32,
    /// How often the lamp has another colour temperature than the camera is balanced for.
    pub lamp: f32,
    /// Warmest lamp, in kelvin.
    pub warmest_lamp: f32,
    /// Coolest lamp, in kelvin.
    pub coolest_lamp: f32,
    /// How often there is too little light.
    pub low_light: f32,
    /// Share of the picture's brightness that is left in the darkest.
    pub darkest: f32,
    /// How often it is out of focus.
    pub blur: f32,
    /// Largest standard deviation of that blur, in pixels at a side of 128.
    pub largest_blur: f32,
    /// How often it moves.
    pub motion: f32,
    /// Longest motion, in pixels at a side of 128.
    pub longest_motion: f32,
    /// How often the sensor's noise is seen.
    pub noise: f32,
    /// Largest standard deviation of the noise on white, in grey levels; in low light half as much again.
    pub strongest_noise: f32,
    /// How often the picture is compressed as JPEG.
    pub jpeg: f32,
    /// Lowest quality of that, 1..=100.
    pub lowest_quality: u8,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            smallest_crop: 0.35,
            widest_aspect: 4.0 / 3.0,
            mirror: 0.5,
            quarter_turn: 0.2,
            tilt: 0.5,
            largest_tilt: 25.0,
            zoom: 0.5,
            smallest_item: 0.25,
            paste: 0.6,
            shadow: 0.3,
            deepest_shadow: 0.6,
            occlusion: 0.12,
            largest_occlusion: 0.4,
            light: 0.8,
            brightness: 1.4,
            contrast: 1.35,
            saturation: 1.5,
            lamp: 0.4,
            warmest_lamp: 4000.0,
            coolest_lamp: 10_000.0,
            low_light: 0.1,
            darkest: 0.4,
            blur: 0.15,
            largest_blur: 1.4,
            motion: 0.1,
            longest_motion: 6.0,
            noise: 0.25,
            strongest_noise: 9.0,
            jpeg: 0.2,
            lowest_quality: 35,
        }
    }
}

impl Augmentation {
    /// That of a TOML file, whose missing keys keep their defaults; the usual one without a file.
    ///
    /// # Errors
    /// The file cannot be read, has a key that is none, or a number that cannot be meant.
    pub fn read(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else {
            return Ok(Self::default());
        };
        let augmentation: Self = files::read_toml(file)?;
        let made = augmentation.check().map(|()| augmentation);
        made.map_err(|error| {
            Error::data(format!("{} makes no sense", file.display())).caused_by(error)
        })
    }

    /// Checks that every number can be meant.
    ///
    /// # Errors
    /// Names each key that lies outside of its range.
    pub fn check(&self) -> Result<()> {
        let problems: Vec<String> = self
            .ranges()
            .into_iter()
            // Asked this way round, what is not a number fails.
            .filter(|(_, value, range)| !range.contains(value))
            .map(|(key, value, range)| {
                format!(
                    "{key} lies in {} to {}, not at {value}",
                    range.start(),
                    range.end()
                )
            })
            .collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::data(problems.join("; ")))
    }

    /// Each key with its value and where it may lie.
    fn ranges(&self) -> [(&'static str, f32, RangeInclusive<f32>); 30] {
        let share = || 0.0..=1.0;
        // A crop or an item without area shows nothing.
        let area = || 0.01..=1.0;
        let factor = || 1.0..=10.0;
        let kelvin = || 1000.0..=40_000.0;
        [
            ("smallest-crop", self.smallest_crop, area()),
            ("widest-aspect", self.widest_aspect, factor()),
            ("mirror", self.mirror, share()),
            ("quarter-turn", self.quarter_turn, share()),
            ("tilt", self.tilt, share()),
            ("largest-tilt", self.largest_tilt, 0.0..=180.0),
            ("zoom", self.zoom, share()),
            ("smallest-item", self.smallest_item, area()),
            ("paste", self.paste, share()),
            ("shadow", self.shadow, share()),
            ("deepest-shadow", self.deepest_shadow, share()),
            ("occlusion", self.occlusion, share()),
            ("largest-occlusion", self.largest_occlusion, share()),
            ("light", self.light, share()),
            ("brightness", self.brightness, factor()),
            ("contrast", self.contrast, factor()),
            ("saturation", self.saturation, factor()),
            ("lamp", self.lamp, share()),
            ("warmest-lamp", self.warmest_lamp, kelvin()),
            ("coolest-lamp", self.coolest_lamp, kelvin()),
            ("low-light", self.low_light, share()),
            ("darkest", self.darkest, share()),
            ("blur", self.blur, share()),
            ("largest-blur", self.largest_blur, 0.0..=32.0),
            ("motion", self.motion, share()),
            ("longest-motion", self.longest_motion, 0.0..=64.0),
            ("noise", self.noise, share()),
            ("strongest-noise", self.strongest_noise, 0.0..=128.0),
            ("jpeg", self.jpeg, share()),
            (
                "lowest-quality",
                f32::from(self.lowest_quality),
                1.0..=100.0,
            ),
        ]
    }

    /// No augmentation: the whole photograph, squeezed.
    #[must_use]
    pub fn none() -> Self {
        Self {
            smallest_crop: 1.0,
            widest_aspect: 1.0,
            mirror: 0.0,
            quarter_turn: 0.0,
            tilt: 0.0,
            zoom: 0.0,
            shadow: 0.0,
            occlusion: 0.0,
            light: 0.0,
            lamp: 0.0,
            low_light: 0.0,
            blur: 0.0,
            motion: 0.0,
            noise: 0.0,
            jpeg: 0.0,
            ..Self::default()
        }
    }
}
