//! The learning rate over a run: one cycle with cosine slopes (Smith & Topin, arXiv 1708.07120).

use serde::{Deserialize, Serialize};

/// One cycle: from `peak / start_divisor` up to `peak`, then down to `peak / end_divisor`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OneCycle {
    /// Highest rate.
    pub peak: f64,
    /// Share of the run spent on the way up, 0..1.
    pub warmup: f64,
    /// The first rate is the peak divided by this.
    pub start_divisor: f64,
    /// The last rate is the peak divided by this.
    pub end_divisor: f64,
}

impl OneCycle {
    /// The rate of step `step` of `steps`.
    #[must_use]
    pub fn rate(&self, step: usize, steps: usize) -> f64 {
        let done = step as f64 / (steps.max(2) - 1) as f64;
        if done < self.warmup {
            cosine(
                self.peak / self.start_divisor,
                self.peak,
                done / self.warmup,
            )
        } else {
            let share = (done - self.warmup) / (1.0 - self.warmup);
            cosine(self.peak, self.peak / self.end_divisor, share)
        }
    }
}

/// From `from` to `to` along half a cosine; `share` runs from 0 to 1.
fn cosine(from: f64, to: f64, share: f64) -> f64 {
    to + (from - to) * (1.0 + (std::f64::consts::PI * share.clamp(0.0, 1.0)).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const CYCLE: OneCycle = OneCycle {
        peak: 1e-3,
        warmup: 0.25,
        start_divisor: 25.0,
        end_divisor: 1e4,
    };

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-12
    }

    #[test]
    fn it_starts_low_peaks_after_the_warm_up_and_ends_at_almost_nothing() {
        assert!(close(CYCLE.rate(0, 101), 4e-5));
        assert!(close(CYCLE.rate(25, 101), 1e-3));
        assert!(close(CYCLE.rate(100, 101), 1e-7));
    }

    #[test]
    fn it_rises_then_falls_without_a_jump() {
        let rates: Vec<f64> = (0..1000).map(|step| CYCLE.rate(step, 1000)).collect();
        let top = rates
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(b.1))
            .unwrap()
            .0;
        assert!(rates[..=top].is_sorted());
        assert!(rates[top..].is_sorted_by(|a, b| a >= b));
        assert!(
            rates
                .windows(2)
                .all(|pair| (pair[0] - pair[1]).abs() < 1e-5)
        );
    }
}
