//! The control side: signals, reload and the watchdog, on tokio.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Interval, MissedTickBehavior, interval, sleep, sleep_until, timeout};

use super::answers::Answers;
use super::asked::{Asked, Signals};
use super::bin_test::BinTest;
use super::heartbeat::Heartbeat;
use super::looks::Looks;
use super::notify;
use super::offer::Offer;
use super::orders::Orders;
use super::reloads::Reloads;
use super::stats;
use crate::actuate::Board;
use crate::control::{ConfigWish, Wish};
use crate::error::{Error, Result};
use crate::pipeline::Plan;
use crate::report::{Event, Reporter};
use crate::signals;
use crate::store::Memory;

/// How often `systemctl status` gets a new line, and the longest pause between watchdog ticks.
const STATUS_EVERY: Duration = Duration::from_secs(5);

/// Lids close within 8 s, and the light goes off before that; a loop that has not ended by then hangs.
const LONGEST_STOP: Duration = Duration::from_secs(10);

/// How often it is asked whether the lids are closed, before the process is stopped.
const REST_EVERY: Duration = Duration::from_millis(20);

pub(super) fn no_resource(
    what: &str,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::internal(format!("the system gives us no {what}"))
        .caused_by(error)
        .advice(
            "check memory and process limits, and that of open files (`ulimit -n`, LimitNOFILE=)",
        )
}

/// The control side with all that it owns.
pub(super) struct Control {
    pub reloads: Reloads,
    pub orders: Orders,
    pub answers: Answers,
    pub heartbeat: Arc<Heartbeat>,
    pub reporter: Reporter,
    pub memory: Arc<Memory>,
    pub board: Board,
    pub signals: Signals,
    /// What clients want.
    pub wishes: mpsc::Receiver<Wish>,
    /// Where those of the configuration go.
    pub configs: mpsc::Sender<ConfigWish>,
    pub frames_at_last_tick: u64,
    /// When the process is to be stopped, as by Ctrl-Z, even if it is not at rest by then.
    pub stops_by: Option<Instant>,
    /// When a pause that somebody asked for is over.
    pub paused_until: Option<Instant>,
}

impl Control {
    /// Serves signals, reloads and ticks until the loop has ended.
    ///
    /// # Errors
    /// The loop does not end.
    pub async fn serve(mut self, looks: Looks, mut has_ended: oneshot::Receiver<()>) -> Result<()> {
        let mut ticks = ticks();
        let cause = loop {
            tokio::select! {
                // Whoever ends the process while it comes to rest for a stop is not kept waiting.
                biased;
                // The loop ended of itself; joining its thread tells why.
                _ = &mut has_ended => return Ok(()),
                asked = self.signals.next() => match asked {
                    Asked::End(signal) => break signal,
                    Asked::Stop => self.rest_before_stop(),
                    Asked::Continue => self.go_on(),
                    Asked::Reload => self.ask_for_reload(),
                },
                () = rested(&self.board, self.stops_by) => self.stop_until_continued(),
                () = reached(self.paused_until) => self.resume(),
                Some(wish) = self.wishes.recv() => self.grant(wish, &looks),
                loaded = self.reloads.next() => self.hand_over(loaded),
                _ = ticks.tick() => self.tick(),
            }
        };
        // Who orders anything from here on is told that it ends.
        self.wishes.close();
        // Neither of these waits for who is told.
        notify::stopping();
        self.reporter.report(&Event::Stopping { cause });
        self.orders.stop();
        // The loop may be busy for long; the light does not wait for it. A board that does not answer is told
        // of when it is parked.
        let _ = self.board.hold_for_good();
        timeout(LONGEST_STOP, has_ended)
            .await
            .map(|_| ())
            .map_err(|_| {
                Error::internal("the loop does not end")
                    .advice("the unit's ExecStopPost parks the outputs; otherwise run `sortd park`")
            })
    }

    fn tick(&mut self) {
        let frames = self.heartbeat.frames();
        if frames != self.frames_at_last_tick {
            self.frames_at_last_tick = frames;
            notify::watchdog();
        }
        notify::status(&self.heartbeat.status());
    }

