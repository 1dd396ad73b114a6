//! What an import did, in numbers.

use std::collections::BTreeMap;
use std::fmt;

use super::Reason;

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Pictures that came in.
    pub kept: usize,
    /// Pictures that were there before.
    pub there_before: usize,
    /// Pictures that an earlier import left out for good.
    pub left_out_before: usize,
    /// Pictures that were left out now, by reason.
    pub left_out: BTreeMap<Reason, usize>,
}

impl Summary {
    /// Counts a picture that was left out.
    pub fn leave_out(&mut self, reason: Reason) {
        *self.left_out.entry(reason).or_default() += 1;
    }

    /// Pictures that another try may bring.
    #[must_use]
    pub fn worth_another_try(&self) -> usize {
        self.left_out
            .iter()
            .filter(|(reason, _)| reason.passes())
            .map(|(_, count)| count)
            .sum()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} pictures came in", self.kept)?;
        if self.there_before > 0 {
            writeln!(f, "{} were there before", self.there_before)?;
        }
        if self.left_out_before > 0 {
            let count = self.left_out_before;
            writeln!(
                f,
                "{count} were left out before (--retry looks at them again)"
            )?;
        }
        for (reason, count) in &self.left_out {
            writeln!(f, "{count} left out: {}", reason.words())?;
        }
        match self.worth_another_try() {
            0 => Ok(()),
            count => writeln!(
                f,
                "run the same command again to try {count} of them once more"
            ),
        }
    }
}
