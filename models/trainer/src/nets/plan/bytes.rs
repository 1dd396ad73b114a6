//! Which feature maps of a plan are bytes of their own once it is quantised.

use super::{Layer, Plan};

impl Plan {
    /// Whether the result of the node at `place` is a quantised feature map of its own. Shuffles, enlargements
    /// and dropout pass on the bytes that they are given; between the two halves of an attention the
    /// engine keeps real numbers.
    #[must_use]
    pub fn is_quantised(&self, place: usize) -> bool {
        match self.nodes[place].layer {
            Layer::Picture
            | Layer::Conv(_)
            | Layer::Sum { .. }
            | Layer::SpatialAttention { .. }
            | Layer::Mean => true,
            Layer::ChannelAttention(_) => !self.readers(place).iter().all(|&reader| {
                matches!(
                    self.nodes[reader].layer,
                    Layer::SpatialAttention { .. } | Layer::Mean
                )
            }),
            Layer::Shuffle { .. } | Layer::Enlarge { .. } | Layer::Dropout { .. } => false,
        }
    }

    /// The node whose bytes the node at `place` gives: itself, or the one that it passes on.
    #[must_use]
    pub fn bytes_of(&self, place: usize) -> usize {
        match self.nodes[place].layer {
            Layer::Shuffle { .. } | Layer::Enlarge { .. } | Layer::Dropout { .. } => {
                self.bytes_of(self.nodes[place].inputs[0])
            }
            _ => place,
        }
    }
}
