//! Whether the daemon's engine answers what the trainer answers.

use std::path::PathBuf;

use serde::Serialize;
use sortd::error::{Error, Result};

use crate::answers::Answers;
use crate::data::photo::Squeezed;
use crate::deploy::Deployed;
use crate::metrics::best;

/// How far apart two answers may be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Margin {
    /// So many quantisation steps of the logits and of the embedding.
    Steps {
        /// The scale of the logits.
        logits: f32,
        /// The scale of the embedding.
        embedding: f32,
    },
    /// A share of the largest logit or value of the embedding: the rounding of sums of real numbers.
    Share,
}

/// The largest difference in quantisation steps that is allowed.
const STEPS: f32 = 1.0;
/// The largest difference of real numbers, as a share of the largest number of the answer, or of 1
/// where that is less.
pub const SHARE: f32 = 1e-3;

/// How two engines' answers to some photographs compare.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Parity {
    /// Photographs compared.
    pub images: usize,
    /// Those on which both put the same class first.
    pub same_answer: usize,
    /// The largest difference of a logit, in steps or as a share.
    pub logits: f32,
    /// The largest difference of a value of the embedding, in steps or as a share.
    pub embedding: f32,
    /// What the differences are counted in.
    pub margin: Margin,
    /// The first photograph on which they differ by more than is allowed, or put another class first.
    pub odd: Option<PathBuf>,
}

impl Parity {
    /// Compares what two engines answer to the same photographs.
    #[must_use]
    pub fn of(margin: Margin, photos: &[Squeezed], ours: &Answers, theirs: &Answers) -> Self {
        let mut parity = Self {
            images: photos.len(),
            same_answer: 0,
            logits: 0.0,
            embedding: 0.0,
            margin,
            odd: None,
        };
        let rows = |answers: &Answers, place: usize| {
            let row = |rows: &[Vec<f32>]| rows.get(place).cloned().unwrap_or_default();
            (row(&answers.logits), row(&answers.embeddings))
        };
        for (place, photo) in photos.iter().enumerate() {
            let (logits, embedding) = rows(ours, place);
            let (their_logits, their_embedding) = rows(theirs, place);
            let logits_apart = margin.apart(&logits, &their_logits, true);
            let embedding_apart = margin.apart(&embedding, &their_embedding, false);
            let same = best(&logits) == best(&their_logits);
            parity.same_answer += usize::from(same);
            // What is no number is larger than everything.
            let larger = |a: f32, b: f32| if a.total_cmp(&b).is_lt() { b } else { a };
            parity.logits = larger(parity.logits, logits_apart);
            parity.embedding = larger(parity.embedding, embedding_apart);
            // Asked this way round, a difference that is not a number is not allowed.
            let close = logits_apart <= margin.most() && embedding_apart <= margin.most();
            if !(same && close) {
                parity.odd.get_or_insert_with(|| photo.path.clone());
            }
        }
        parity
    }

    /// Whether all answers are as near as they must be, and all first classes the same.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.odd.is_none()
    }

    /// Makes sure that [`Self::holds`].
    ///
    /// # Errors
    /// It does not; the error names the first photograph for which it does not.
    pub fn require(&self) -> Result<()> {
        let Some(odd) = &self.odd else {
            return Ok(());
        };
        Err(Error::data(format!(
            "the daemon's engine and the trainer disagree on {}: {self}",
            odd.display()
        ))
        .advice("either the bundle is of other weights, or this is a defect of the exporter or of a kernel: do not use it"))
    }
}

impl std::fmt::Display for Parity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            images,
            same_answer,
            logits,
            embedding,
            ..
        } = self;
        let unit = match self.margin {
            Margin::Steps { .. } => "quantisation steps",
            Margin::Share => "of the largest number",
        };
        write!(
            out,
            "{same_answer} of {images} first classes are the same; logits differ by at most {logits} {unit}, embeddings by {embedding}"
        )
    }
}

impl Margin {
    /// How far the answers of two engines with this network may be apart.
    #[must_use]
    pub fn of(network: &Deployed) -> Self {
        let scale = |place| network.bytes(place).map(|quantisation| quantisation.scale);
        match (scale(network.plan.logits), scale(network.plan.embedding)) {
            (Some(logits), Some(embedding)) => Self::Steps { logits, embedding },
            _ => Self::Share,
        }
    }

    const fn most(self) -> f32 {
        match self {
            Self::Steps { .. } => STEPS,
            Self::Share => SHARE,
        }
    }

    /// The largest difference of two numbers at the same place; no number where lengths differ.
    fn apart(self, ours: &[f32], theirs: &[f32], are_logits: bool) -> f32 {
        if ours.len() != theirs.len() {
            return f32::NAN;
        }
        let pairs = ours.iter().zip(theirs);
        let differences = pairs.map(|(ours, theirs)| (ours - theirs).abs());
        let largest = differences.max_by(f32::total_cmp).unwrap_or(0.0);
        match self {
            // Both are whole multiples of the scale, so that what is left of a division is rounding.
            Self::Steps { logits, embedding } => {
                (largest / if are_logits { logits } else { embedding }).round()
            }
            Self::Share => {
                let size = ours.iter().map(|number| number.abs()).fold(1.0, f32::max);
                largest / size
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(ours: &[f32], theirs: &[f32]) -> Parity {
        let photo = Squeezed {
            pixels: vec![],
            label: 0,
            path: PathBuf::from("some.jpg"),
        };
        let [ours, theirs] = [ours, theirs].map(|row| Answers {
            logits: vec![row.to_vec()],
            embeddings: vec![vec![]],
        });
        let margin = Margin::Steps {
            logits: 0.5,
            embedding: 1.0,
        };
        Parity::of(margin, &[photo], &ours, &theirs)
    }

    #[test]
    fn one_step_is_allowed_and_two_are_not() {
        assert!(compared(&[1.0, 3.0], &[1.5, 3.0]).holds());
        let error = compared(&[1.0, 3.0], &[2.0, 3.0]).require().unwrap_err();
        assert!(error.to_string().contains("some.jpg"), "{error}");
    }

    #[test]
    fn another_first_class_and_what_is_no_number_are_not_allowed() {
        assert!(!compared(&[1.0, 1.5], &[1.0, 1.0]).holds());
        assert!(!compared(&[1.0, f32::NAN], &[1.0, 1.0]).holds());
        assert!(!compared(&[1.0, 2.0], &[1.0]).holds());
    }
}
