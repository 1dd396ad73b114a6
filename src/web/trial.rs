//! The server without a socket, a daemon and a file, for programs that try it with bytes that nobody wrote.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::sync::watch;

use super::connection::{self, bounds};
use super::daemon::Daemon;
use super::links::Links;
use super::names::Names;
use super::routes::router;
use super::sessions::Sessions;
use super::site::{Ends, Site};
use super::tries::Tries;
use crate::error::{Error, Result};

/// Bytes that are on the way at a time.
const ON_THE_WAY: usize = 64 * 1024;

/// What a visitor reads who sends these bytes to 127.0.0.1:8080 and then nothing more. Nobody is paired, and no daemon runs.
///
/// # Errors
/// The system has no resources to give.
pub fn trial(bytes: &[u8]) -> Result<Vec<u8>> {
    let internal = |error| Error::internal("the trial cannot be made").caused_by(error);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(internal)?.block_on(async {
        let site = Arc::new(Site {
            names: Names::default(),
            daemon: Daemon::at(Path::new("")),
            sessions: Sessions::open(None)?,
            links: Links::default(),
            tries: Tries::default(),
        });
        let ends = Ends {
            own: SocketAddr::from(([127, 0, 0, 1], 8080)),
            peer: SocketAddr::from(([127, 0, 0, 1], 40_000)),
        };
        let ending = watch::Sender::new(false);
        let (ours, theirs) = duplex(ON_THE_WAY);
        // All that was sent is answered, though nothing more comes.
        let mut bounds = bounds();
        bounds.half_close(true);
        let served = connection::serve(&bounds, theirs, ends, router(site), ending.subscribe());
        let (mut reads, mut writes) = tokio::io::split(ours);
        let send = async {
            // A server that has had enough reads no further.
            let _ = writes.write_all(bytes).await;
            let _ = writes.shutdown().await;
        };
        let mut answer = Vec::new();
        let ((), read, ()) = tokio::join!(served, reads.read_to_end(&mut answer), send);
        read.map(|_| answer).map_err(internal)
    })
}
