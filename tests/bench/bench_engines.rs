//! Measures sortd's networks beside those of other engines, on this machine and in instructions.
//!
//! `compare` is the coordinator of `make bench`: it starts one process for each engine and lets one
//! at a time work. `arm-table` writes down what `make bench-arm` counted. Both write into
//! `models/BENCHMARKS.md`. The other subcommands are what they and their scripts start.

mod arm;
mod bundle;
mod compare;
mod contestant;
mod counts;
mod layers;
mod program;
mod report;
mod serve;
mod table;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sortd::classify::{Backend, Compute};
use sortd::error::Result;

/// The bench of sortd's engine.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure all engines on this machine and write the table.
    Compare(compare::Args),
    /// Write the table of counted aarch64 instructions.
    ArmTable(arm::Args),
    /// Answer each line `run K` with the nanoseconds of K inferences.
    Serve(Network),
    /// Run inferences with a call of getppid(2) before and after each, for a counter to see.
    Count {
        #[command(flatten)]
        network: Network,
        /// How many.
        #[arg(long, default_value_t = 3)]
        times: u32,
    },
    /// Name the layers of a network, and run each between two such calls.
    Layers(Network),
    /// Write the bundle that is measured for a model.
    Bundle {
        /// The ONNX file.
        model: PathBuf,
        /// The folder to make.
        folder: PathBuf,
    },
    /// List the backends that this processor can run, the slowest first.
    Backends,
    /// Run a program once and print the nanoseconds that it took and the kilobytes that it needed.
    Once {
        /// The program and its arguments.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
}

/// A network and on what it is computed.
#[derive(Debug, clap::Args)]
struct Network {
    /// An ONNX file, or a bundle's folder.
    model: PathBuf,
    /// A backend's name, or `none` for stock tract.
    #[arg(long, value_parser = backend)]
    backend: Choice,
    /// How many threads share a layer's work.
    #[arg(long, default_value = "1")]
    threads: NonZeroUsize,
}

/// A backend, or none. It is a type of its own because clap takes an `Option` for an argument that
/// may be left out.
#[derive(Debug, Clone, Copy)]
struct Choice(Option<Backend>);

fn backend(name: &str) -> std::result::Result<Choice, String> {
    if name == "none" {
        return Ok(Choice(None));
    }
    let backend: Backend = name.parse()?;
    if backend.runs_here() {
        Ok(Choice(Some(backend)))
    } else {
        Err(format!("this processor cannot run {backend}"))
    }
}

impl Network {
    fn compute(&self) -> Compute {
        Compute {
            backend: self.backend.0,
            threads: self.threads,
        }
    }
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::from(error.kind().exit_code())
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Compare(args) => compare::compare(&args),
        Command::ArmTable(args) => arm::write_table(&args),
        Command::Serve(network) => serve::serve(&network.model, network.compute()),
        Command::Count { network, times } => serve::count(&network.model, network.compute(), times),
        Command::Layers(network) => serve::layers(&network.model, network.compute()),
        Command::Bundle { model, folder } => bundle::write(&model, &folder),
        Command::Backends => {
            for backend in Backend::available() {
                println!("{backend}");
            }
            Ok(())
        }
        Command::Once { command } => {
            println!("{}", program::once(&command)?);
            Ok(())
        }
    }
}
