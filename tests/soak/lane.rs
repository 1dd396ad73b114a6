//! A lane: one daemon after the other on boards of their own, by a seed.

use std::collections::BTreeMap;
use std::fmt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::board::{At, Board};
use crate::common::daemon::{Daemon, PATIENCE};
use crate::common::finish;
use crate::judge::Judge;
use crate::process::Held;
use crate::scenes::{Gallery, Seed, recording};
use crate::setups;

/// Frames a second of the recordings, and how many scenes one has.
const FPS: u64 = 120;
const MOST_SCENES: u64 = 60;

/// A machine that is busy with several lanes may run a thread this much late; what holds a light on by a
/// defect holds it for as long as its cause lasts.
const LATE: Duration = Duration::from_secs(1);

/// The light goes off without the loop, which tells of it with its next turn; how late that is on a busy
/// machine is no promise.
const TOLD_LATE: Duration = Duration::from_secs(10);

/// Memory that a daemon may gain between its first looks and its last, in kB: a reload has two models at a
/// time for a moment, and what it gave back may stay with the allocator.
const MOST_GAINED: u64 = 32 * 1_024;

/// Looks of a daemon at least.
const LEAST_LIFE: u64 = 100;

/// How a daemon ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// SIGTERM.
    Stop,
    /// SIGKILL, and then `sortd park`, as the unit does.
    Kill,
    /// A light's line fails; what cannot be switched then is parked.
    Fault,
}

/// What is to be run.
pub struct Lane {
    /// Its number, for what is printed.
    pub number: usize,
    /// What comes when.
    pub seed: u64,
    /// Looks in all.
    pub looks: u64,
    /// Looks of one daemon at most.
    pub longest_life: u64,
    /// How the first daemon ends; the others follow in turn.
    pub first: Ending,
}

/// What lanes came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Pictures that the daemons saw.
    pub looks: u64,
    /// What was wrong.
    pub complaints: Vec<String>,
    events: BTreeMap<String, u64>,
    /// The longest signal by the events, and the longest light by the board.
    longest: [Duration; 2],
}

impl Lane {
    /// Runs it to its end.
    pub fn run(self) -> Outcome {
        let mut seed = Seed(self.seed);
        let folder = tempfile::tempdir().unwrap();
        let recorded = folder.path().join("lane.mjpeg");
        let scenes = (self.looks / 20).clamp(10, MOST_SCENES) as usize;
        let bytes = recording(&mut Gallery::open(), &mut seed, scenes, FPS);
        std::fs::write(&recorded, bytes).unwrap();
        let mut all = Outcome::default();
        let mut ending = self.first;
        while all.looks < self.looks {
            let looks = (self.looks - all.looks).clamp(LEAST_LIFE, self.longest_life);
            let mut life = Life::begin(&recorded, &mut seed);
            let held = life.look(looks, &mut seed);
            let name = format!(
                "lane {}, {ending:?} after {} looks",
                self.number, life.looks
            );
            println!("{name}: {held}");
            let mut came_to = life.end(ending, &mut seed);
            for complaint in &mut came_to.complaints {
                *complaint = format!("{name} (seed {}): {complaint}", self.seed);
                // A long run may be ended before it reports.
                println!("COMPLAINT {complaint}");
            }
            let gave_up = came_to.looks < looks;
            all.add(came_to);
            if gave_up {
                break;
            }
            ending = ending.next();
        }
        all
    }
}

impl Ending {
    const fn next(self) -> Self {
        match self {
            Self::Stop => Self::Kill,
            Self::Kill => Self::Fault,
            Self::Fault => Self::Stop,
        }
    }
}

/// One daemon.
struct Life {
    board: Board,
    daemon: Daemon,
    /// The configuration file, and the recording that it names.
    file: PathBuf,
    recorded: PathBuf,
    /// What would be systemd.
    socket: UnixDatagram,
    looks: u64,
    /// What it told so far, and how often it was asked to reload.
    told: Vec<Value>,
    reloads: u64,
    complaints: Vec<String>,
}

