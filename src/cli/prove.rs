//! `sortd prove`: what a child process does for those who want to know whether a model can be used.
//! People say `sortd model verify`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::output;
use crate::classify::bundle::Bundle;
use crate::classify::{Compute, TractClassifier};
use crate::error::Result;
use crate::pipeline::proof;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Bytes of memory that it may use.
    #[arg(long)]
    memory: u64,
    /// The process that waits for the answer.
    #[arg(long)]
    parent: u32,
    /// Threads that the network works on.
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// Folder of the bundle; left out, the one inside the binary.
    bundle: Option<PathBuf>,
}

/// The answer is the exit status, and an error's text on standard output.
pub(super) fn prove(args: &Args) -> Result<()> {
    let load = || {
        proof::submit(args.memory, args.parent)?;
        let bundle = Bundle::choose(args.bundle.as_deref())?;
        TractClassifier::load(&bundle, Compute::best(args.threads))
    };
    match load() {
        Ok(_) => Ok(()),
        Err(error) => {
            output::line(&error)?;
            Err(error)
        }
    }
}
