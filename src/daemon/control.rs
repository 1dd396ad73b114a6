//! The control side: signals, reload and the watchdog, on tokio.

use std::future::pending;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep, sleep_until, timeout};

use super::answers::{self, Answers};
use super::asked::{Asked, Signals};
use super::bin_test::BinTest;
use super::heartbeat::Heartbeat;
use super::looks::Looks;
use super::looping::{Ending, Loop, Outside, panicked};
use super::model_in_force::ModelInForce;
use super::notify;
use super::orders::Orders;
use super::reloads::Reloads;
use super::stats;
use super::viewfinder::Viewfinder;
use super::votes::Votes;
use crate::actuate::Board;
use crate::config::LARGEST_FILE;
use crate::control::{self, Desk, Listeners, Wish};
use crate::error::{Error, Result};
use crate::files;
use crate::panics::contained;
use crate::pipeline::Plan;
use crate::pipeline::proof::Limits;
use crate::report::{Event, Reporter};
use crate::signals;
use crate::store::Memory;

/// How often `systemctl status` gets a new line, and the longest pause between watchdog ticks.
const STATUS_EVERY: Duration = Duration::from_secs(5);

/// Lids close within 8 s, and the light goes off before that; a loop that has not ended by then hangs.
const LONGEST_STOP: Duration = Duration::from_secs(10);

/// How long clients have for the last events; everything is at rest by then.
const LAST_EVENTS: Duration = Duration::from_millis(50);

/// How often it is asked whether the lids are closed, before the process is stopped.
const REST_EVERY: Duration = Duration::from_millis(20);

/// Orders that may wait for the control side.
const WISHES: usize = 16;

/// What the daemon runs with besides its configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings<'a> {
    /// A file that says why another configuration was refused before the start, where it is there.
    pub refused: Option<&'a Path>,
    /// The folder in which the control sockets are made where systemd passes none.
    pub sockets: Option<&'a Path>,
    /// The folder of the memory where a service manager gives none.
    pub state: Option<&'a Path>,
}

/// Runs the daemon with the configuration at `file` until it is told to stop, or a recording ends.
///
/// # Errors
/// The configuration or the model is wrong, the lines cannot be had, or the board or the network
/// fails later on. Everything is at rest then.
pub fn run(file: &Path, settings: Settings<'_>, reporter: &Reporter) -> Result<()> {
    let listeners = Listeners::open(settings.sockets);
    let (reporter, recent) = reporter.clone().remembering();
    let plan = Plan::load_proven(file, &Limits::of_the_daemon())?;
    let (memory, reporter) = Memory::start(settings.state, reporter);
    // It is dropped after all else, and writes what is left then.
    let memory = Arc::new(memory);
    let started = Event::Started {
        version: env!("CARGO_PKG_VERSION").into(),
        model: plan.model.clone(),
        config: file.display().to_string(),
    };
    let orders = Orders::default();
    let heartbeat = Arc::new(Heartbeat::default());
    let (runtime, signals) = start_runtime()?;
    let viewfinder = Arc::new(Viewfinder::default());
    let outside = Outside {
        orders: orders.clone(),
        heartbeat: Arc::clone(&heartbeat),
        viewfinder: Arc::clone(&viewfinder),
        model: ModelInForce::default(),
        votes: Votes::default(),
    };
    let answers = Answers::of(recent.clone(), &outside, Arc::clone(&memory));
    let mut turning = Loop::start(plan, outside, reporter.clone())?;
    let board = turning.board();
    let _keeper = board.keep()?;
    reporter.report(&started);
    if let Some(error) = settings.refused.and_then(why_refused) {
        turning.keep_telling_refused();
        reporter.report(&Event::ConfigRefused { error });
    }
    let (wishes, orders_of_clients) = mpsc::channel(WISHES);
    let desk = Desk::new(answers::random_start(), Arc::clone(&recent), wishes);
    let control = Control {
        reloads: Reloads::of(file.into()),
        orders,
        answers,
        heartbeat,
        reporter: reporter.clone(),
        memory: Arc::clone(&memory),
        board: board.clone(),
        signals,
        wishes: orders_of_clients,
        frames_at_last_tick: 0,
        stops_by: None,
        paused_until: None,
    };
    let (ended, has_ended) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("loop".into())
        .spawn(move || {
            let ending = turning.run();
            // The control side may be gone already.
            let _ = ended.send(());
            ending
        })
        .map_err(|error| no_resource("thread", error))?;
    notify::ready();
    LocalSet::new().block_on(&runtime, async {
        serve_clients(listeners, desk, &reporter);
        let served = control.serve(Looks::start(viewfinder), has_ended).await;
        let ended = served.and_then(|()| thread.join().unwrap_or_else(|_| Err(panicked())));
        // Whatever became of the loop, nothing is left on.
        let parked = board.park(std::thread::sleep);
        if matches!(ended, Ok(Ending::RecordingOver)) {
            reporter.report(&Event::Stopping {
                cause: "the recording is over".into(),
            });
        }
        // Who follows the events hears of the end.
        sleep(LAST_EVENTS).await;
        ended.and(parked)
    })
}

/// Serves the control sockets; a bin without them sorts all the same.
fn serve_clients(listeners: Result<Listeners>, desk: Desk, reporter: &Reporter) {
    let served = listeners.and_then(|listeners| control::serve(listeners, desk));
    if let Err(error) = served {
        reporter.report(&Event::Remark {
            text: format!("nobody can ask this daemon how it is: {error}"),
        });
    }
}

/// The runtime, and the signals, which are caught before anything is switched on.
fn start_runtime() -> Result<(tokio::runtime::Runtime, Signals)> {
    let start = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| no_resource("runtime", error))?;
        let signals = runtime.block_on(async { Signals::catch() })?;
        Ok((runtime, signals))
    };
    // tokio panics where the process may open no more files.
    contained(start).unwrap_or_else(|said| Err(no_resource("signal handler", said)))
}

/// What the takeover left in the file; `None` where it left none.
fn why_refused(file: &Path) -> Option<String> {
    match files::read_at_most(file, LARGEST_FILE) {
        Ok(Some(why)) => Some(String::from_utf8_lossy(&why).into_owned()),
        Ok(None) => Some(format!("{} is too long to be shown", file.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(format!("{} cannot be read: {error}", file.display())),
    }
}

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

struct Control {
    reloads: Reloads,
    orders: Orders,
    answers: Answers,
    heartbeat: Arc<Heartbeat>,
    reporter: Reporter,
    memory: Arc<Memory>,
    board: Board,
    signals: Signals,
    wishes: mpsc::Receiver<Wish>,
    frames_at_last_tick: u64,
    /// When the process is to be stopped, as by Ctrl-Z, even if it is not at rest by then.
    stops_by: Option<Instant>,
    /// When a pause that somebody asked for is over.
    paused_until: Option<Instant>,
}

impl Control {
    /// Serves signals, reloads and ticks until the loop has ended.
    async fn serve(mut self, looks: Looks, mut has_ended: oneshot::Receiver<()>) -> Result<()> {
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
            Wish::Model(to) => {
                // Without a model there is no daemon: who asked hears that it ends.
                if let Some(model) = self.answers.model() {
                    drop(to.send(model));
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
            Ok(plan) => self.orders.reload(plan),
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
