//! What a whole run of a program costs: time and memory.
//!
//! The kernel tells a process only the largest of its children, so each run has a process of its own
//! in between: `bench_engines once`. What that one holds when it starts the program counts too, a few
//! megabytes, so nothing smaller is ever seen.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use sortd::error::{Error, Result};

use crate::table::median;

/// How often a program is run for a median.
pub const RUNS: usize = 7;

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// From the start to the end.
    pub time: Duration,
    /// The most memory that it held, in kilobytes of 1024 bytes.
    pub memory: u64,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.time.as_nanos(), self.memory)
    }
}

impl FromStr for Run {
    type Err = ();

    fn from_str(line: &str) -> std::result::Result<Self, ()> {
        let (nanos, memory) = line.trim().split_once(' ').ok_or(())?;
        Ok(Self {
            time: Duration::from_nanos(nanos.parse().map_err(|_| ())?),
            memory: memory.parse().map_err(|_| ())?,
        })
    }
}

/// Runs a command as this process's only child.
pub fn once(command: &[String]) -> Result<Run> {
    let failed = || {
        Error::unavailable(format!("`{}` failed", command.join(" ")))
            .advice("run it by hand to see why")
    };
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| Error::usage("a program is missing; name one"))?;
    let start = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| failed().caused_by(error))?;
    let time = start.elapsed();
    if !status.success() {
        return Err(failed().caused_by(status.to_string()));
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|error| Error::internal("the kernel tells no usage").caused_by(error))?;
    Ok(Run {
        time,
        memory: u64::try_from(usage.max_rss()).unwrap_or_default(),
    })
}

/// The medians over some runs of each command, in turns.
pub fn medians(commands: &[Vec<String>]) -> Result<Vec<Run>> {
    let mut runs = vec![Vec::with_capacity(RUNS); commands.len()];
    for _ in 0..RUNS {
        for (command, runs) in commands.iter().zip(&mut runs) {
            runs.push(in_between(command)?);
        }
    }
    let of = |runs: &[Run]| Run {
        time: median(runs.iter().map(|run| run.time)),
        memory: median(runs.iter().map(|run| run.memory)),
    };
    Ok(runs.iter().map(|runs| of(runs)).collect())
}

fn in_between(command: &[String]) -> Result<Run> {
    let failed = || Error::internal("a program cannot be measured");
    let output = Command::new(own_program()?)
        .arg("once")
        .args(command)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed().caused_by(error))?;
    String::from_utf8_lossy(&output.stdout)
        .parse()
        .map_err(|()| failed().advice("see the reason above"))
}

/// The path of this program.
pub fn own_program() -> Result<std::path::PathBuf> {
    std::env::current_exe()
        .map_err(|error| Error::internal("this program does not know its path").caused_by(error))
}

/// The command that classifies a bundle's own picture with the real program.
pub fn classify(sortd: &Path, bundle: &Path) -> Vec<String> {
    let text = |path: &Path| path.display().to_string();
    vec![
        text(sortd),
        "classify".into(),
        "--model".into(),
        text(bundle),
        text(&bundle.join(crate::bundle::PICTURE)),
    ]
}
