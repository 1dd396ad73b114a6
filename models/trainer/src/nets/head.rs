//! What follows the last map: the vector that describes the item, and the classes' logits.

use serde::{Deserialize, Serialize};
use sortd::error::Result;

use super::plan::{Builder, Layer, Norm, Plan};

/// How many numbers the embedding head gives.
const EMBEDDING: usize = 128;

/// How a network ends. In both, what the classifier reads is the network's embedding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// The mean of each channel, then a dense layer with a bias (Howard et al. 2017).
    Classic,
    /// The mean of each channel, dropout (keep 0.4), a dense layer of 128 numbers without bias and
    /// batch normalisation without scale, then the classifier: the public re-implementation's head.
    Embedding,
}

impl Head {
    /// Ends a plan behind the map at `from`.
    ///
    /// # Errors
    /// A layer of the plan does not fit.
    pub(super) fn end(self, mut builder: Builder, from: usize, classes: usize) -> Result<Plan> {
        builder.stage("head");
        let mean = builder.add("mean", vec![from], Layer::Mean);
        let embedding = match self {
            Self::Classic => mean,
            Self::Embedding => {
                let dropped = builder.add("dropout", vec![mean], Layer::Dropout { share: 0.6 });
                builder.dense("embedding", dropped, EMBEDDING, Norm::BatchWithoutScale)
            }
        };
        let logits = builder.dense("logits", embedding, classes, Norm::Bias);
        builder.finish(embedding, logits)
    }
}
