//! The thin binary: arguments in, exit status out.

use std::process::ExitCode;

use clap::Parser;
use sortd::cli::{self, Cli};

fn main() -> ExitCode {
    cli::main(&Cli::parse())
}
