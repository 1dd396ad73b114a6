//! Changes networks between two runs: channels pruned ([`groups`], [`importance`], [`choose`], [`narrow`]), weights pruned
//! by magnitude ([`magnitude`]) and what those take once they are stored ([`storage`], [`entropy`]), two
//! networks averaged ([`blend`]).

pub mod blend;
pub mod choose;
pub mod entropy;
pub mod groups;
pub mod importance;
pub mod magnitude;
pub mod narrow;
pub mod storage;
