//! Proving a model in a child process, which may use so much memory and so much time.
//!
//! What a file makes the libraries ask for does not always show before they ask. A process that gets no
//! more memory ends, and a call that does not end cannot be stopped; so both happen to a child. What has
//! passed there costs the same once more in the process that wants to use it.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::num::NonZeroUsize;
use std::os::unix::fs::FileExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{
    Resource, Rlimit, Signal, getpid, getppid, set_parent_process_death_signal, setrlimit,
};

use crate::error::{Error, Kind, Result};

/// What the daemon may use, as its unit has it (`MemoryMax=` in `systemd/sortd.service`).
pub const MEMORY_OF_THE_DAEMON: u64 = 200 << 20;

/// What the daemon needs of that beside its model: pictures, up to progressive JPEGs of 1920 x 1080 pixels (38 MB
/// in all with a small model), and the pages of the program itself.
const BESIDE_THE_MODEL: u64 = 48 << 20;

/// Longer than the largest network that keeps up with a bin takes on the slowest Pi.
pub const LONGEST: Duration = Duration::from_secs(30);

/// What stays free in the daemon's share while a child works beside it: pictures come and go there.
const SPARE: u64 = 16 << 20;

/// No error is longer, and a library that floods its standard error fills no memory.
const LONGEST_ANSWER: u64 = 1 << 20;

/// How much of a child's last words is told.
const LAST_WORDS: usize = 300;

/// How often the parent looks whether the child has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// What a child may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory.
    pub memory: u64,
    /// Time from its start to its end.
    pub time: Duration,
}

impl Limits {
    /// What the daemon itself may use for its model.
    #[must_use]
    pub const fn of_the_daemon() -> Self {
        Self {
            memory: MEMORY_OF_THE_DAEMON - BESIDE_THE_MODEL,
            time: LONGEST,
        }
    }

    /// What is left of the daemon's share for a child that works beside this process.
    #[must_use]
    pub fn beside_this_process() -> Self {
        let own = fs::read_to_string("/proc/self/status")
            .ok()
            .and_then(|status| own_memory(&status))
            .unwrap_or(0);
        let alone = Self::of_the_daemon();
        let left = MEMORY_OF_THE_DAEMON.saturating_sub(own + SPARE);
        Self {
            memory: alone.memory.min(left),
            ..alone
        }
    }

    /// The same with no more than `time`.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        Self {
            time: self.time.min(time),
            ..self
        }
    }
}

/// The memory that a process alone uses, from its `/proc/PID/status`.
fn own_memory(status: &str) -> Option<u64> {
    let value = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kilobytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

/// Proves the bundle in `folder`, or the one inside the binary, on so many threads: a child builds it and
/// runs its golden cases.
///
/// # Errors
/// As [`TractClassifier::load`](crate::classify::TractClassifier::load); or the child used up its memory
/// or its time, or could not be started.
pub fn prove(folder: Option<&Path>, threads: Option<NonZeroUsize>, limits: &Limits) -> Result<()> {
    let mut command = this_program();
    command.arg("prove").arg("--memory");
    command.arg(limits.memory.to_string());
    command.arg("--parent");
    command.arg(getpid().as_raw_nonzero().to_string());
    if let Some(threads) = threads {
        command.arg("--threads").arg(threads.to_string());
    }
    // A folder's name may begin with a dash.
    command.arg("--").args(folder);
    let name = folder.map_or_else(
        || "the bundle inside the binary".into(),
        |folder| folder.display().to_string(),
    );
    prove_by(command, &name, limits)
}

/// This very program, also where its file was replaced by another version. Where an emulator runs it, the
/// kernel cannot, and who started it names the emulator.
fn this_program() -> Command {
    let emulator = std::env::var("SORTD_TEST_RUNNER");
    if let (Ok(runner), Ok(program)) = (emulator, std::env::current_exe()) {
        let mut words = runner.split(' ');
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).arg(program);
        return command;
    }
    let mut command = Command::new("/proc/self/exe");
    command.arg0("sortd");
    command
}

/// Lets `command` prove what is called `name`.
fn prove_by(command: Command, name: &str, limits: &Limits) -> Result<()> {
    let outcome = run(command, limits.time).map_err(|error| {
        Error::internal(format!("{name}: no process can be started to check it"))
            .caused_by(error)
            .advice("check memory and process limits")
    })?;
    outcome.judge(name, limits)
}

