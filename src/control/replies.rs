//! What the daemon replies with, as both ends write and read it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::configs::Source;
use crate::actuate;
use crate::preprocess::Region;
use crate::report::{Counters, LogRecord};

/// How the bin is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// In one word.
    pub health: Health,
    /// What is wrong and what to do, where something is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Seconds since the daemon began to look.
    pub uptime_s: u64,
    /// The camera, once it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// The model.
    pub model: String,
    /// The configuration's file.
    pub config: String,
    /// What is in force: that file, or what stands in its place.
    #[serde(flatten)]
    pub source: Source,
    /// The bins, in the order of the configuration.
    pub bins: Vec<String>,
    /// Whether something is in the drop zone.
    pub item: bool,
    /// The confidence in each bin of the looks at it; what they lack to 1 is the confidence that nothing is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<BTreeMap<String, f32>>,
    /// The bin whose light is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    /// Seconds until a pause ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_s: Option<u64>,
    /// Pictures that were seen since the start.
    pub pictures: u64,
    /// How long the latest looks took, from a picture to lights and lids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_ms: Option<TurnTimes>,
    /// What else happened since the start.
    pub counters: Counters,
    /// What is wrong with the memory and what to do, where something is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// The code that lets a browser in; on the control socket alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairing: Option<String>,
    /// The processor's temperature in degrees Celsius, where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_c: Option<f32>,
    /// Whether the supply's voltage is too low, where that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undervoltage: Option<bool>,
}

/// How long the loop's turns with a picture took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TurnTimes {
    /// Half of them no longer than this.
    pub median: f32,
    /// 99 of a hundred no longer than this.
    pub p99: f32,
}

/// How the daemon is, as its status light shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// Everything works.
    Fine,
    /// It was told to rest.
    Paused,
    /// The camera delivers nothing.
    NoCamera,
    /// The pictures are not to be trusted.
    BadPicture,
    /// A new configuration was refused.
    ConfigRefused,
}

impl From<actuate::Health> for Health {
    fn from(health: actuate::Health) -> Self {
        match health {
            // That a browser is let in is no trouble.
            actuate::Health::Fine | actuate::Health::LetsIn => Self::Fine,
            actuate::Health::Paused => Self::Paused,
            actuate::Health::NoCamera => Self::NoCamera,
            actuate::Health::BadPicture => Self::BadPicture,
            actuate::Health::ConfigRefused => Self::ConfigRefused,
        }
    }
}

/// A bin signals because it is tested.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tested {
    /// For so long.
    pub seconds: f32,
}

/// What the model in force says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Short name.
    pub name: String,
    /// Version.
    pub version: String,
    /// The network.
    pub architecture: String,
    /// What it tells apart.
    pub labels: Vec<String>,
    /// The label that means that nothing is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_label: Option<String>,
    /// Parameters.
    pub parameters: u64,
    /// Multiply-accumulates of one inference.
    pub macs: u64,
    /// SHA-256 of the model's file, in hexadecimal.
    pub sha256: String,
    /// What was measured of it before it was released.
    pub accuracy: Vec<Measured>,
}

/// What was measured of a model before it was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// The test.
    pub split: String,
    /// Photographs that were recognised.
    pub correct: u64,
    /// Photographs.
    pub total: u64,
}

/// A model proved itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Proved {
    /// On so many golden cases.
    pub passed: usize,
    /// In so many seconds.
    pub seconds: f32,
}

/// What is processed, stored and sent, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Privacy {
    /// One sentence or two each.
    pub lines: Vec<String>,
}

/// The latest log records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// From the oldest to the newest.
    pub records: Vec<LogRecord>,
}

/// What the camera sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Width of the picture in pixels.
    pub width: u32,
    /// Height of the picture in pixels.
    pub height: u32,
    /// The drop zone.
    pub zone: Rectangle,
    /// The box of the item, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Rectangle>,
    /// What differs from the learnt empty zone: rectangles that do not overlap, row by row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreground: Vec<Rectangle>,
    /// What is known of the empty zone.
    pub background: Background,
    /// How sharp the drop zone is, from 0 to 1, where there is anything to be sharp; it compares pictures of one scene.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharpness: Option<f32>,
    /// How bright the drop zone is, from 0 to 1.
    pub brightness: f32,
    /// The upright picture: a JPEG in base64.
    pub jpeg: String,
}

/// A rectangle in fractions of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rectangle {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl From<Region> for Rectangle {
    fn from(region: Region) -> Self {
        let Region {
            left,
            top,
            width,
            height,
        } = region;
        Self {
            left,
            top,
            width,
            height,
        }
    }
}

/// What is known of the empty drop zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Background {
    /// It is being learnt.
    Learning,
    /// It is learnt.
    Learnt,
    /// The picture is not to be trusted.
    Unseen,
}
