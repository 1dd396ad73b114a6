//! The story of the product: a frame becomes a presence, a picture, scores, a decision, a light.
//!
//! This is the only file that knows the order of the stages. It has no thread and no camera of its
//! own: the daemon, the demo and the benchmark feed it frames.

mod bin_test;
mod long_press;
mod plan;
pub mod proof;
mod rest;
mod sight;

pub use bin_test::Untested;
pub use plan::{Plan, Proven, Unfit};
pub use rest::Takeover;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::actuate::{Board, Health, Outputs};
use crate::capture::Frame;
use crate::classify::{Classifier, Scores, TractClassifier};
use crate::clock::Clock;
use crate::config::{Config, Crop};
use crate::decide::{
    BinId, BinScores, Change, Decider, Decision, Evidence, Limits, Observation, Sight, Sorting,
};
use crate::error::{Error, Kind, Result};
use crate::preprocess::{LumaGrid, ModelInput, Preprocessor, Region, VIEWS, View};
use crate::presence::{PictureFault, PictureWatch, Presence, PresenceDetector, Trigger};
use crate::report::{Event, ReleaseName, Reporter};
use long_press::LongPress;
use sight::Weighing;

/// All stages, joined.
pub struct Pipeline {
    config: Config,
    clock: Arc<dyn Clock>,
    preprocessor: Preprocessor,
    grid: LumaGrid,
    watch: PictureWatch,
    fault: Option<PictureFault>,
    presence: PresenceDetector,
    /// What the zone holds by the last picture; none where that is not to be trusted.
    seen: Option<Presence>,
    trigger: Trigger,
    long_press: LongPress,
    classifier: TractClassifier,
    input: ModelInput,
    scores: Scores,
    sorting: Sorting,
    evidence: Evidence,
    /// What the looks at the item in the zone say, by bin; none where the last picture was not judged.
    said: Option<BinScores>,
    decider: Decider,
    signal: Option<BinId>,
    /// Frames that could not be read, and when that was last told.
    skipped: u64,
    last_skipped: Option<Instant>,
    told_skipped: Option<Instant>,
    board: Board,
    /// While it is held, pictures are watched and nothing is decided.
    held: bool,
    reporter: Reporter,
}

/// A camera with a bad cable spoils many frames a second; they are told of this often.
const TELL_SKIPPED_EVERY: Duration = Duration::from_secs(60);

/// What one turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Whether a picture was seen.
    pub saw_picture: bool,
}

impl Pipeline {
    /// Joins the stages of a plan; `outputs` are at rest.
    #[must_use]
    pub fn new(plan: Plan, outputs: Outputs, clock: Arc<dyn Clock>, reporter: Reporter) -> Self {
        let board = Board::new(outputs, Arc::clone(&clock));
        Self::join(plan, board, clock, reporter)
    }

    fn join(plan: Plan, board: Board, clock: Arc<dyn Clock>, reporter: Reporter) -> Self {
        let Plan {
            config,
            classifier,
            sorting,
            ..
        } = plan;
        let limits = Limits {
            stale_after: config.camera.frame_deadline,
            max_on: config.gpio.max_on,
        };
        Self {
            preprocessor: Preprocessor::new(config.camera.rotate, config.camera.zone)
                .masked(&config.camera.mask),
            grid: LumaGrid::default(),
            watch: PictureWatch::default(),
            fault: None,
            presence: PresenceDetector::new(config.trigger.presence),
            seen: None,
            trigger: Trigger::new(
                config.trigger.mode.clone(),
                classifier.empty_label().is_some(),
            ),
            long_press: LongPress::default(),
            input: ModelInput::new(classifier.input_size()),
            scores: Scores::default(),
            evidence: Evidence::new(config.decision.window),
            said: None,
            decider: Decider::new(config.decision.clone(), limits, sorting.unsure_bin()),
            signal: None,
            skipped: 0,
            last_skipped: None,
            told_skipped: None,
            config,
            clock,
            classifier,
            sorting,
            board,
            held: false,
            reporter,
        }
    }

