//! Makes networks smaller: channels cut out ([`spaces`], [`choose`], [`narrow`]), weights set to zero
//! ([`magnitude`]) and what those weigh once they are coded ([`entropy`]).

pub mod choose;
pub mod entropy;
pub mod magnitude;
pub mod narrow;
pub mod spaces;
