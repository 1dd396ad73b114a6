//! On what a network is computed.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use super::int8::Backend;

/// On what a network is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compute {
    /// The kernels for quantised layers; `None` leaves all layers to tract, which is there to be
    /// compared with.
    pub backend: Option<Backend>,
    /// How many threads share the work of a quantised layer.
    pub threads: NonZeroUsize,
}

/// Beyond four threads the layers of these networks are too small to share, and no Pi has more cores.
const MOST_CORES: NonZeroUsize = NonZeroUsize::new(4).expect("four is not zero");

impl Compute {
    /// The fastest kernels that this processor has, on `threads`, or else on all cores up to four.
    #[must_use]
    pub fn best(threads: Option<NonZeroUsize>) -> Self {
        let cores =
            || available_parallelism().map_or(NonZeroUsize::MIN, |cores| cores.min(MOST_CORES));
        Self {
            backend: Some(Backend::best()),
            threads: threads.unwrap_or_else(cores),
        }
    }
}