/// How a child ended.
#[derive(Debug)]
struct Outcome {
    /// `None` where its time was over.
    status: Option<ExitStatus>,
    /// Its standard output: the error.
    answer: String,
    /// Its standard error: what libraries and the system said.
    said: String,
}

/// Runs a child to its end, or to the end of its time.
fn run(mut command: Command, time: Duration) -> io::Result<Outcome> {
    // Files in memory do not make the child wait for a reader, nor the reader for what it leaves running.
    let [answer, said] = [memory_file()?, memory_file()?];
    let until = Instant::now() + time;
    let child = command
        .stdin(Stdio::null())
        .stdout(answer.try_clone()?)
        .stderr(said.try_clone()?)
        // What a terminal sends to this process is not for the child.
        .process_group(0)
        .spawn()?;
    let status = wait(child, until)?;
    Ok(Outcome {
        status,
        answer: text(&answer)?,
        said: text(&said)?,
    })
}

fn memory_file() -> io::Result<File> {
    Ok(memfd_create("sortd-prove", MemfdFlags::CLOEXEC)?.into())
}

fn text(file: &File) -> io::Result<String> {
    let length = file.metadata()?.len().min(LONGEST_ANSWER);
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}

/// Waits for the child, and kills it at `until`; it is reaped in either case.
fn wait(child: Child, until: Instant) -> io::Result<Option<ExitStatus>> {
    let mut child = Reaped(child);
    loop {
        if let Some(status) = child.0.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            return Ok(None);
        }
        thread::sleep(PAUSE);
    }
}

/// A child that does not outlive this value.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // Both fail only when the child has been reaped already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Outcome {
    fn judge(self, name: &str, limits: &Limits) -> Result<()> {
        let smaller = "use a model of fewer and smaller layers";
        let Some(status) = self.status else {
            let seconds = limits.time.as_secs_f32();
            return Err(Error::data(format!(
                "{name}: it takes longer than {seconds:.0} s to check"
            ))
            .advice(smaller));
        };
        if status.success() {
            return Ok(());
        }
        let starved = [&self.answer, &self.said].into_iter().any(|text| {
            // The words of Rust's standard library and of tract.
            text.contains("memory allocation of") || text.contains("failed to allocate")
        });
        if starved || status.signal() == Some(Signal::KILL.as_raw()) {
            let megabytes = limits.memory >> 20;
            return Err(Error::data(format!(
                "{name}: it needs more than the {megabytes} MB of memory that sortd may use for it"
            ))
            .advice(smaller));
        }
        let kind = status.code().and_then(Kind::of_exit_code);
        match kind.filter(|_| !self.answer.is_empty()) {
            Some(kind) => Err(Error::new(kind, self.answer)),
            None => Err(
                Error::data(format!("{name}: checking it ended with {status}"))
                    .caused_by(last_words(&self.said))
                    .advice("export the bundle again"),
            ),
        }
    }
}

/// The end of what a child said.
fn last_words(said: &str) -> String {
    let from = said.len().saturating_sub(LAST_WORDS);
    let from = (from..=said.len()).find(|at| said.is_char_boundary(*at));
    said[from.unwrap_or(0)..].to_owned()
}

/// Makes this process one that proves: it uses no more than `memory`, is the first that the kernel ends
/// where memory runs out, and ends with `parent`.
///
/// # Errors
/// The kernel refuses one of the limits.
pub fn submit(memory: u64, parent: u32) -> Result<()> {
    let refused = |error: io::Error| {
        Error::internal("a process that checks a model cannot be limited").caused_by(error)
    };
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| refused(error.into()))?;
    // A parent that ended before has left this process to another.
    let own_parent = getppid().map(|parent| parent.as_raw_nonzero().get());
    if own_parent != i32::try_from(parent).ok() {
        return Err(Error::internal("nobody waits for what was to be checked"));
    }
    // Where the kernel knows no such score, the limits below hold all the same.
    let scored = fs::write("/proc/self/oom_score_adj", "1000");
    scored
        .or_else(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied => Ok(()),
            _ => Err(error),
        })
        .map_err(refused)?;
    for (resource, most) in [
        (Resource::Data, memory),
        (Resource::Fsize, LONGEST_ANSWER),
        (Resource::Core, 0),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).map_err(|error| refused(error.into()))?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
