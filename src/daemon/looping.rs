//! The loop: newest frame in, lights out, on a plain thread.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::heartbeat::Heartbeat;
use super::in_force;
use super::offer::Offer;
use super::orders::Orders;
use super::pairing::Door;
use super::plan_in_force::{InForce, PlanInForce};
use super::refused::Refused;
use super::viewfinder::{Scene, Viewfinder};
use super::votes::Votes;
use crate::actuate::{self, Board, Health, Outputs};
use crate::capture::{self, CaptureChange, CaptureThread, Frame};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, TriggerMode};
use crate::error::{Error, Result};
use crate::pipeline::{Pipeline, Plan, Takeover};
use crate::report::{Event, Reporter};

/// Without a frame the loop turns this often, so that blinking and orders are not late.
const LONGEST_TURN: Duration = Duration::from_millis(50);

/// The pause between two looks at an empty zone. It keeps the processor idle, above all where each
/// look begins with decoding a JPEG, and delays the first look at an item by as much at most.
const IDLE_PAUSE: Duration = Duration::from_millis(150);

/// A tap on a button lasts a twentieth of a second at least.
const BUTTON_TURN: Duration = Duration::from_millis(20);

/// How the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was told to.
    Ordered,
    /// A recording is over.
    RecordingOver,
}

/// What the loop shares with the control side: orders in, values out.
#[derive(Debug, Clone)]
pub(super) struct Outside {
    /// What the control side wants.
    pub orders: Orders,
    /// That the loop turns, and how it is.
    pub heartbeat: Arc<Heartbeat>,
    /// The newest picture, where somebody wants it.
    pub viewfinder: Arc<Viewfinder>,
    /// What is in force.
    pub in_force: PlanInForce,
    /// What it says of the item in the zone.
    pub votes: Votes,
    /// Whether a browser is let in without a code.
    pub door: Door,
}

/// The loop with all that it owns.
pub(super) struct Loop {
    pipeline: Pipeline,
    capture: CaptureThread,
    frame: Frame,
    clock: Arc<dyn Clock>,
    reporter: Reporter,
    outside: Outside,
    /// When a picture was last seen.
    last_picture: Option<Instant>,
    next_look: Instant,
    refused: Refused,
    /// A plan that is taken over as soon as everything is at rest.
    next_plan: Option<Offer>,
    /// Whether the process is about to be stopped.
    resting: bool,
}

