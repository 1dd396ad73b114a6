//! Items that come, stay and go: how they are answered, and how soon.

use std::time::Duration;

use sortd::report::Event;

use crate::album::Album;
use crate::chance::Chance;
use crate::conditions::Conditions;
use crate::ground::Ground;
use crate::item::Item;
use crate::quiet::Camera;
use crate::stage::{Stage, Told};
use crate::visit::{Manner, Visit};

/// As the shipped configuration asks of the camera: what is recognised counts here.
const SIZE: (usize, usize) = (640, 480);

/// The daemon learns the empty zone before anybody comes.
const LEARNING: Duration = Duration::from_secs(3);

/// What came of many visits.
#[derive(Debug, Default, Clone)]
pub struct Busy {
    pub visits: u32,
    /// Answered by exactly one of recognised and unsure, by none, and by more than one.
    pub once: u32,
    pub missed: u32,
    pub again: u32,
    /// Of the first answers.
    pub right: u32,
    pub wrong: u32,
    pub unsure: u32,
    /// From rest to light; an answer before it counts as none.
    pub waits: Vec<Duration>,
}

impl Busy {
    fn add(&mut self, told: &[Told], at_rest: Duration, right: &[String]) {
        let mut answers = told.iter().filter_map(|(_, event)| match event {
            Event::Recognised { bin, .. } => Some(Some(bin)),
            Event::Unsure { .. } => Some(None),
            _ => None,
        });
        self.visits += 1;
        match answers.next() {
            None => self.missed += 1,
            Some(Some(bin)) if right.contains(bin) => self.right += 1,
            Some(Some(_)) => self.wrong += 1,
            Some(None) => self.unsure += 1,
        }
        match told.iter().filter(|(_, event)| is_answer(event)).count() {
            0 => {}
            1 => self.once += 1,
            _ => self.again += 1,
        }
        let lit = told
            .iter()
            .find(|(_, event)| matches!(event, Event::SignalOn { .. }));
        self.waits
            .extend(lit.map(|(at, _)| at.saturating_sub(at_rest)));
    }

    pub fn sum(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::default(), |mut sum, part| {
            sum.visits += part.visits;
            sum.once += part.once;
            sum.missed += part.missed;
            sum.again += part.again;
            sum.right += part.right;
            sum.wrong += part.wrong;
            sum.unsure += part.unsure;
            sum.waits.extend(part.waits);
            sum
        })
    }

    /// The median of the waits, in seconds.
    pub fn median_wait(&self) -> f32 {
        let mut waits = self.waits.clone();
        waits.sort_unstable();
        waits
            .get(waits.len() / 2)
            .map_or(f32::NAN, Duration::as_secs_f32)
    }
}

fn is_answer(event: &Event) -> bool {
    matches!(event, Event::Recognised { .. } | Event::Unsure { .. })
}

/// Lets so many people come one after the other.
pub fn watch(
    ground: &Ground,
    items: &[Item],
    manner: Manner,
    visits: u32,
    seed: u64,
    album: &Album,
) -> Busy {
    let empty = ground.picture(SIZE.0, SIZE.1);
    let mut stage = Stage::new();
    let mut camera = Camera::new(&empty, seed);
    let mut chance = Chance::of(seed, "pauses");
    let calm = Conditions::default();
    stage.play(LEARNING, |_, frame| camera.take(&empty, &calm, frame));
    let mut busy = Busy::default();
    for number in 0..visits {
        let visit = Visit::new(manner, items, seed + u64::from(number));
        let right: Vec<String> = visit.labels().map(|label| stage.bin_of(label)).collect();
        let begun = stage.now();
        let mut told = stage.play(visit.length(), |now, frame| {
            let mut scene = empty.clone();
            visit.add_to(&mut scene, now);
            camera.take(&scene, &calm, frame);
            let name = format!("{}-{}-{number}", manner.name(), ground.name);
            album.keep(
                &name,
                now.as_secs_f32() / visit.length().as_secs_f32(),
                frame,
            );
        });
        // What is answered after the item has gone was still meant for it.
        let pause = chance.time(2.0, 6.0);
        told.extend(stage.play(pause, |_, frame| camera.take(&empty, &calm, frame)));
        busy.add(&told, begun + visit.at_rest(), &right);
    }
    busy
}
