//! The progress bar: where a run is, how fast it trains, and how long it will take.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::run_folder::EpochRecord;

/// The bar over all steps of a run.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    batch: u64,
}

impl Bar {
    /// A bar for the epochs from `done` to `epochs` of `batches` batches of `batch` photographs. On
    /// something that is not a terminal nothing appears.
    #[must_use]
    pub fn new(done: usize, epochs: usize, batches: usize, batch: usize) -> Self {
        let images = |epochs: usize| (epochs * batches * batch) as u64;
        let bar = ProgressBar::new(images(epochs));
        let style = ProgressStyle::with_template(
            "{bar:30} {percent:>3} % · {per_sec} · {eta} left · loss {msg}",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key(
            "per_sec",
            |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                // A rate that cannot be written is a rate that nobody reads.
                let _ = write!(out, "{:.0} images/s", state.per_sec());
            },
        );
        bar.set_style(style);
        bar.set_position(images(done));
        bar.reset_eta();
        bar.enable_steady_tick(Duration::from_millis(500));
        Self {
            bar,
            batch: batch as u64,
        }
    }

    /// One step was taken.
    pub fn step(&self, loss: f64) {
        self.bar.set_message(format!("{loss:.3}"));
        self.bar.inc(self.batch);
    }

    /// Says above the bar what an epoch of `total` gave; gives the line back where there is no bar.
    #[must_use]
    pub fn epoch_done(&self, record: &EpochRecord, total: usize) -> Option<String> {
        let left = record.seconds * (total - record.epoch) as f64 / 60.0;
        let line = format!(
            "epoch {:>3}/{total}  training: loss {:.3}, {:.1} %  validation: loss {:.3}, {:.1} %  \
             {:.0} images/s, {left:.0} min left",
            record.epoch,
            record.train_loss,
            100.0 * record.train_accuracy,
            record.validation_loss,
            100.0 * record.validation_accuracy,
            record.images_per_second,
        );
        if self.bar.is_hidden() {
            Some(line)
        } else {
            self.bar.println(line);
            None
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
