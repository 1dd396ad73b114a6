//! What may be asked of the memory and what it answers: the types of `stats`, as they stand on the wire.

pub use crate::store::{Counts, Grouping, Query, Row, Stats};
