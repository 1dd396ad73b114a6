//! The thin binary: arguments, run, exit status.

use std::process::ExitCode;

use clap::Parser;
use sortd_trainer::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("trainer: {error}");
            ExitCode::from(error.kind().exit_code())
        }
    }
}