    /// Takes one frame through all stages.
    ///
    /// # Errors
    /// The board or the network fails. A frame that cannot be read is reported and left out.
    pub fn look(&mut self, frame: &Frame) -> Result<Turn> {
        let sight = if self.held {
            self.glance(frame).map(|_| None)
        } else {
            self.see(frame)
        };
        let sight = match sight {
            Err(error) if error.kind() == Kind::Data => {
                self.skip(&error);
                return self.pass();
            }
            sight => sight?,
        };
        let seen = sight.map(|sight| Observation {
            captured_at: frame.captured_at,
            sight,
        });
        self.act(seen.as_ref())?;
        Ok(Turn { saw_picture: true })
    }

    /// Lets time pass without a frame: lids move on, and what is stale decays to rest.
    ///
    /// # Errors
    /// The board fails.
    pub fn pass(&mut self) -> Result<Turn> {
        self.act(None)?;
        Ok(Turn { saw_picture: false })
    }

    /// From a frame to whether something is there; `None` where the picture is not to be trusted.
    fn glance(&mut self, frame: &Frame) -> Result<Option<Presence>> {
        self.preprocessor.look(frame, &mut self.grid)?;
        let now = self.clock.now();
        self.watch_picture(frame, now);
        self.seen = (self.fault.is_none()).then(|| self.presence.observe(&self.grid, now));
        Ok(self.seen)
    }

    /// From a frame to what it shows; `None` where nothing can be said of it.
    fn see(&mut self, frame: &Frame) -> Result<Option<Sight>> {
        let Some(presence) = self.glance(frame)? else {
            return Ok(None);
        };
        let wish = self.trigger.wish(presence, self.clock.now());
        self.said = wish.map(|item| self.judge(frame, &item)).transpose()?;
        Ok(Weighing::new(&self.config, &self.trigger).sight(presence, self.said))
    }

    /// What the network says of the item at `item`.
    fn judge(&mut self, frame: &Frame, item: &Region) -> Result<BinScores> {
        // Each look at an item shows it another way, and counts with those before it.
        let view = VIEWS[self.evidence.count() % VIEWS.len()];
        self.show_network(frame, item, view)?;
        self.classifier.classify(&self.input, &mut self.scores)?;
        let look = self.sorting.by_bin(&self.scores);
        Ok(self.evidence.add(&look, view.is_whole()))
    }

    /// From what was seen to lights and lids.
    fn act(&mut self, seen: Option<&Observation>) -> Result<()> {
        let now = self.clock.now();
        self.feel_button(now)?;
        if self.held {
            return self.board.advance();
        }
        let decision = self.decider.step(seen, now);
        self.evidence.keep_while(self.decider.is_watching());
        self.board.show(decision.signal)?;
        self.tell(&decision);
        Ok(())
    }

    fn watch_picture(&mut self, frame: &Frame, now: Instant) {
        let hidden = self.presence.is_hidden(&self.grid);
        let fault = self.watch.observe(frame, &self.grid, hidden, now);
        if self.watch.sees_lining(now) {
            self.presence.forget();
        }
        self.tell_fault(fault);
    }

    /// A press asks for a look, unless everything is held; who holds on is another matter.
    fn feel_button(&mut self, now: Instant) -> Result<()> {
        let pressed = self.board.button_pressed()?;
        self.long_press.observe(pressed, now);
        if pressed && !self.held {
            self.trigger.press(now);
        }
        Ok(())
    }

    /// Makes the network's input of what `view` shows of the item, or of the zone.
    fn show_network(&mut self, frame: &Frame, item: &Region, view: View) -> Result<()> {
        let region = match self.config.camera.crop {
            Crop::Item => self.preprocessor.item_region(frame, item),
            Crop::Zone => self.preprocessor.zone_region(),
        };
        self.preprocessor.cut(frame, &region, view, &mut self.input)
    }

    fn tell_fault(&mut self, fault: Option<PictureFault>) {
        if fault != self.fault {
            self.fault = fault;
            self.reporter
                .report(
                    &fault.map_or(Event::PictureRestored, |fault| Event::PictureFault {
                        fault: fault.into(),
                    }),
                );
        }
    }

    /// Tells of a frame that was left out: the first at once, and then how many, now and then.
    fn skip(&mut self, error: &Error) {
        let now = self.clock.now();
        // A picture that was not seen ends no fault.
        let fault = self.watch.miss(now).or(self.fault);
        self.tell_fault(fault);
        self.skipped += 1;
        self.last_skipped = Some(now);
        let due = |told: Instant| now - told >= TELL_SKIPPED_EVERY;
        if self.told_skipped.is_none_or(due) {
            self.told_skipped = Some(now);
            let (error, frames) = (error.to_string(), self.skipped);
            self.reporter.report(&Event::FrameSkipped { error, frames });
        }
    }

