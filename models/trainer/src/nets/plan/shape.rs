//! The shape of a feature map.

use serde::{Deserialize, Serialize};

/// Channels and side of a square feature map; a vector has side 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Channels.
    pub channels: usize,
    /// Rows, and columns.
    pub side: usize,
}

impl Shape {
    /// Rows times columns.
    #[must_use]
    pub const fn area(self) -> usize {
        self.side * self.side
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} × {}²", self.channels, self.side)
    }
}
