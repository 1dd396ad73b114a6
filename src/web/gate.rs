//! What each request must show before anything is done for it, and what each answer tells browsers.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::names::{Called, is_own_origin};
use super::refused::Refused;
use super::role::{Visitor, no_session};
use super::site::{Ends, Site};
use super::tokens::presented;

/// What answers without a session, below `/api/`.
const OPEN: [&str; 3] = ["/api/session", "/api/pair", "/api/join"];

/// Nothing is fetched from elsewhere, nothing runs that is no file of ours, and no page of others shows ours in itself.
const ALWAYS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Lets a request through, or refuses it.
pub(super) async fn guard(
    State(site): State<Arc<Site>>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut answer = match admit(&site, &mut request) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    };
    let headers = answer.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let no_store = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(no_store);
    answer
}

/// What is known of who asks goes with the request.
fn admit(site: &Site, request: &mut Request) -> Result<(), Refused> {
    let called = called(site, request)?;
    let visitor = site.sessions.visitor(&presented(request.headers()));
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::POST | Method::DELETE => {
            judge_write(request.headers(), called, visitor.as_ref())?;
        }
        _ => return Err(wrong_method()),
    }
    let path = request.uri().path();
    if path.starts_with("/api/") && !OPEN.contains(&path) && visitor.is_none() {
        return Err(no_session());
    }
    let known = request.extensions_mut();
    known.insert(called);
    if let Some(visitor) = visitor {
        known.insert(visitor);
    }
    Ok(())
}

/// How a request calls us. It does so once, and in one way.
fn called(site: &Site, request: &Request) -> Result<Called, Refused> {
    let host = only(request.headers(), &header::HOST);
    let ends = request.extensions().get::<Ends>();
    let called = host
        .zip(ends)
        .and_then(|(host, ends)| site.names.called(host, ends.own));
    let authority = request.uri().authority().map(Authority::as_str);
    let agrees = authority.is_none() || authority == host;
    called.filter(|_| agrees).ok_or_else(|| {
        Refused::new(
            "bad-host",
            "this is no address of this machine",
            "open the page by the address that `sortd web` tells at its start, or give the name to it with --host",
        )
    })
}

/// What changes something was sent by our own page, or by a program that shows its token on purpose.
fn judge_write(
    headers: &HeaderMap,
    called: Called,
    visitor: Option<&Visitor>,
) -> Result<(), Refused> {
    let refuse = |text: &str| Err(Refused::new("bad-origin", text, "use the page of this bin"));
    if only(headers, &HeaderName::from_static("x-sortd")) != Some("1") {
        return refuse("the header X-Sortd: 1 is missing");
    }
    if visitor.is_some_and(|visitor| visitor.by_bearer) {
        return Ok(());
    }
    let (origin, host) = (only(headers, &header::ORIGIN), only(headers, &header::HOST));
    match origin.zip(host) {
        Some((origin, host)) if is_own_origin(origin, host, called) => Ok(()),
        Some(_) => refuse("this was sent by a page of somebody else"),
        None => refuse("the header Origin is missing"),
    }
}

/// What a header says that stands there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok();
    value.filter(|_| values.next().is_none())
}

/// This is not done here.
pub(super) fn wrong_method() -> Refused {
    Refused::new(
        "method",
        "this cannot be done with what is there",
        "use another method",
    )
}
