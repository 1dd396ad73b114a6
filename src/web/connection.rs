//! One connection: requests come in, within bounds of time and size, and answers go out.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;
use tower::ServiceExt;

use super::patient::Patient;
use super::site::Ends;

/// A request's head must be there after this long; it is also for how long a connection may be silent between requests.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// Headers of a request; browsers send a score.
const MOST_HEADERS: usize = 64;

/// Bytes that wait to be understood, the head of a request among them.
const LONGEST_HEAD: usize = 16 * 1024;

/// How long the last answers may take once the server is to end.
pub(super) const LAST_ANSWERS: Duration = Duration::from_secs(3);

/// What a connection may take of time and memory.
pub(super) fn bounds() -> Builder {
    let mut bounds = Builder::new();
    bounds
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_headers(MOST_HEADERS)
        .max_buf_size(LONGEST_HEAD);
    bounds
}

/// Serves a connection until it ends, or until its present request is answered once `ending` says so.
pub(super) async fn serve<S>(
    bounds: &Builder,
    stream: S,
    ends: Ends,
    router: Router,
    mut ending: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answer = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ends);
        router.clone().oneshot(request)
    });
    let stream = TokioIo::new(Patient::of(stream));
    let mut connection = pin!(bounds.serve_connection(stream, answer));
    tokio::select! {
        // However it ended, there is nobody left to tell.
        _ = connection.as_mut() => return,
        _ = ending.wait_for(|ends| *ends) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(LAST_ANSWERS, connection).await;
}
