//! The page for the phone in the hand of whoever looks after the bin: `sortd web`.
//!
//! It answers on sockets that systemd passes, or on those that it is told, and calls nobody but the daemon, over the control
//! socket. What the daemon says is passed on as it is; who may ask for what is judged here, before anything is read or asked.
//! One thread does all of it, and where nobody is connected it does nothing at all.
//!
//! Terms: a *session* is a device that was paired, and its role what it may do; a *visitor* is whoever a request comes from, as
//! far as there is a session; a *link* is an invitation that pairs one device; a *line* is a connection to the daemon, and a
//! *lane* is such a connection with the questions that wait for it.

mod access;
mod arguments;
mod assets;
mod bin;
mod cached;
mod connection;
mod daemon;
mod events;
mod gate;
mod lane;
mod line;
mod links;
mod listen;
mod names;
mod page;
mod patient;
mod refused;
mod role;
mod routes;
mod serving;
mod session_file;
mod sessions;
mod site;
mod tokens;
mod trial;
mod tries;

pub use serving::{Settings, serve};
pub use trial::trial;

#[cfg(test)]
mod access_tests;
#[cfg(test)]
mod arguments_tests;
#[cfg(test)]
mod daemon_tests;
#[cfg(test)]
mod gate_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod stand_in_tests;