    /// Goes to rest, after which the process is stopped as the signal would have done.
    fn rest_before_stop(&mut self) {
        if self.stops_by.is_none() {
            self.orders.rest(true);
            let _ = self.board.hold();
            self.stops_by = Some(Instant::now() + LONGEST_STOP);
        }
    }

    fn stop_until_continued(&mut self) {
        signals::stop_now();
        self.go_on();
    }

    /// Decides again after a stop, or instead of one that was taken back, unless it is paused.
    fn go_on(&mut self) {
        if self.stops_by.take().is_some() && self.paused_until.is_none() {
            self.orders.rest(false);
        }
    }

    fn grant(&mut self, wish: Wish, looks: &Looks) {
        match wish {
            // A client that has gone needs no answer.
            Wish::Status(to) => drop(to.send(self.answers.status(self.paused_until))),
            Wish::Look(to) => looks.ask(to),
            Wish::Model(to) => drop(to.send(self.answers.model())),
            Wish::ProveModel(to) => self.answers.prove_model(to),
            Wish::Pair(code, to) => drop(to.send(self.answers.pair(&code))),
            Wish::Privacy(to) => self.answers.privacy(to),
            Wish::Config(wish) => {
                if let Err(error) = self.configs.try_send(wish) {
                    error.into_inner().turn_away();
                }
            }
            Wish::Test(bin, to) => self.orders.test(BinTest::new(bin, to)),
            Wish::Pause(time) => self.pause(time),
            Wish::Resume => self.resume(),
            Wish::Reload => self.ask_for_reload(),
            Wish::Stats(query, to) => stats::ask(&self.memory, query, to),
        }
    }

    /// Goes to rest for a time; the newest pause counts.
    fn pause(&mut self, time: Duration) {
        self.paused_until = Some(Instant::now() + time);
        self.orders.rest(true);
        // A board that does not answer is told of by the loop.
        let _ = self.board.hold();
        self.reporter.report(&Event::Paused {
            seconds: time.as_secs(),
        });
    }

    /// Ends a pause; the process may be about to be stopped all the same.
    fn resume(&mut self) {
        if self.paused_until.take().is_none() {
            return;
        }
        if self.stops_by.is_none() {
            self.orders.rest(false);
        }
        self.reporter.report(&Event::Resumed);
    }

    fn ask_for_reload(&mut self) {
        if !self.reloads.are_under_way() {
            notify::reloading();
        }
        if let Err(error) = self.reloads.ask() {
            self.refuse(&error);
            notify::ready();
        }
    }

    /// Hands a plan that was checked to the loop.
    fn hand_over(&mut self, loaded: Result<Box<Plan>>) {
        match loaded {
            Ok(plan) => self.orders.reload(Offer::of(plan)),
            Err(error) => self.refuse(&error),
        }
        if !self.reloads.are_under_way() {
            notify::ready();
        }
    }

    fn refuse(&self, error: &Error) {
        self.reporter.report(&Event::ConfigRefused {
            error: error.to_string(),
        });
        self.orders.tell_refused();
    }
}

/// Returns when a process that is to stop may do so: when the board is at rest, or at `by`, since whoever stops
/// it wants it stopped even where a lid cannot be closed. Without a time it never returns.
async fn rested(board: &Board, by: Option<Instant>) {
    let Some(by) = by else {
        return pending().await;
    };
    while !board.is_at_rest() && Instant::now() < by {
        sleep(REST_EVERY).await;
    }
}

/// Returns at an instant; never without one.
async fn reached(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant.into()).await,
        None => pending().await,
    }
}

fn ticks() -> Interval {
    let mut ticks = interval(tick_of(notify::watchdog_interval()));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// systemd advises to report at half of its interval; a third leaves room for a slow turn.
fn tick_of(watchdog: Option<Duration>) -> Duration {
    watchdog
        .map_or(STATUS_EVERY, |every| (every / 3).min(STATUS_EVERY))
        .max(Duration::from_millis(50))
}
