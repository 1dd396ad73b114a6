//! What all requests share.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;

use super::daemon::Daemon;
use super::links::Links;
use super::names::Names;
use super::sessions::Sessions;
use super::tries::Tries;

/// The page and all behind it.
#[derive(Debug)]
pub(super) struct Site {
    /// Under which names it may be asked for.
    pub names: Names,
    /// Who knows about the bin.
    pub daemon: Daemon,
    /// Who is paired.
    pub sessions: Sessions,
    /// Who is invited.
    pub links: Links,
    /// Who tried to pair.
    pub tries: Tries,
}

/// How a handler takes it.
pub(super) type Shared = State<Arc<Site>>;

/// The two ends of the connection that a request came by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    /// Ours, which the visitor called.
    pub own: SocketAddr,
    /// The visitor's.
    pub peer: SocketAddr,
}
