//! A board without a board: the unmodified program drives the lines and the PWM channels of a GPIO chip
//! that is not there, and tests read what it drove, to the microsecond.
//!
//! The chip is a library in C (`tests/board/`) that the program is started with. It shows
//! `/dev/gpiochip0` and `/sys/class/pwm/pwmchip0`; nothing else of the machine is touched, and no
//! privilege is needed. Its lines are exclusive, so several programs may be started on one board.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use tempfile::TempDir;

use super::{root, sortd};

/// Long enough for a busy machine; a test that fails waits this long.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// What happened to the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Driven {
    /// A program took this line, alone.
    Taken(u8),
    /// It gave the line back; the level stays.
    Freed(u8),
    /// A line was set to this physical level.
    Line(u8, bool),
    /// A channel sends pulses of this width in µs from now on, once it is enabled.
    Duty(u8, u32),
    /// A channel sends its pulses, or none.
    Enabled(u8, bool),
    /// A call on this target stands, or fails, because the test wants it to.
    Arranged(String, String),
    /// What leaves levels and pulses as they are, such as a period.
    Other(String),
}

/// Something that happened, and when (`CLOCK_MONOTONIC`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The time of [`Board::now`].
    pub at: Duration,
    /// What happened.
    pub what: Driven,
}

/// How the board stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The physical level of each line that was ever set.
    pub levels: BTreeMap<u8, bool>,
    /// The width in µs of the pulses that each channel sends now; none while it is disabled.
    pub pulses: BTreeMap<u8, Option<u32>>,
}

impl State {
    /// The lines that are at a high level.
    pub fn high(&self) -> Vec<u8> {
        let lines = self.levels.iter().filter(|(_, high)| **high);
        lines.map(|(line, _)| *line).collect()
    }

    /// The channels that send pulses.
    pub fn moving(&self) -> Vec<u8> {
        let channels = self.pulses.iter().filter(|(_, pulse)| pulse.is_some());
        channels.map(|(channel, _)| *channel).collect()
    }
}

/// A board with 54 lines and four PWM channels.
pub struct Board {
    folder: TempDir,
}