impl Loop {
    /// Takes the lines, brings the outputs to rest and starts the camera.
    pub fn start(plan: Plan, outside: Outside, reporter: Reporter) -> Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let outputs = open_outputs(&plan.config, &clock, &reporter)?;
        let capture = start_camera(&plan.config)?;
        in_force::remember(&plan.config);
        outside.votes.set_bins(&plan.config);
        let pipeline = Pipeline::new(plan, outputs, Arc::clone(&clock), reporter.clone());
        Ok(Self {
            pipeline,
            capture,
            frame: Frame::empty(clock.now()),
            reporter,
            outside,
            last_picture: None,
            next_look: clock.now(),
            clock,
            refused: Refused::No,
            next_plan: None,
            resting: false,
        })
    }

    /// The outputs, for whoever keeps their deadlines or brings them to rest from outside.
    pub fn board(&self) -> Board {
        self.pipeline.board()
    }

    /// Lets the status light tell, until the next reload, that a configuration was refused.
    pub fn keep_telling_refused(&mut self) {
        self.refused = Refused::UntilReload;
    }

    /// Turns until it is told to stop, a recording ends, or the board or the network fails; parks on
    /// each way out.
    pub fn run(mut self) -> Result<Ending> {
        let ended = self.turn_until_end();
        let parked = self.pipeline.park(std::thread::sleep);
        ended.and_then(|ending| parked.map(|()| ending))
    }

    fn turn_until_end(&mut self) -> Result<Ending> {
        loop {
            if self.obey()? {
                return Ok(Ending::Ordered);
            }
            if self.tell_camera_changes() {
                self.finish()?;
                return Ok(Ending::RecordingOver);
            }
            self.turn()?;
        }
    }

    /// Does all that was ordered since the last turn; `true` where that is to end.
    fn obey(&mut self) -> Result<bool> {
        let ordered = self.outside.orders.take();
        if ordered.stop {
            return Ok(true);
        }
        if ordered.tell_refused {
            self.refused.add(self.clock.now());
        }
        if let Some(rest) = ordered.rest {
            self.resting = rest;
        }
        // The control side may have held the board and taken that back since the last turn; what was signalled
        // has ended all the same, and only what is held here is released below.
        if ordered.was_to_rest && !self.pipeline.is_held() {
            self.pipeline.hold()?;
        }
        self.next_plan = ordered.reload.or(self.next_plan.take());
        // Lids close while pictures are watched on, so that a slow one holds up nothing.
        let rests = self.resting || self.next_plan.is_some();
        match (rests, self.pipeline.is_held()) {
            (true, false) => self.pipeline.hold()?,
            (false, true) => {
                self.pipeline.release();
                // Whoever orders rest holds the board after that; what was released in between is held again.
                if self.outside.orders.wants_rest() {
                    self.pipeline.hold()?;
                }
            }
            _ => {}
        }
        if let Some(test) = ordered.test {
            let outcome = self.pipeline.test(&test.bin);
            test.answer(outcome);
        }
        if self.next_plan.is_some() && self.pipeline.is_at_rest() {
            self.take_over_next()?;
            // What was released with the new plan stays at rest where the process is about to be stopped.
            if self.resting {
                self.pipeline.hold()?;
            }
        }
        Ok(false)
    }

    /// One turn: the newest frame, if one comes in time, through all stages.
    fn turn(&mut self) -> Result<()> {
        let pause = self.longest_turn();
        let mut began = self.clock.now();
        let turn = if self.may_rest() {
            let rest = self.next_look.saturating_duration_since(self.clock.now());
            self.outside.orders.stopped_within(pause.min(rest));
            self.pipeline.pass()?
        } else if self
            .capture
            .wait_newer(&mut self.frame, self.clock.now() + pause)
        {
            began = self.clock.now();
            self.next_look = began + IDLE_PAUSE;
            self.pipeline.look(&self.frame)?
        } else {
            self.pipeline.pass()?
        };
        if turn.saw_picture {
            self.last_picture = Some(self.clock.now());
            self.outside.heartbeat.beat();
            self.outside.votes.set(self.pipeline.said());
            self.show_outside();
            self.outside.heartbeat.turns.add(self.clock.now() - began);
        }
        if !self.sees() {
            self.outside.votes.set(None);
        }
        if self.pipeline.was_button_held() {
            self.let_in();
        }
        let health = self.health();
        self.outside.heartbeat.set_health(health);
        self.pipeline.show_health(match health {
            Health::ConfigRefused => health,
            _ if self.outside.door.is_open(self.clock.now()) => Health::LetsIn,
            _ if self.resting => Health::Paused,
            _ => health,
        })
    }

    /// Somebody stands at the bin and holds its button. No event tells of it: who may only watch reads those, and would be the first at
    /// the door.
    fn let_in(&self) {
        self.outside.door.open(self.clock.now());
        log::info!(target: "sortd", "the button was held: a browser is let in without a code, within two minutes");
    }

    /// Hands the picture to whoever wants to see it.
    fn show_outside(&self) {
        if self.outside.viewfinder.is_wanted() {
            let camera = &self.pipeline.config().camera;
            self.outside.viewfinder.show(Scene {
                frame: self.frame.clone(),
                rotation: camera.rotate,
                zone: camera.zone,
                mask: camera.mask.clone(),
                presence: self.pipeline.seen(),
                foreground: self.pipeline.foreground(),
            });
        }
    }

    /// A button is asked more often, since a tap is short.
    fn longest_turn(&self) -> Duration {
        match self.pipeline.config().trigger.mode {
            TriggerMode::Button { .. } => BUTTON_TURN,
            TriggerMode::Motion | TriggerMode::Always => LONGEST_TURN,
        }
    }

    /// Whether pictures come that can be seen.
    fn sees(&self) -> bool {
        let deadline = self.pipeline.config().camera.frame_deadline;
        self.last_picture
            .is_some_and(|last| self.clock.now() - last <= deadline)
    }

    /// Whether the zone was empty a moment ago, so that the next look may wait.
    fn may_rest(&self) -> bool {
        self.pipeline.is_resting() && self.clock.now() < self.next_look
    }

    fn health(&self) -> Health {
        if self.refused.is_told(self.clock.now()) {
            Health::ConfigRefused
        } else if self.pipeline.gets_no_whole_picture() {
            Health::BadPicture
        } else if !self.sees() {
            Health::NoCamera
        } else if self.pipeline.fault().is_some() {
            Health::BadPicture
        } else {
            Health::Fine
        }
    }

    /// Reports what happened to the camera; `true` when its recording is over.
    fn tell_camera_changes(&mut self) -> bool {
        let mut over = false;
        for change in self.capture.changes() {
            let event = match change {
                CaptureChange::Opened { description } => {
                    self.pipeline.camera_opened();
                    Event::CameraOpened {
                        camera: description,
                    }
                }
                CaptureChange::Failed { error, retry_in } => {
                    self.last_picture = None;
                    self.outside.heartbeat.camera_failed();
                    let retry_ms = retry_in.as_millis() as u64;
                    Event::CameraFailed {
                        error: error.to_string(),
                        retry_ms,
                    }
                }
                CaptureChange::Skipped { error } => Event::FrameSkipped {
                    error: error.to_string(),
                    frames: self.capture.counts().skipped,
                },
                CaptureChange::Stuck { doing, waited } => {
                    self.outside.heartbeat.camera_failed();
                    let seconds = waited.as_secs();
                    let remark = format!(
                        "the camera's driver has been {doing} for {seconds} s and does not let go; unplug the camera or restart the machine"
                    );
                    Event::Remark { remark }
                }
                CaptureChange::Ended => {
                    over = true;
                    Event::RecordingEnded
                }
            };
            self.reporter.report(&event);
        }
        over
    }

    /// After a recording: whatever is still on is let run out, as after an item that has gone.
    fn finish(&mut self) -> Result<()> {
        let end = self.clock.now() + self.pipeline.config().gpio.max_on;
        while self.pipeline.signal().is_some() && self.clock.now() < end {
            if self.outside.orders.stopped_within(LONGEST_TURN) {
                break;
            }
            self.pipeline.pass()?;
        }
        Ok(())
    }

    /// Takes over the plan that waits, now that everything is at rest.
    fn take_over_next(&mut self) -> Result<()> {
        let Some(offer) = self.next_plan.take() else {
            return Ok(());
        };
        let (plan, tell) = offer.taken();
        let (file, model) = (
            plan.origin.in_place_of(&plan.config.file),
            plan.model.clone(),
        );
        let next = InForce::of(&plan);
        let same_camera = plan.config.camera == self.pipeline.config().camera;
        let taken = self.pipeline.take_over(plan, |config| {
            open_outputs(config, &self.clock, &self.reporter)
        })?;
        match taken {
            Takeover::Done => {
                in_force::remember(self.pipeline.config());
                self.outside.in_force.set(next);
                self.outside.votes.set_bins(self.pipeline.config());
                if !same_camera {
                    let camera = &self.pipeline.config().camera;
                    self.capture
                        .replace(capture::opener(camera), camera.frame_deadline)?;
                }
                self.refused = Refused::No;
                let reloaded = Event::ConfigReloaded {
                    config: file,
                    model,
                };
                self.reporter.report(&reloaded);
                tell(Ok(()));
            }
            Takeover::Refused(error) => {
                self.refused.add(self.clock.now());
                self.reporter.report(&Event::ConfigRefused {
                    error: error.to_string(),
                });
                tell(Err(error));
            }
        }
        Ok(())
    }
}

fn start_camera(config: &Config) -> Result<CaptureThread> {
    CaptureThread::start(
        capture::opener(&config.camera),
        config.camera.frame_deadline,
    )
}

fn open_outputs(config: &Config, clock: &Arc<dyn Clock>, reporter: &Reporter) -> Result<Outputs> {
    let actuator = actuate::open(config, Arc::clone(clock))?;
    let outputs = Outputs::new(actuator, config, clock.now())?;
    for remark in outputs.remarks() {
        reporter.report(&Event::Remark { remark });
    }
    Ok(outputs)
}

/// What to say when the loop's thread panicked.
pub(super) fn panicked() -> Error {
    Error::internal("the loop stumbled over a defect of its own; the outputs were sent to rest")
        .advice("report the message above; systemd starts the daemon again")
}