impl Life {
    fn begin(recorded: &Path, seed: &mut Seed) -> Self {
        let board = Board::new().unwrap();
        let file = board.path().join("sortd.toml");
        write_setup(&file, recorded, seed);
        let address = board.path().join("notify");
        let socket = UnixDatagram::bind(&address).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        let mut program = board.sortd();
        // The status, which counts the looks, comes with each tick of the watchdog.
        program
            .env("NOTIFY_SOCKET", &address)
            .env("WATCHDOG_USEC", "300000");
        let daemon = Daemon::start(program, &file);
        Self {
            board,
            daemon,
            recorded: recorded.into(),
            file,
            socket,
            looks: 0,
            told: Vec::new(),
            reloads: 0,
            complaints: Vec::new(),
        }
    }

    /// Lets it look so many times, with reloads between; answers with what it held, in words.
    fn look(&mut self, looks: u64, seed: &mut Seed) -> String {
        let mut next_reload = looks / 3;
        let mut at_start = None;
        let mut last_new = Instant::now();
        while self.looks < looks {
            if self.hear() {
                last_new = Instant::now();
            } else if last_new.elapsed() > PATIENCE || self.has_ended() {
                self.complaints.push("it sees no more pictures".into());
                break;
            }
            if at_start.is_none() && self.looks > 0 {
                at_start = self.held();
            }
            // Who is not yet at work may not have caught the signal.
            if at_start.is_some() && self.looks >= next_reload {
                next_reload += seed.within(looks / 4, looks).clamp(100, 3_000);
                self.reload(seed);
            }
        }
        let Some(before) = at_start else {
            return "it was not seen at work".into();
        };
        let after = self.settled(before);
        format!("from {before} to {after}")
    }

    /// What it holds once a reload that is under way has ended, where it ends.
    fn settled(&mut self, before: Held) -> Held {
        let end = Instant::now() + PATIENCE;
        let mut now = before;
        while Instant::now() < end {
            self.hear();
            let Some(held) = self.held() else { break };
            now = held;
            let grown = now.memory.saturating_sub(before.memory);
            let more = now.descriptors > before.descriptors || now.threads > before.threads;
            if !more && grown <= MOST_GAINED && self.has_answered() {
                return now;
            }
        }
        self.complaints.push(format!(
            "it holds more than at the start, or never answered a reload: {before}; {now}"
        ));
        now
    }

    /// Whether a reload was answered, where one was asked for; several may be done as one.
    fn has_answered(&mut self) -> bool {
        self.told.extend(self.daemon.told());
        let answers = |event: &Value| {
            let name = event["event"].as_str().unwrap_or_default();
            matches!(name, "config-reloaded" | "config-refused")
        };
        self.reloads == 0 || self.told.iter().any(answers)
    }

