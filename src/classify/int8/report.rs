//! Which layers run on the integer kernels, and which do not.

use super::kernels::Backend;

/// A layer of a network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layer {
    /// Its name in the file.
    pub name: String,
    /// What it does.
    pub operator: String,
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

    /// The share of a quantised network's multiply-adds that have no integer kernel; 0 where nothing is
    /// quantised.
    #[must_use]
    pub fn share_left_to_tract(&self) -> f64 {
        let [covered, left] = self.macs();
        if covered == 0 {
            return 0.0;
        }
        left as f64 / (covered + left) as f64
    }
}
