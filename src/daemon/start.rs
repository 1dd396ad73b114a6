//! How the daemon starts, and how it ends: the parts are made, joined, and brought to rest.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;

use super::answers::{self, Answers};
use super::asked::Signals;
use super::choice::Choice;
use super::configs::Configs;
use super::control::{Control, no_resource};
use super::heartbeat::Heartbeat;
use super::looks::Looks;
use super::looping::{Ending, Loop, Outside, panicked};
use super::notify;
use super::orders::Orders;
use super::pairing::Door;
use super::plan_in_force::{InForce, PlanInForce};
use super::reloads::Reloads;
use super::viewfinder::Viewfinder;
use super::votes::Votes;
use crate::config::LARGEST_FILE;
use crate::config::committed::{self, Committed};
use crate::control::{self, Desk, Listeners};
use crate::error::Result;
use crate::files;
use crate::panics::contained;
use crate::pipeline::proof::Limits;
use crate::report::{Event, Reporter};
use crate::store::Memory;

/// How long clients have for the last events; everything is at rest by then.
const LAST_EVENTS: Duration = Duration::from_millis(50);

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
    let state = committed::state_folder(settings.state);
    let choice = Choice::new(file.into(), state.as_deref().map(Committed::of));
    let (plan, passed_over) = choice.at_start(&Limits::of_the_daemon())?;
    let (memory, reporter) = Memory::start(state.as_deref(), reporter);
    // It is dropped after all else, and writes what is left then.
    let memory = Arc::new(memory);
    let started = Event::Started {
        version: env!("CARGO_PKG_VERSION").into(),
        model: plan.model.clone(),
        config: plan.origin.in_place_of(file),
    };
    let orders = Orders::default();
    let heartbeat = Arc::new(Heartbeat::default());
    let (runtime, signals) = start_runtime()?;
    let viewfinder = Arc::new(Viewfinder::default());
    let outside = Outside {
        orders: orders.clone(),
        heartbeat: Arc::clone(&heartbeat),
        viewfinder: Arc::clone(&viewfinder),
        in_force: PlanInForce::new(InForce::of(&plan)),
        votes: Votes::default(),
        door: Door::default(),
    };
    let answers = Answers::of(recent.clone(), &outside, Arc::clone(&memory), state);
    let configs = Configs::new(
        choice.clone(),
        outside.in_force.clone(),
        orders.clone(),
        reporter.clone(),
    );
    let mut turning = Loop::start(plan, outside, reporter.clone())?;
    let board = turning.board();
    let _keeper = board.keep()?;
    reporter.report(&started);
    answers.tell_pairing();
    let passed_over = passed_over.map(|error| error.to_string());
    for error in settings
        .refused
        .and_then(why_refused)
        .into_iter()
        .chain(passed_over)
    {
        turning.keep_telling_refused();
        reporter.report(&Event::ConfigRefused { error });
    }
    let (config_wishes, wishes_of_configs) = mpsc::channel(WISHES);
    let (wishes, orders_of_clients) = mpsc::channel(WISHES);
    let desk = Desk::new(answers::random_start(), Arc::clone(&recent), wishes);
    let control = Control {
        reloads: Reloads::of(choice),
        orders,
        answers,
        heartbeat,
        reporter: reporter.clone(),
        memory: Arc::clone(&memory),
        board: board.clone(),
        signals,
        wishes: orders_of_clients,
        configs: config_wishes,
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
        spawn_local(configs.serve(wishes_of_configs));
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
            remark: format!("nobody can ask this daemon how it is: {error}"),
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
