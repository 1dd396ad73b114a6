//! The control side: signals, reload and the watchdog, on tokio.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use super::heartbeat::Heartbeat;
use super::looping::{Ending, Loop, Order, panicked};
use super::notify;
use crate::error::{Error, Result};
use crate::pipeline::Plan;
use crate::report::{Event, Reporter};

/// How often `systemctl status` gets a new line, and the longest pause between watchdog ticks.
const STATUS_EVERY: Duration = Duration::from_secs(5);

/// Lids close within a few seconds; a loop that has not ended by then hangs.
const LONGEST_STOP: Duration = Duration::from_secs(10);

/// Runs the daemon with the configuration at `file` until it is told to stop, or a recording ends.
/// Where the file `refused` is there, another configuration was refused before the start, and it says
/// why.
///
/// # Errors
/// The configuration or the model is wrong, the lines cannot be had, or the board or the network
/// fails later on. Everything is at rest then.
pub fn run(file: &Path, refused: Option<&Path>, reporter: &Reporter) -> Result<()> {
    let plan = Plan::load(file)?;
    let started = Event::Started {
        version: env!("CARGO_PKG_VERSION").into(),
        model: plan.model.clone(),
        config: file.display().to_string(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| no_resource("runtime", error))?;
    let heartbeat = Arc::new(Heartbeat::default());
    let (orders, inbox) = channel();
    let (ended, has_ended) = oneshot::channel();
    // Signals are caught before anything is switched on, so that none can come too early.
    let control = runtime.block_on(async {
        Control::new(
            file.into(),
            orders,
            Arc::clone(&heartbeat),
            reporter.clone(),
        )
    })?;
    let mut turning = Loop::start(plan, reporter.clone(), heartbeat)?;
    reporter.report(&started);
    if let Some(error) = refused.and_then(|file| std::fs::read_to_string(file).ok()) {
        turning.keep_telling_refused();
        reporter.report(&Event::ConfigRefused { error });
    }
    let thread = std::thread::Builder::new()
        .name("loop".into())
        .spawn(move || {
            let ending = turning.run(&inbox);
            // The control side may be gone already.
            let _ = ended.send(());
            ending
        })
        .map_err(|error| no_resource("thread", error))?;
    notify::ready();
    runtime.block_on(control.serve(has_ended))?;
    match thread.join() {
        Ok(Ok(ending)) => {
            if ending == Ending::RecordingOver {
                reporter.report(&Event::Stopping {
                    cause: "the recording is over".into(),
                });
            }
            Ok(())
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(panicked()),
    }
}

fn no_resource(what: &str, error: std::io::Error) -> Error {
    Error::internal(format!("the system gives us no {what}"))
        .caused_by(error)
        .advice("check memory and process limits")
}

struct Control {
    file: PathBuf,
    orders: Sender<Order>,
    heartbeat: Arc<Heartbeat>,
    reporter: Reporter,
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    ticks: Interval,
    frames_at_last_tick: u64,
}

impl Control {
    fn new(
        file: PathBuf,
        orders: Sender<Order>,
        heartbeat: Arc<Heartbeat>,
        reporter: Reporter,
    ) -> Result<Self> {
        let catch = |kind| signal(kind).map_err(|error| no_resource("signal handler", error));
        let mut ticks = interval(tick_of(notify::watchdog_interval()));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            file,
            orders,
            heartbeat,
            reporter,
            terminate: catch(SignalKind::terminate())?,
            interrupt: catch(SignalKind::interrupt())?,
            hangup: catch(SignalKind::hangup())?,
            ticks,
            frames_at_last_tick: 0,
        })
    }

    /// Serves signals and ticks until the loop has ended.
    async fn serve(mut self, mut has_ended: oneshot::Receiver<()>) -> Result<()> {
        let cause = loop {
            tokio::select! {
                // The loop ended of itself; joining its thread tells why.
                _ = &mut has_ended => return Ok(()),
                _ = self.terminate.recv() => break "SIGTERM",
                _ = self.interrupt.recv() => break "SIGINT",
                _ = self.hangup.recv() => self.reload().await,
                _ = self.ticks.tick() => self.tick(),
            }
        };
        self.order(Order::Stop);
        notify::stopping();
        self.reporter.report(&Event::Stopping {
            cause: cause.into(),
        });
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

    /// Checks the configuration anew, and hands it to the loop if it is right.
    async fn reload(&mut self) {
        notify::reloading();
        let file = self.file.clone();
        let loaded = tokio::task::spawn_blocking(move || Plan::load(&file)).await;
        match loaded {
            Ok(Ok(plan)) => self.order(Order::Reload(Box::new(plan))),
            Ok(Err(error)) => self.refuse(&error),
            Err(error) => {
                self.refuse(
                    &Error::internal("reading the configuration stumbled").caused_by(error),
                );
            }
        }
        notify::ready();
    }

    fn refuse(&self, error: &Error) {
        self.reporter.report(&Event::ConfigRefused {
            error: error.to_string(),
        });
        self.order(Order::TellRefused);
    }

    fn order(&self, order: Order) {
        // A loop that is gone needs no orders; `serve` is about to see its end.
        let _ = self.orders.send(order);
    }
}

/// systemd advises to report at half of its interval; a third leaves room for a slow turn.
fn tick_of(watchdog: Option<Duration>) -> Duration {
    watchdog
        .map_or(STATUS_EVERY, |every| (every / 3).min(STATUS_EVERY))
        .max(Duration::from_millis(50))
}
