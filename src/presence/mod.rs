//! Is there something in the drop zone, and where?
//!
//! The camera stands still, so the empty zone can be learnt; an item is what differs from it. The
//! difference is taken after the light has been allowed for (`light`), because lamps and clouds
//! change every cell and items change some. This module looks at tiny grey pictures only and knows
//! nothing of networks.
//!
//! Terms: the *background* is the learnt empty zone; a cell is *foreground* when it differs from it;
//! *still* means that the foreground looks as it did in the picture before.

mod arrival;
mod background;
mod blob;
mod cover;
mod light;
mod runs;
mod texture;
mod trigger;
mod watch;

pub use trigger::Trigger;
pub use watch::{PictureFault, PictureWatch};

use std::time::{Duration, Instant};

use crate::config::PresenceConfig;
use crate::preprocess::{GRID_HEIGHT, GRID_WIDTH, LumaGrid, Region};

use arrival::Arrival;
use background::Background;
use blob::BlobFinder;

/// What the drop zone holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Presence {
    /// The empty zone is being learnt; nothing can be said yet.
    Learning,
    /// Nothing.
    Empty,
    /// Something, within this box in fractions of the drop zone.
    Item(Region),
}

/// Pictures in a row whose change light explains before the background takes the new light over.
const LIGHT_LASTS: u32 = 3;

/// A foreground whose cells change by less than this from picture to picture, in grey levels, lies
/// still; a sensor's noise stays below it after a cell's averaging, a hand does not.
const STILL: f32 = 3.0;

/// However long the zone was not seen, a picture of it counts for this long at most.
const LONGEST_STEP: Duration = Duration::from_secs(1);

/// Tells an item from the empty drop zone.
#[derive(Debug)]
pub struct PresenceDetector {
    config: PresenceConfig,
    background: Option<Background>,
    /// The background before a thing that lay in the zone became part of it.
    former: Option<Background>,
    learning_since: Option<Instant>,
    /// Whether the background was learnt to the end.
    learnt: bool,
    last_seen: Option<Instant>,
    /// Since when the present item lies still.
    still_since: Option<Instant>,
    previous: LumaGrid,
    foreground: Vec<bool>,
    /// What differs from the former background.
    formerly: Vec<bool>,
    blobs: BlobFinder,
    present: bool,
    /// Pictures in a row whose foreground was the work of light.
    lit_for: u32,
    arrival: Arrival,
}

impl PresenceDetector {
    /// A detector that has learnt nothing yet.
    #[must_use]
    pub fn new(config: PresenceConfig) -> Self {
        Self {
            config,
            background: None,
            former: None,
            learning_since: None,
            learnt: false,
            last_seen: None,
            still_since: None,
            previous: LumaGrid::default(),
            foreground: vec![false; GRID_WIDTH * GRID_HEIGHT],
            formerly: vec![false; GRID_WIDTH * GRID_HEIGHT],
            blobs: BlobFinder::default(),
            present: false,
            lit_for: 0,
            arrival: Arrival::default(),
        }
    }

    /// Looks at one picture of the drop zone.
    pub fn observe(&mut self, grid: &LumaGrid, now: Instant) -> Presence {
        self.foreground.fill(false);
        let dark = watch::is_dark(grid);
        let hidden = self.is_hidden(grid);
        if self.is_learning(now) {
            self.learn(grid, dark, hidden, now);
            return Presence::Learning;
        }
        self.learnt = true;
        let since_last = self
            .last_seen
            .map_or(Duration::ZERO, |last| (now - last).min(LONGEST_STEP));
        self.last_seen = Some(now);
        let background = self.background.get_or_insert_with(|| Background::new(grid));
        // In the dark nothing can be told.
        if dark {
            return Presence::Empty;
        }
        let contrast = f32::from(self.config.contrast);
        let light = light::fit(background.cells(), grid);
        background.compare(grid, &light, contrast, &mut self.foreground);
        self.blobs.clean(&mut self.foreground);
        self.arrival.see(&self.foreground, since_last.as_secs_f32());
        let learnt = background.cells();
        if light::explains(learnt, grid, &self.foreground, contrast)
            || texture::shows_through(learnt, grid, &self.foreground)
        {
            self.foreground.fill(false);
            self.lit_for += 1;
        } else {
            self.lit_for = 0;
        }
        if self.lit_for >= LIGHT_LASTS && !hidden {
            background.adopt(grid);
        }
        let was_present = self.present;
        let mut presence = self.find(grid, now);
        if matches!(presence, Presence::Item(_)) && self.is_as_formerly(grid, contrast) {
            self.background = self.former.take();
            self.foreground.fill(false);
            self.present = false;
            presence = Presence::Empty;
        }
        if let (true, false, Some(background)) = (self.present, was_present, &mut self.background) {
            background.undo();
        }
        // While something is there, what it hides and shades must not creep into the background.
        if let (Presence::Empty, false, Some(background)) = (presence, hidden, &mut self.background)
        {
            let seconds = since_last.as_secs_f32();
            background.adapt(grid, &self.foreground, &light, seconds);
        }
        self.previous.copy_from(grid);
        presence
    }

