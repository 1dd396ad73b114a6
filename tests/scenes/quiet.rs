//! An empty zone with disturbances: whatever is signalled is false.

use std::time::Duration;

use sortd::report::Event;

use crate::album::Album;
use crate::canvas::Canvas;
use crate::chance::Chance;
use crate::conditions::Conditions;
use crate::disturbance::{Disturbance, Occurrence};
use crate::ground::Ground;
use crate::stage::{Stage, Told};

/// Wide enough for the grid of presence; a light is what counts here, not what is recognised.
const SIZE: (usize, usize) = (320, 240);

/// The daemon learns the empty zone before anything happens.
const LEARNING: Duration = Duration::from_secs(5);

/// What came of one kind of disturbance.
#[derive(Debug, Default, Clone, Copy)]
pub struct Quiet {
    pub time: Duration,
    pub occurrences: u32,
    /// How often a light went on, in how many occurrences, and how often an item was seen.
    pub signals: u32,
    pub with_signal: u32,
    pub seen: u32,
    /// How often a picture was thought to be dark, frozen or covered.
    pub faults: u32,
}

impl Quiet {
    fn add(&mut self, length: Duration, told: &[Told]) {
        let count =
            |is: fn(&Event) -> bool| told.iter().filter(|(_, event)| is(event)).count() as u32;
        let signals = count(|event| matches!(event, Event::SignalOn { .. }));
        self.time += length;
        self.occurrences += 1;
        self.signals += signals;
        self.with_signal += u32::from(signals > 0);
        self.seen += count(|event| matches!(event, Event::ItemSeen));
        self.faults += count(|event| matches!(event, Event::PictureFault { .. }));
    }

    pub fn sum(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::default(), |sum, part| Self {
            time: sum.time + part.time,
            occurrences: sum.occurrences + part.occurrences,
            signals: sum.signals + part.signals,
            with_signal: sum.with_signal + part.with_signal,
            seen: sum.seen + part.seen,
            faults: sum.faults + part.faults,
        })
    }
}

/// Lets one kind of disturbance happen for at least so long.
pub fn watch(
    ground: &Ground,
    kind: Disturbance,
    time: Duration,
    seed: u64,
    album: &Album,
) -> Quiet {
    let scene = ground.picture(SIZE.0, SIZE.1);
    let mut stage = Stage::new();
    let mut camera = Camera::new(&scene, seed);
    stage.play(LEARNING, |_, frame| {
        camera.take(&scene, &Conditions::default(), frame);
    });
    let mut quiet = Quiet::default();
    let mut conditions = Conditions::default();
    while quiet.time < time {
        let occurrence = Occurrence::next(kind, conditions, seed + u64::from(quiet.occurrences));
        let length = occurrence.length;
        let told = stage.play(length, |now, frame| {
            camera.take(&scene, &occurrence.at(now), frame);
            let name = format!("{}-{}-{}", kind.name(), ground.name, quiet.occurrences);
            album.keep(&name, now.as_secs_f32() / length.as_secs_f32(), frame);
        });
        conditions = occurrence.after();
        quiet.add(length, &told);
    }
    quiet
}

/// What turns a scene into frames.
pub struct Camera {
    picture: Canvas,
    chance: Chance,
}

impl Camera {
    pub fn new(scene: &Canvas, seed: u64) -> Self {
        Self {
            picture: scene.clone(),
            chance: Chance::of(seed, "the sensor's noise"),
        }
    }

    pub fn take(
        &mut self,
        scene: &Canvas,
        conditions: &Conditions,
        frame: &mut sortd::capture::Frame,
    ) {
        conditions.picture(scene, &mut self.picture);
        self.picture
            .expose(conditions.noise, &mut self.chance, frame);
    }
}