impl Board {
    /// A board on which nothing was driven yet. `None`, with the reason on standard error, where the
    /// program under test cannot be started with a library of this machine.
    pub fn new() -> Option<Self> {
        if let Ok(runner) = std::env::var("SORTD_TEST_RUNNER") {
            eprintln!(
                "skipped: the fake board is built for this machine, and {runner} runs the program for another"
            );
            return None;
        }
        // The kernel's files never wait for a disk, and what stands for them must not either.
        let in_memory = tempfile::tempdir_in("/dev/shm");
        let folder = in_memory
            .or_else(|_| tempfile::tempdir())
            .expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("dev")).expect("made");
        std::fs::create_dir_all(at("lines")).expect("made");
        std::fs::create_dir_all(at("sys/class/pwm/pwmchip0")).expect("made");
        std::fs::write(at("dev/gpiochip0"), "54\n").expect("written");
        for (name, text) in [("npwm", "4\n"), ("export", ""), ("unexport", "")] {
            std::fs::write(at("sys/class/pwm/pwmchip0").join(name), text).expect("written");
        }
        Some(Self { folder })
    }

    /// The program on this board; its runtime directory is that of the board, as one unit's is.
    pub fn sortd(&self) -> Command {
        let mut command = sortd();
        command
            .env("LD_PRELOAD", library())
            .env("FAKE_BOARD", self.folder.path())
            .env("RUNTIME_DIRECTORY", self.folder.path())
            .env_remove("JOURNAL_STREAM")
            .env_remove("NOTIFY_SOCKET");
        command
    }

    /// Its folder, for whatever belongs to the board, such as a configuration.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The clock of the log.
    pub fn now() -> Duration {
        clock_gettime(ClockId::CLOCK_MONOTONIC)
            .expect("there is a clock")
            .into()
    }

    /// All that happened up to now.
    pub fn log(&self) -> Vec<At> {
        let text = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        text.lines().map(parsed).collect()
    }

    /// How the board stands now.
    pub fn state(&self) -> State {
        state_after(&self.log())
    }

    /// Waits until the board stands as `wanted` says; answers with all that happened up to then.
    #[track_caller]
    pub fn wait_for(&self, what: &str, wanted: impl Fn(&State) -> bool) -> Vec<At> {
        self.wait_for_log(what, |log| wanted(&state_after(log)))
    }

    /// Waits until what happened is as `wanted` says.
    #[track_caller]
    pub fn wait_for_log(&self, what: &str, wanted: impl Fn(&[At]) -> bool) -> Vec<At> {
        let end = Instant::now() + PATIENCE;
        loop {
            let log = self.log();
            if wanted(&log) {
                return log;
            }
            assert!(Instant::now() < end, "no {what}: {log:#?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// From now on calls on `target` (such as `line 17` or `pwm 0/1`; all, where it is empty) stand
    /// until [`let_go`](Self::let_go).
    pub fn hang(&self, target: &str) {
        self.arrange("hang", target);
    }

    /// From now on calls on `target` fail with EIO.
    pub fn fail(&self, target: &str) {
        self.arrange("fail", target);
    }

    /// The board works again.
    pub fn let_go(&self) {
        for file in ["hang", "fail"] {
            let _ = std::fs::remove_file(self.folder.path().join(file));
        }
    }

    /// Puts a level on an input line, such as a button's.
    pub fn put(&self, line: u8, high: bool) {
        use std::os::unix::fs::FileExt;
        let file = self.folder.path().join(format!("lines/{line}"));
        let opened = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(file);
        let level: &[u8] = if high { b"1" } else { b"0" };
        opened
            .and_then(|file| file.write_all_at(level, 0))
            .expect("the level is put");
    }

    fn arrange(&self, file: &str, target: &str) {
        let draft = self.folder.path().join("arranged");
        std::fs::write(&draft, target).expect("written");
        std::fs::rename(draft, self.folder.path().join(file)).expect("arranged");
    }
}

/// How the board stands after all this.
pub fn state_after(log: &[At]) -> State {
    let mut state = State::default();
    let mut widths = BTreeMap::new();
    for At { what, .. } in log {
        match *what {
            Driven::Line(line, high) => {
                state.levels.insert(line, high);
            }
            Driven::Duty(channel, width) => {
                widths.insert(channel, width);
                if let Some(Some(pulse)) = state.pulses.get_mut(&channel) {
                    *pulse = width;
                }
            }
            Driven::Enabled(channel, on) => {
                let width = widths.get(&channel).copied().unwrap_or(0);
                state.pulses.insert(channel, on.then_some(width));
            }
            _ => {}
        }
    }
    state
}

/// A line of the log: `12345678 line 17 1`, `12345678 pwm 0/1 duty 1500000`.
fn parsed(line: &str) -> At {
    let words: Vec<&str> = line.split(' ').collect();
    let number = |word: &str| word.parse::<u32>().expect("a number");
    let micros = words[0].parse().expect("a time");
    let [kind, which, ref told @ ..] = words[1..] else {
        panic!("the board's log says {line:?}");
    };
    let arranged = |told: &str| Driven::Arranged(format!("{kind} {which}"), told.to_owned());
    let what = match (kind, told) {
        (_, [told @ ("hangs" | "fails")]) => arranged(told),
        ("line", ["taken"]) => Driven::Taken(number(which) as u8),
        ("line", ["freed"]) => Driven::Freed(number(which) as u8),
        ("line", [level]) => Driven::Line(number(which) as u8, *level == "1"),
        ("pwm", [setting @ ("duty" | "enable"), value]) => {
            let (_, channel) = which.split_once('/').expect("chip/channel");
            match *setting {
                "duty" => Driven::Duty(number(channel) as u8, number(value) / 1_000),
                _ => Driven::Enabled(number(channel) as u8, *value == "1"),
            }
        }
        _ => Driven::Other(words[1..].join(" ")),
    };
    let at = Duration::from_micros(micros);
    At { at, what }
}

/// The library, built once for this test program.
fn library() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let library = folder.join("fake-board.so");
        // Several test programs may build it at a time; each puts a whole one in place.
        let draft = folder.join(format!("fake-board-{}.so", std::process::id()));
        let sources = ["preload.c", "folder.c", "lines.c", "pwm.c"];
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
        let built = Command::new(&compiler)
            .args([
                "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o",
            ])
            .arg(&draft)
            .args(sources.map(|name| root().join("tests/board").join(name)))
            .status();
        let built =
            built.unwrap_or_else(|error| panic!("{compiler} links Rust's programs: {error}"));
        assert!(built.success(), "the fake board does not compile");
        std::fs::rename(&draft, &library).expect("put in place");
        library
    })
}