    /// What differed from the empty zone in the last picture, as rectangles in fractions of the zone; nothing while
    /// the zone is being learnt, in the dark, and where light explains it.
    #[must_use]
    pub fn foreground(&self) -> Vec<Region> {
        runs::runs(&self.foreground)
    }

    /// Whether something hides the zone: its picture has lost what the empty zone was learnt with.
    #[must_use]
    pub fn is_hidden(&self, grid: &LumaGrid) -> bool {
        // Until the zone is learnt again, what it looked like before is known better.
        let known = match &self.former {
            Some(former) if !self.learnt => Some(former),
            _ => self.background.as_ref(),
        };
        // A cover takes the detail of either; the edge of a patch of sun that leaves is in one of them at most.
        let hides = |cells| cover::hides(cells, grid);
        known.is_some_and(|known| hides(known.cells()) && hides(known.usual()))
    }

    /// Whether what the empty zone looks like is not known yet.
    fn is_learning(&self, now: Instant) -> bool {
        let learns = |began| now - began < self.config.learn;
        !self.learnt && self.learning_since.is_none_or(learns)
    }

    fn learn(&mut self, grid: &LumaGrid, dark: bool, hidden: bool, now: Instant) {
        if dark {
            // What is learnt in the dark is wrong when the light returns, so learning begins then.
            self.learning_since = None;
            self.background = None;
        } else if !hidden {
            self.learning_since.get_or_insert(now);
            self.background
                .get_or_insert_with(|| Background::new(grid))
                .learn(grid);
            self.last_seen = Some(now);
            self.previous.copy_from(grid);
        }
    }

    /// Goes on by another configuration; what was learnt of the zone stays.
    pub fn reconfigure(&mut self, config: PresenceConfig) {
        self.config = config;
    }

    /// The zone has a new lining: what it looked like is forgotten, and it is learnt again.
    pub fn forget(&mut self) {
        *self = Self::new(self.config);
    }

    /// The camera was opened anew: the zone is learnt again, but what it looked like is remembered,
    /// because an item may be learnt with it.
    pub fn restart(&mut self) {
        self.former = self.background.take().or(self.former.take());
        self.learning_since = None;
        self.learnt = false;
        self.last_seen = None;
        self.still_since = None;
        self.present = false;
    }

    /// Whether the zone looks again as it did before a thing in it became background: then that
    /// thing has gone, and what differs is the spot where it lay.
    fn is_as_formerly(&mut self, grid: &LumaGrid, contrast: f32) -> bool {
        let Some(former) = &self.former else {
            return false;
        };
        let light = light::fit(former.cells(), grid);
        former.compare(grid, &light, contrast, &mut self.formerly);
        self.blobs.clean(&mut self.formerly);
        share_of(&self.formerly) < self.config.min_area / 2.0
    }

    fn find(&mut self, grid: &LumaGrid, now: Instant) -> Presence {
        // What is there may shrink to half before it counts as gone, so that it does not flicker.
        let least = if self.present {
            self.config.min_area / 2.0
        } else {
            self.config.min_area
        };
        let found = self
            .blobs
            .largest(&self.foreground)
            .filter(|(_, area)| *area >= least)
            .filter(|_| self.present || self.arrival.is_sudden(self.config.min_area));
        self.present = found.is_some();
        let Some((region, _)) = found else {
            self.still_since = None;
            return Presence::Empty;
        };
        if self.movement(grid) > STILL {
            self.still_since = None;
        }
        let still_since = *self.still_since.get_or_insert(now);
        if now - still_since >= self.config.absorb {
            self.former = self.background.replace(Background::new(grid));
            self.foreground.fill(false);
            self.still_since = None;
            self.present = false;
            return Presence::Empty;
        }
        Presence::Item(region)
    }

    /// Mean change of the foreground's cells since the last picture, in grey levels.
    fn movement(&self, grid: &LumaGrid) -> f32 {
        let (mut sum, mut cells) = (0u32, 0u32);
        let pairs = grid.cells().iter().zip(self.previous.cells());
        for ((now, before), _) in pairs
            .zip(&self.foreground)
            .filter(|(_, foreground)| **foreground)
        {
            sum += u32::from(now.abs_diff(*before));
            cells += 1;
        }
        sum as f32 / cells.max(1) as f32
    }
}

/// The share of the cells that are marked.
fn share_of(marked: &[bool]) -> f32 {
    marked.iter().filter(|set| **set).count() as f32 / marked.len() as f32
}

#[cfg(test)]
mod sun_tests;
#[cfg(test)]
mod tests;
