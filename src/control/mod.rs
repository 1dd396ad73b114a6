//! The control socket: what may be asked of a running daemon, how it answers, and how it is asked.
//!
//! One JSON object a line, as `docs/protocol.md` tells. The daemon serves two sockets, *control* for whoever looks after the
//! bin and *watch* for whoever may only see how it does; systemd passes both, or the daemon makes them itself. The server
//! runs beside the loop and never holds it up: what it answers are copies of values, what it orders are places that the
//! loop looks at.
//!
//! Terms: a *request* has a number and gets one *reply* with the same; a *stream* is what follows the reply to `events`.

pub mod client;
mod configs;
mod desk;
mod lines;
mod listen;
pub mod memory;
pub mod protocol;
mod replies;
mod server;
mod session;

pub use configs::GoBack;
pub use desk::{Answered, ConfigWish, Desk, Nothing, Shown, To, Wish};
pub use listen::Listeners;
pub use server::serve;
