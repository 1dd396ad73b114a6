//! The engines that are compared, each in a process of its own.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use sortd::classify::Backend;
use sortd::error::{Error, Result};

use crate::program::own_program;

/// A network of `../shared/bench-models` and what is asked of sortd with it.
pub struct BenchModel {
    /// How tables name it.
    pub title: &'static str,
    /// The ONNX files' names begin with it.
    pub onnx: &'static str,
    /// The LiteRT files' names begin with it, where there are any.
    pub tflite: Option<&'static str>,
    /// The ratio of sortd's median to the fastest peer's that sortd must reach.
    pub needed: f64,
    /// The most memory of a process that classifies one picture, in megabytes, where it is limited.
    pub memory: Option<f64>,
}

/// The networks, with the bars of the project.
pub const MODELS: [BenchModel; 3] = [
    BenchModel {
        title: "0.25 @128",
        onnx: "mb25_128",
        tflite: Some("tfmb25_128"),
        needed: 1.0,
        memory: Some(20.0),
    },
    BenchModel {
        title: "1.0 @224",
        onnx: "mb100_224",
        tflite: Some("tfmb100_224"),
        needed: 1.0,
        memory: None,
    },
    BenchModel {
        title: "0.25+CBAM @224",
        onnx: "mbcbam25_224",
        tflite: None,
        needed: 0.8,
        memory: None,
    },
];

impl BenchModel {
    /// The float network that tract and ONNX Runtime run.
    pub fn float(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}_f32.onnx", self.onnx))
    }

    /// The quantised network that sortd and stock tract run.
    pub fn quantised(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}_qopr_s8asym_pc.onnx", self.onnx))
    }

    /// The peers' files, each with the engine's name. ONNX Runtime is given the quantisation that it
    /// is fast with.
    fn peers(&self, folder: &Path) -> Vec<(&'static str, PathBuf)> {
        let mut files = vec![
            ("ONNX Runtime, f32", self.float(folder)),
            (
                "ONNX Runtime, int8",
                folder.join(format!("{}_qop_u8_pc.onnx", self.onnx)),
            ),
        ];
        if let Some(name) = self.tflite {
            files.push(("LiteRT, f32", folder.join(format!("{name}_f32.tflite"))));
            files.push(("LiteRT, int8", folder.join(format!("{name}_i8pc.tflite"))));
        }
        files
    }
}

/// What an engine is in the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// sortd with kernels of its own.
    Sortd {
        /// Which.
        backend: Backend,
        /// On how many threads.
        threads: u8,
    },
    /// tract alone, which is no peer: nobody chooses it for a quantised network.
    Stock,
    /// What a Pi user would otherwise pick.
    Peer,
}

/// An engine with a network.
#[derive(Debug)]
pub struct Contestant {
    /// How tables name it.
    pub name: String,
    /// What it is.
    pub role: Role,
    program: OsString,
    arguments: Vec<OsString>,
}

/// Where everything lies.
#[derive(Debug)]
pub struct Places<'a> {
    /// The bench models.
    pub models: &'a Path,
    /// The Python that has the peers, if there is one.
    pub python: Option<&'a Path>,
    /// `peers.py`.
    pub peers: &'a Path,
}

/// The bundles of a model.
#[derive(Debug)]
pub struct Bundles {
    /// Of the float network.
    pub float: PathBuf,
    /// Of the quantised one.
    pub quantised: PathBuf,
}

/// All engines for a model.
pub fn contestants(
    model: &BenchModel,
    bundles: &Bundles,
    places: &Places,
) -> Result<Vec<Contestant>> {
    let own = OsString::from(own_program()?);
    let serve = |name: String, role, bundle: &Path, backend: &str, threads: u8| Contestant {
        name,
        role,
        program: own.clone(),
        arguments: vec![
            "serve".into(),
            bundle.into(),
            format!("--backend={backend}").into(),
            format!("--threads={threads}").into(),
        ],
    };
    let sortd = |backend: Backend, threads: u8| {
        let on = if threads == 1 { "" } else { ", 2 threads" };
        serve(
            format!("sortd, {backend}{on}"),
            Role::Sortd { backend, threads },
            &bundles.quantised,
            backend.name(),
            threads,
        )
    };
    let mut all = vec![sortd(Backend::best(), 2)];
    all.extend(Backend::available().rev().map(|backend| sortd(backend, 1)));
    let stock = |name: &str, bundle: &Path| {
        serve(
            format!("stock tract, {name}"),
            Role::Stock,
            bundle,
            "none",
            1,
        )
    };
    all.push(stock("f32", &bundles.float));
    all.push(stock("int8", &bundles.quantised));
    if let Some(python) = places.python {
        all.extend(
            model
                .peers(places.models)
                .into_iter()
                .map(|(name, file)| Contestant {
                    name: name.into(),
                    role: Role::Peer,
                    program: python.into(),
                    arguments: vec![places.peers.into(), "serve".into(), file.into()],
                }),
        );
    }
    Ok(all)
}

/// A contestant's process that is ready to run.
#[derive(Debug)]
pub struct Running {
    process: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    name: String,
    /// What the engine calls itself, with its version.
    pub engine: String,
    /// From the start of the process to its first result.
    pub started: Duration,
}

impl Running {
    /// Starts the process and waits for its first result.
    pub fn start(contestant: &Contestant) -> Result<Self> {
        let failed = || Error::unavailable(format!("{} does not start", contestant.name));
        let start = Instant::now();
        let mut process = Command::new(&contestant.program)
            .args(&contestant.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // LiteRT tells of each start there.
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed().caused_by(error))?;
        let commands = process.stdin.take();
        let answers = process.stdout.take().expect("the output is piped");
        let mut running = Self {
            process,
            commands,
            answers: BufReader::new(answers),
            name: contestant.name.clone(),
            engine: String::new(),
            started: Duration::ZERO,
        };
        let said = running.answer()?;
        running.started = start.elapsed();
        running.engine = said
            .strip_prefix("ready ")
            .ok_or_else(|| failed().advice(format!("run it by hand to see why: {contestant}")))?
            .trim()
            .into();
        Ok(running)
    }

    /// Lets it run `times` times and returns the nanoseconds.
    pub fn run(&mut self, times: u32) -> Result<Vec<u64>> {
        let gone = || Error::unavailable(format!("{} has gone", self.name));
        let commands = self.commands.as_mut().ok_or_else(gone)?;
        writeln!(commands, "run {times}").map_err(|error| gone().caused_by(error))?;
        let answer = self.answer()?;
        let nanos: Vec<u64> = answer
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        if nanos.len() == times as usize {
            Ok(nanos)
        } else {
            Err(Error::unavailable(format!(
                "{} answered \"{}\" instead of {times} times",
                self.name,
                answer.trim()
            )))
        }
    }

    /// The most memory that it ever held (`VmHWM` in proc(5)), in kilobytes of 1024 bytes.
    pub fn peak_memory(&self) -> Option<u64> {
        let status = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(status).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    }

    fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|error| {
            Error::unavailable(format!("{} is silent", self.name)).caused_by(error)
        })?;
        Ok(line)
    }
}

impl Drop for Running {
    /// Ends the process: it ends with its input.
    fn drop(&mut self) {
        self.commands = None;
        if let Err(error) = self.process.wait() {
            eprintln!("bench: {} does not end: {error}", self.name);
        }
    }
}

impl std::fmt::Display for Contestant {
    /// The command line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.program.display())?;
        for argument in &self.arguments {
            write!(f, " {}", argument.display())?;
        }
        Ok(())
    }
}
