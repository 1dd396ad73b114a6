//! What follows the last feature map: the vector that describes the item, and the classes' logits.

use serde::{Deserialize, Serialize};
use sortd::error::Result;

use super::plan::{Builder, Layer, Norm, Plan};

/// Dimensions of the embedding head's embedding.
const EMBEDDING: usize = 128;

/// Dimensions of the features head's embedding.
const FEATURES: usize = 256;

/// How a network ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// The mean of each channel, then a dense layer with a bias (Howard et al. 2017).
    Classic,
    /// The mean of each channel, dropout (keep 0.4), a dense layer of 128 units without bias and
    /// batch normalisation without scale, then the classifier: the public re-implementation's head.
    Embedding,
    /// The mean of each channel, which two dense layers with biases read: one of 256 units, the embedding, which is
    /// trained to predict the features of another network (feature distillation), and behind dropout (keep 0.8) the classifier.
    Features,
}

impl Head {
    /// Ends a plan behind the feature map at `from`.
    ///
    /// # Errors
    /// A layer of the plan does not fit.
    pub(super) fn end(self, mut builder: Builder, from: usize, classes: usize) -> Result<Plan> {
        builder.stage("head");
        let mean = builder.add("mean", vec![from], Layer::Mean);
        let (embedding, read) = match self {
            Self::Classic => (mean, mean),
            Self::Embedding => {
                let dropped = builder.add("dropout", vec![mean], Layer::Dropout { share: 0.6 });
                let embedding =
                    builder.dense("embedding", dropped, EMBEDDING, Norm::BatchWithoutScale);
                (embedding, embedding)
            }
            Self::Features => {
                let embedding = builder.dense("embedding", mean, FEATURES, Norm::Bias);
                let dropped = builder.add("dropout", vec![mean], Layer::Dropout { share: 0.2 });
                (embedding, dropped)
            }
        };
        let logits = builder.dense("logits", read, classes, Norm::Bias);
        builder.finish(embedding, logits)
    }
}
