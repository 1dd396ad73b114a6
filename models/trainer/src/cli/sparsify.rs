//! `trainer sparsify`.

use std::path::PathBuf;

use clap::Args;
use sortd::error::Result;

use super::Trained;
use super::lesson::{Habits, LessonOptions};
use super::start::Start;
use super::values::share;
use crate::compress::{entropy, magnitude};
use crate::deploy::{Deployed, Weights};
use crate::quantise;
use crate::run_folder::RunFolder;

/// Set the smallest weights of a run's network to zero, more and more while it learns.
///
/// This saves storage and no time: the file shrinks once it is compressed, and every zero is still
/// multiplied. Prints the share of zeros and the coded size of each layer.
#[derive(Debug, Args)]
pub struct Sparsify {
    #[command(flatten)]
    lesson: LessonOptions,

    /// Run whose best weights it starts from
    #[arg(long, value_name = "DIR")]
    from: PathBuf,

    /// Share of zeros in each pruned kernel at the end
    #[arg(long, value_name = "SHARE", default_value_t = 0.8, value_parser = share)]
    zeros: f32,
}

impl Sparsify {
    /// Prunes by magnitude and reports.
    ///
    /// # Errors
    /// The run cannot be read or teaching fails.
    pub fn run(self) -> Result<()> {
        let trained = Trained::open(&self.from, &self.lesson.common)?;
        let description = self.lesson.description(Some(&trained.config))?;
        let start = Start::run(&trained)?;
        let last = f64::from(self.zeros);
        let (run, common) = (self.lesson.run.clone(), self.lesson.common.clone());
        let habits = Habits {
            epochs: 12,
            rate: 5e-4,
        };
        self.lesson.teach(description, &start, habits, |config| {
            config.sparsity = Some(magnitude::Schedule {
                initial: 0.0,
                last,
                begin: 0.0,
                end: 0.6,
                every: 20,
            });
        })?;
        if RunFolder::open(&run)?.best_file().is_file() {
            report(&Trained::open(&run, &common)?);
        }
        Ok(())
    }
}

fn report(trained: &Trained) {
    let plan = trained.network.plan();
    let zeros = magnitude::sparsity(plan, &trained.network.numbers());
    println!(
        "{:<30} {:>9} {:>12} {:>12}",
        "layer", "zeros", "int8 bytes", "coded bytes"
    );
    let (mut uncoded, mut coded) = (0, 0);
    let deployed = Deployed::real(&trained.network);
    let mut shares = zeros.into_iter();
    for (node, weights) in plan.nodes.iter().zip(&deployed.weights) {
        let Weights::Conv { kernel, bias } = weights else {
            continue;
        };
        let share = shares.next().map_or(0.0, |(_, share)| share);
        let steps = quantise::steps(kernel, bias.len()).steps;
        let bytes = entropy::coded_bytes(&steps);
        println!(
            "{:<30} {:>8.1}% {:>12} {bytes:>12}",
            node.name,
            100.0 * share,
            steps.len()
        );
        uncoded += steps.len();
        coded += bytes;
    }
    println!("{:<30} {:>9} {uncoded:>12} {coded:>12}", "all", "");
    println!(
        "Zeros save storage where the file is compressed, and no time: every one is multiplied."
    );
}
