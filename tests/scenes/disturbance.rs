//! What goes on before an empty zone, as conditions that change with time.

use std::time::Duration;

use crate::chance::{Chance, swing, value_noise};
use crate::conditions::{Bands, Conditions, Patch};

/// A kind of disturbance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturbance {
    Lamp,
    Cloud,
    MainsFlicker,
    AutoExposure,
    WhiteBalance,
    SunPatch,
    Insect,
    Shaking,
    PassingShadow,
    Night,
}

impl Disturbance {
    pub const ALL: [Self; 10] = [
        Self::Lamp,
        Self::Cloud,
        Self::MainsFlicker,
        Self::AutoExposure,
        Self::WhiteBalance,
        Self::SunPatch,
        Self::Insect,
        Self::Shaking,
        Self::PassingShadow,
        Self::Night,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Lamp => "lamp switched",
            Self::Cloud => "cloud",
            Self::MainsFlicker => "50 Hz",
            Self::AutoExposure => "auto-exposure step",
            Self::WhiteBalance => "white balance",
            Self::SunPatch => "sun patch",
            Self::Insect => "insect",
            Self::Shaking => "shaking",
            Self::PassingShadow => "shadow of a passer-by",
            Self::Night => "night",
        }
    }

    /// How long one of it takes, with the quiet after it.
    fn length(self, chance: &mut Chance) -> Duration {
        match self {
            Self::Lamp | Self::AutoExposure | Self::WhiteBalance => chance.time(10.0, 30.0),
            Self::Cloud | Self::Insect => chance.time(20.0, 60.0),
            Self::MainsFlicker => chance.time(30.0, 60.0),
            Self::SunPatch => chance.time(60.0, 180.0),
            Self::Shaking => chance.time(5.0, 15.0),
            Self::PassingShadow => chance.time(6.0, 20.0),
            Self::Night => chance.time(100.0, 160.0),
        }
    }
}

/// One time that something happens, with its own chances.
#[derive(Debug, Clone)]
pub struct Occurrence {
    kind: Disturbance,
    pub length: Duration,
    seed: u64,
    /// What was left of the one before: a lamp stays as it was switched, a pushed camera where it is.
    before: Conditions,
    after: Conditions,
    chance: Chance,
}

impl Occurrence {
    /// The next one of a kind.
    pub fn next(kind: Disturbance, before: Conditions, seed: u64) -> Self {
        let mut chance = Chance::of(seed, kind.name());
        let length = kind.length(&mut chance);
        let mut after = before.clone();
        match kind {
            Disturbance::Lamp => {
                let is_off = before.gain < 0.9;
                after.gain = if is_off {
                    1.0
                } else {
                    chance.within(0.35, 0.75)
                };
                let lean = [chance.within(-0.4, 0.4), chance.within(-0.4, 0.4)];
                after.slope = (!is_off).then_some(lean);
            }
            Disturbance::AutoExposure => after.gain = chance.within(0.6, 1.5),
            Disturbance::WhiteBalance => {
                after.channels = [chance.within(0.82, 1.18), 1.0, chance.within(0.8, 1.2)];
            }
            Disturbance::Shaking => {
                let rest = |chance: &mut Chance| chance.within(-0.002, 0.002);
                after.shift = Some([rest(&mut chance), rest(&mut chance)]);
            }
            _ => {}
        }
        Self {
            kind,
            length,
            seed,
            before,
            after,
            chance,
        }
    }

    /// What remains when it is over.
    pub fn after(&self) -> Conditions {
        self.after.clone()
    }

    /// The conditions at an instant of it.
    pub fn at(&self, time: Duration) -> Conditions {
        let seconds = time.as_secs_f32();
        let share = seconds / self.length.as_secs_f32();
        let mut chance = self.chance.clone();
        let mut now = self.after.clone();
        match self.kind {
            Disturbance::Lamp => self.blend(&mut now, seconds / chance.within(0.02, 0.6)),
            Disturbance::AutoExposure => {
                // In steps of an eighth of a stop, one in a few pictures.
                let steps = (seconds / chance.within(0.1, 0.3)).floor();
                let (from, to) = (self.before.gain.log2(), self.after.gain.log2());
                let way = (to - from).clamp(-steps / 8.0, steps / 8.0);
                now.gain = (from + way).exp2();
            }
            Disturbance::WhiteBalance => self.blend(&mut now, seconds / chance.within(0.1, 3.0)),
            Disturbance::Cloud => {
                let drift = value_noise(self.seed, seconds / chance.within(3.0, 15.0), 0.0);
                // It begins and ends in full light.
                let depth = chance.within(0.2, 0.6)
                    * (share * 8.0).min((1.0 - share) * 8.0).clamp(0.0, 1.0);
                now.gain = 1.0 - depth * drift;
                now.slope = Some([0.15 * depth * swing(seconds, 17.0), 0.0]);
            }
            Disturbance::MainsFlicker => {
                now.bands = Some(Bands {
                    depth: chance.within(0.03, 0.1),
                    period: chance.within(0.25, 0.75),
                    phase: seconds * chance.within(0.1, 5.0),
                });
            }
            Disturbance::SunPatch => now.patch = Some(sun_patch(share, &mut chance)),
            Disturbance::PassingShadow => now.patch = passing_shadow(seconds, &mut chance),
            Disturbance::Insect => now.insect = Some(insect(seconds, self.seed, &mut chance)),
            Disturbance::Shaking => shake(&mut now, seconds, &self.before, &mut chance),
            Disturbance::Night => night(&mut now, seconds, &mut chance),
        }
        now
    }

