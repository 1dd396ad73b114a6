//! The signals that reach the daemon, as one stream.

use std::future::poll_fn;
use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::control::no_resource;
use crate::error::Result;
use crate::signals;

/// What somebody asks the daemon for by a signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// To end; the signal's name.
    End(String),
    /// To stop until it is told to continue.
    Stop,
    /// To go on: after a stop, or instead of one that has not come yet.
    Continue,
    /// To read its configuration again.
    Reload,
}

/// All signals that are caught; those that end come first.
pub(super) struct Signals(Vec<(Signal, Asked)>);

impl Signals {
    /// Catches every signal that would end or stop the process.
    pub fn catch() -> Result<Self> {
        let ending = signals::ending().map(|kind| (kind, Asked::End(signals::name(kind))));
        let stopping = signals::STOPPING.map(|kind| (kind, Asked::Stop));
        let all = ending
            .chain(stopping)
            .chain([(signals::CONTINUING, Asked::Continue)])
            .chain([(signals::HANGUP, Asked::Reload)]);
        let catch = |(kind, asked)| {
            signal(SignalKind::from_raw(kind))
                .map(|signal| (signal, asked))
                .map_err(|error| no_resource("signal handler", error))
        };
        all.map(catch).collect::<Result<_>>().map(Self)
    }

    /// The next signal; of several that have come, one that ends is first.
    pub async fn next(&mut self) -> Asked {
        poll_fn(|context| {
            let mut caught = self.0.iter_mut();
            let come = caught.find_map(|(signal, asked)| {
                let come = signal.poll_recv(context).is_ready();
                come.then(|| asked.clone())
            });
            come.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}