    /// Reports what a decision changed: the cause first, then the light.
    fn tell(&mut self, decision: &Decision) {
        let bin = |id: BinId| self.config.bins[id.0].name.value.clone();
        let label = |index: usize| self.classifier.labels()[index].clone();
        let mut events = [None, None];
        events[0] = match decision.change {
            Some(Change::ItemSeen) => Some(Event::ItemSeen),
            Some(Change::Left) => Some(Event::ItemLeft),
            Some(Change::Rearmed) => Some(Event::Rearmed),
            Some(Change::Blind) => Some(Event::Blind),
            Some(Change::Recognised {
                bin: id,
                label: index,
                confidence,
            }) => Some(Event::Recognised {
                label: label(index),
                bin: bin(id),
                confidence: confidence.value(),
            }),
            Some(Change::Unsure {
                bin: id,
                label: index,
            }) => Some(Event::Unsure {
                label: label(index),
                bin: id.map(bin),
            }),
            Some(Change::Released(_)) | None => None,
        };
        events[1] = match (self.signal, decision.signal) {
            (None, Some(id)) => Some(Event::SignalOn { bin: bin(id) }),
            (Some(id), None) => {
                let cause = match decision.change {
                    Some(Change::Released(cause)) => cause.into(),
                    _ => ReleaseName::Done,
                };
                Some(Event::SignalOff {
                    bin: bin(id),
                    cause,
                })
            }
            _ => None,
        };
        self.signal = decision.signal;
        events
            .iter()
            .flatten()
            .for_each(|event| self.reporter.report(event));
    }

    /// Whether nothing is going on, so that the camera may be looked at less often.
    #[must_use]
    pub fn is_resting(&self) -> bool {
        self.decider.is_resting()
    }

    /// Whether somebody has held the button for ten seconds; told once each time.
    pub fn was_button_held(&mut self) -> bool {
        self.long_press.take()
    }

    /// What the drop zone holds by the last picture; `None` where that is not to be trusted.
    #[must_use]
    pub const fn seen(&self) -> Option<Presence> {
        self.seen
    }

    /// What differs from the learnt empty zone, in fractions of the zone; nothing where the last picture is not to be
    /// trusted.
    #[must_use]
    pub fn foreground(&self) -> Vec<Region> {
        self.seen
            .map_or_else(Vec::new, |_| self.presence.foreground())
    }

    /// What the looks at the item say, by bin; none where the last picture was not judged.
    #[must_use]
    pub fn said(&self) -> Option<BinScores> {
        // While it is held or a picture is not to be trusted, nothing is judged.
        let judges = !self.held && self.seen.is_some();
        self.said.filter(|_| judges)
    }

    /// The fault of the pictures, if they have one.
    #[must_use]
    pub const fn fault(&self) -> Option<PictureFault> {
        self.fault
    }

    /// Whether pictures come, and not one of them is whole.
    #[must_use]
    pub fn gets_no_whole_picture(&self) -> bool {
        let deadline = self.config.camera.frame_deadline;
        let now = self.clock.now();
        self.fault == Some(PictureFault::Incomplete)
            && self.last_skipped.is_some_and(|last| now - last <= deadline)
    }

    /// The configuration that is in force.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The bin that signals now.
    #[must_use]
    pub const fn signal(&self) -> Option<BinId> {
        self.signal
    }

    /// The camera was opened anew: the empty zone is learnt again.
    pub fn camera_opened(&mut self) {
        self.presence.restart();
        self.watch = PictureWatch::default();
        self.seen = None;
    }

    /// Shows how the daemon is on the status light.
    ///
    /// # Errors
    /// The board refuses.
    pub fn show_health(&mut self, health: Health) -> Result<()> {
        self.board.show_health(health)
    }

    /// The outputs, for whoever keeps their deadlines or brings them to rest from outside.
    #[must_use]
    pub fn board(&self) -> Board {
        self.board.clone()
    }
}

#[cfg(test)]
mod tests;