    /// From what was to what will be.
    fn blend(&self, now: &mut Conditions, share: f32) {
        let share = share.min(1.0);
        let between = |from: f32, to: f32| from + (to - from) * share;
        now.gain = between(self.before.gain, self.after.gain);
        let [from, to] = [&self.before, &self.after].map(|end| end.slope.unwrap_or_default());
        now.slope = Some([between(from[0], to[0]), between(from[1], to[1])]);
        for at in 0..3 {
            now.channels[at] = between(self.before.channels[at], self.after.channels[at]);
        }
    }
}

/// The light of a window, with a hard edge, on its way over the zone.
fn sun_patch(share: f32, chance: &mut Chance) -> Patch {
    let (width, height) = (chance.within(0.2, 0.5), chance.within(0.3, 0.9));
    let lean = chance.within(-0.2, 0.2);
    let (top, drop) = (chance.within(-0.2, 0.4), chance.within(-0.3, 0.3));
    let way = if chance.is_lucky(0.5) {
        share
    } else {
        1.0 - share
    };
    let left = -width - 0.3 + way * (1.0 + width + 0.6);
    let top = top + drop * way;
    Patch {
        corners: [
            [left, top],
            [left + width, top],
            [left + width + lean, top + height],
            [left + lean, top + height],
        ],
        gain: chance.within(1.5, 2.2),
        softness: chance.within(0.004, 0.012),
    }
}

/// Somebody walks between the lamp and the bin.
fn passing_shadow(seconds: f32, chance: &mut Chance) -> Option<Patch> {
    let takes = chance.within(1.0, 4.0);
    let width = chance.within(0.3, 0.7);
    let way = if chance.is_lucky(0.5) {
        seconds
    } else {
        takes - seconds
    } / takes;
    let softness = chance.within(0.12, 0.3);
    let left = -width - softness + way * (1.0 + width + 2.0 * softness);
    let gain = chance.within(0.45, 0.8);
    let patch = Patch {
        corners: [
            [left, -1.0],
            [left + width, -1.0],
            [left + width, 2.0],
            [left, 2.0],
        ],
        gain,
        softness,
    };
    (seconds < takes).then_some(patch)
}

/// A fly: it walks, sits, and is somewhere else.
fn insect(seconds: f32, seed: u64, chance: &mut Chance) -> [f32; 3] {
    let spot = (seconds / 5.0).floor();
    let walk = |axis: u64| {
        0.15 + 0.5 * value_noise(seed + axis, spot * 7.3, 0.0)
            + 0.2 * value_noise(seed + axis, seconds / 1.7, 9.0)
    };
    [walk(1), walk(2), chance.within(0.008, 0.02)]
}

/// A push that dies away; the camera ends a little beside where it was.
fn shake(now: &mut Conditions, seconds: f32, before: &Conditions, chance: &mut Chance) {
    let calm = (-seconds / chance.within(0.1, 0.4)).exp();
    let depth = chance.within(0.003, 0.015);
    let periods = [chance.within(0.08, 0.2), chance.within(0.08, 0.2)];
    let [from, to] = [before.shift, now.shift].map(Option::unwrap_or_default);
    now.shift = Some(std::array::from_fn(|axis| {
        let rest = to[axis] + (from[axis] - to[axis]) * calm;
        rest + depth * calm * swing(seconds + 0.03, periods[axis])
    }));
}

/// Dusk, the dark with the noise of a sensor at its limit, and dawn or a lamp.
fn night(now: &mut Conditions, seconds: f32, chance: &mut Chance) {
    const DARK: f32 = 0.015;
    let dusk = chance.within(15.0, 40.0);
    let dawn = if chance.is_lucky(0.5) {
        0.2
    } else {
        chance.within(10.0, 30.0)
    };
    let ends = 60.0 + chance.within(0.0, 10.0);
    let share = if seconds < ends {
        1.0 - seconds / dusk
    } else {
        (seconds - ends) / dawn
    };
    let stops = share.clamp(0.0, 1.0);
    now.gain = DARK.powf(1.0 - stops);
    now.noise = 2.0 + 3.0 * (1.0 - stops);
}