    fn held(&self) -> Option<Held> {
        Held::by(self.daemon.child.id())
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.daemon.child.try_wait(), Ok(None))
    }

    /// Reads what it told systemd; whether it has seen more pictures.
    fn hear(&mut self) -> bool {
        let mut datagram = [0; 1_024];
        let Ok(length) = self.socket.recv(&mut datagram) else {
            return false;
        };
        let text = String::from_utf8_lossy(&datagram[..length]);
        let seen = text
            .split("frames seen: ")
            .nth(1)
            .and_then(|rest| rest.trim().parse().ok());
        let more = seen.is_some_and(|seen| seen > self.looks);
        self.looks = seen.unwrap_or(self.looks);
        more
    }

    /// Asks for one reload or for many at a time, of a right file or of a broken one.
    fn reload(&mut self, seed: &mut Seed) {
        self.reloads += 1;
        if self.reloads > 1 && seed.once_in(4) {
            std::fs::write(&self.file, "broken = ").unwrap();
        } else {
            write_setup(&self.file, &self.recorded, seed);
        }
        let times = if seed.once_in(3) { 20 } else { 1 };
        for _ in 0..times {
            self.daemon.signal("HUP");
        }
    }

    /// Ends it and judges what it told and what it drove.
    fn end(self, ending: Ending, seed: &mut Seed) -> Outcome {
        let wanted = match ending {
            Ending::Stop => Some(0),
            Ending::Kill => None,
            Ending::Fault => Some(69),
        };
        match ending {
            Ending::Stop => self.daemon.signal("TERM"),
            Ending::Kill => self.daemon.signal("KILL"),
            Ending::Fault => {
                let light = [17, 22, 27][seed.within(0, 2) as usize];
                self.board.fail(&format!("line {light}"));
            }
        }
        let (last, status) = self.daemon.finish();
        let events = [self.told, last].concat();
        let log = self.board.log();
        let wiring = setups::wiring();
        let mut complaints = self.complaints;
        if status.code() != wanted {
            complaints.push(format!("it ended with {status}"));
        }
        let found = wiring.judge(&log, LATE);
        complaints.extend(found.complaints);
        if ending == Ending::Stop {
            complaints.extend(wiring.unrest(&log));
        } else {
            self.board.let_go();
            let park = finish(
                self.board
                    .sortd()
                    .args(["park", "--config"])
                    .arg(&self.file),
            );
            if park.status != 0 {
                complaints.push(format!("park: {park:?}"));
            }
            complaints.extend(wiring.unrest(&self.board.log()));
        }
        let rules = setups::rules();
        let mut judge = Judge::new(&rules, TOLD_LATE);
        let time = |event: &Value| Duration::from_millis(event["time_ms"].as_u64().unwrap());
        for event in &events {
            judge.hear(time(event), event);
        }
        judge.end(
            events.last().map(time).unwrap_or_default(),
            ending == Ending::Stop,
        );
        complaints.extend(judge.complaints);
        if !complaints.is_empty() {
            complaints.push(kept(&log, &events));
        }
        Outcome {
            looks: self.looks,
            complaints,
            events: judge.counts,
            longest: [judge.longest, found.longest],
        }
    }
}

/// Keeps what a daemon drove and told where it can be looked at, and says where.
fn kept(log: &[At], events: &[Value]) -> String {
    let driven = log
        .iter()
        .map(|At { at, what }| format!("{at:?} {what:?}\n"));
    let told = events.iter().map(|event| format!("{event}\n"));
    let text: String = driven.chain(told).collect();
    let file = tempfile::Builder::new()
        .prefix("sortd-soak-")
        .suffix(".txt")
        .tempfile();
    let file = file.and_then(|file| {
        std::fs::write(&file, text)?;
        Ok(file.keep()?.1)
    });
    format!("what it drove and told is in {file:?}")
}

fn write_setup(file: &Path, recorded: &Path, seed: &mut Seed) {
    let setup = &setups::ALL[seed.within(0, setups::ALL.len() as u64 - 1) as usize];
    let camera = format!(
        "source = \"replay\"\npath = \"{}\"\nfps = {FPS}\nwidth = 320\nheight = 240",
        recorded.display()
    );
    let draft = file.with_extension("new");
    std::fs::write(&draft, setup.text(&camera, "backend = \"gpiochip\"")).unwrap();
    std::fs::rename(draft, file).unwrap();
}

impl Outcome {
    /// How often an event was told.
    pub fn count(&self, event: &str) -> u64 {
        self.events.get(event).copied().unwrap_or(0)
    }

    /// Adds what others came to.
    pub fn add(&mut self, other: Self) {
        self.looks += other.looks;
        self.complaints.extend(other.complaints);
        for (event, count) in other.events {
            *self.events.entry(event).or_default() += count;
        }
        self.longest = [0, 1].map(|by| self.longest[by].max(other.longest[by]));
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [told, driven] = self.longest;
        write!(
            f,
            "{} looks; longest signal {told:?} by the events, {driven:?} at the pins; {:?}",
            self.looks, self.events
        )
    }
}
