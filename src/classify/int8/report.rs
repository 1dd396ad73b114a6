//! Which layers run on the integer kernels, and which do not.

use std::fmt;

use super::kernels::Backend;

/// Layers that do the same kind of work, and so can be held against the same limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LayerKind {
    /// A convolution that sees one pixel at a time, of a map with more than one.
    Pointwise,
    /// A convolution in which each channel sees only itself.
    Depthwise,
    /// A convolution of a single pixel.
    Dense,
    /// Any other convolution.
    Convolution,
    /// No convolution.
    #[default]
    Other,
}

impl fmt::Display for LayerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pointwise => "pointwise",
            Self::Depthwise => "depthwise",
            Self::Dense => "dense",
            Self::Convolution => "convolution",
            Self::Other => "other",
        })
    }
}

/// A layer of a network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layer {
    /// Its name in the file.
    pub name: String,
    /// What it does.
    pub operator: String,
    /// What kind of work that is.
    pub kind: LayerKind,
    /// How many products each of its outputs sums up; 0 where that cannot be told.
    pub fan_in: usize,
    /// Its multiply-adds; 0 where it has none, or they cannot be told.
    pub macs: usize,
}

/// Which layers run on which kernels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The integer kernels.
    pub backend: Backend,
    /// Layers that run on them.
    pub covered: Vec<Layer>,
    /// Layers that tract runs, with the reason where there is one.
    pub left_to_tract: Vec<(Layer, String)>,
}

impl Coverage {
    pub(super) fn new(backend: Backend) -> Self {
        Self {
            backend,
            covered: Vec::new(),
            left_to_tract: Vec::new(),
        }
    }

    /// Whether any multiply-add runs on the integer kernels.
    #[must_use]
    pub fn any(&self) -> bool {
        self.covered.iter().any(|layer| layer.macs > 0)
    }

    /// Multiply-adds on the integer kernels, and on tract.
    #[must_use]
    pub fn macs(&self) -> [usize; 2] {
        [
            self.covered.iter().map(|layer| layer.macs).sum(),
            self.left_to_tract.iter().map(|(layer, _)| layer.macs).sum(),
        ]
    }

    /// Whether the network is quantised, be it in a way that no kernel covers.
    #[must_use]
    pub fn is_quantised(&self) -> bool {
        let uncovered = |(_, reason): &(Layer, String)| !reason.is_empty();
        !self.covered.is_empty() || self.left_to_tract.iter().any(uncovered)
    }

    /// The share of a quantised network's multiply-adds that have no integer kernel; 0 where nothing is
    /// quantised.
    #[must_use]
    pub fn share_left_to_tract(&self) -> f64 {
        let [covered, left] = self.macs();
        if !self.is_quantised() || covered + left == 0 {
            return 0.0;
        }
        left as f64 / (covered + left) as f64
    }

    /// Why the layer that costs most of those left to tract has no integer kernel.
    #[must_use]
    pub fn costliest_reason(&self) -> Option<&str> {
        let told = self
            .left_to_tract
            .iter()
            .filter(|(_, reason)| !reason.is_empty());
        let costliest = told.max_by_key(|(layer, _)| layer.macs);
        costliest.map(|(_, reason)| &**reason)
    }
}
