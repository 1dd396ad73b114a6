//! What the network says of the item in the zone, bin by bin, for whoever asks how the bin is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Config;
use crate::decide::{BinId, BinScores};

/// The latest votes; all clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Votes {
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug, Default)]
struct Inside {
    bins: Arc<[String]>,
    said: Option<BinScores>,
}

impl Votes {
    /// From now on votes are for the bins of this configuration.
    pub fn set_bins(&self, config: &Config) {
        let names = config.bins.iter().map(|bin| bin.name.value.clone());
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.bins = names.collect();
        inside.said = None;
    }

    /// What the looks at the item say; none where the last picture was not judged.
    pub fn set(&self, said: Option<BinScores>) {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.said = said;
    }

    /// The confidence in each bin.
    pub fn by_bin(&self) -> Option<BTreeMap<String, f32>> {
        let (bins, said) = {
            let inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
            (Arc::clone(&inside.bins), inside.said)
        };
        let said = said?;
        let names = bins.iter().enumerate();
        let votes = names.map(|(place, name)| (name.clone(), said.of(BinId(place)).value()));
        Some(votes.collect())
    }
}
