//! PyTorch, doing the same work in a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use sortd::error::{Error, Result};

/// What the process runs.
const SCRIPT: &str = include_str!("../../../bench/torch_step.py");

/// The interpreter that Debian's package is for; one of an active environment would not see it.
const PYTHON: &str = "/usr/bin/python3";

/// The running process. It ends when its input does.
#[derive(Debug)]
pub struct Peer {
    process: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    version: String,
}

impl Peer {
    /// Starts it, if PyTorch is installed.
    ///
    /// # Errors
    /// PyTorch is there and the script fails.
    pub fn start(width: f64, side: u16, batch: u16, threads: usize) -> Result<Option<Self>> {
        let found = Command::new(PYTHON)
            .args(["-c", "import torch"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !found.is_ok_and(|status| status.success()) {
            return Ok(None);
        }
        let mut process = Command::new(PYTHON)
            .args(["-c", SCRIPT])
            .args([width.to_string(), side.to_string()])
            .args([batch.to_string(), threads.to_string()])
            // Its threads would otherwise burn the cores while we are at work.
            .env("OMP_WAIT_POLICY", "passive")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Error::internal(format!("cannot start {PYTHON}")).caused_by(error))?;
        let questions = process.stdin.take();
        let Some(answers) = process.stdout.take() else {
            return Err(Error::internal("PyTorch's process has no output"));
        };
        let mut peer = Self {
            process,
            questions,
            answers: BufReader::new(answers),
            version: String::new(),
        };
        peer.version = peer.line()?;
        Ok(Some(peer))
    }

    /// PyTorch's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Has it take some steps and gives the seconds that they took.
    ///
    /// # Errors
    /// It has ended or answers something else.
    pub fn take_steps(&mut self, steps: u16) -> Result<f64> {
        if let Some(questions) = &mut self.questions {
            writeln!(questions, "{steps}")
                .and_then(|()| questions.flush())
                .map_err(|error| gone().caused_by(error))?;
        }
        let line = self.line()?;
        line.parse()
            .map_err(|_| Error::internal(format!("PyTorch answered `{line}`, not seconds")))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) => Err(gone()),
            Ok(_) => Ok(line.trim().to_owned()),
            Err(error) => Err(gone().caused_by(error)),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Without further questions it ends by itself; its result does not matter any more.
        self.questions = None;
        let _ = self.process.wait();
    }
}

fn gone() -> Error {
    Error::internal("PyTorch ended in the middle of the measurement")
        .advice("what it printed above says why")
}
