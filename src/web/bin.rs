//! What is asked of the bin, and what it is told to do: who may is stated here, and the daemon answers.

use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::arguments::{Arguments, Query};
use super::events::Since;
use super::line::Reply;
use super::page::nothing;
use super::refused::{Refused, json_answer};
use super::role::{Admin, Viewer};
use super::site::Shared;

/// How it is.
pub(super) async fn status(_: Viewer, State(site): Shared) -> Result<Response, Refused> {
    let status = site.daemon.status().await?;
    Ok(json_answer(&Value::Object(status)))
}

/// Its bins, in the configuration's order.
pub(super) async fn bins(_: Viewer, State(site): Shared) -> Result<Response, Refused> {
    let mut status = site.daemon.status().await?;
    match status.remove("bins") {
        Some(bins) => Ok(json_answer(&json!({ "bins": bins }))),
        None => Err(Refused::unavailable("the daemon does not tell its bins")),
    }
}

/// What it sees.
pub(super) async fn look(_: Viewer, State(site): Shared) -> Reply {
    site.daemon.look().await
}

/// What happened after an event that is known.
pub(super) async fn events(
    _: Viewer,
    State(site): Shared,
    mut query: Query,
) -> Result<Response, Refused> {
    let (start, seq) = (query.take("start"), query.take_number("seq")?);
    query.end()?;
    let since = match (start, seq) {
        (None, None) => None,
        (Some(start), seq) => {
            let seq = seq.unwrap_or(0);
            Some(Since { start, seq })
        }
        (None, Some(_)) => return Err(Refused::bad_request("\"seq\" counts from a \"start\"")),
    };
    let events = site.daemon.events(since.as_ref()).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], events).into_response())
}

/// What was counted.
pub(super) async fn stats(_: Viewer, State(site): Shared, mut query: Query) -> Reply {
    let mut arguments = Map::new();
    for bound in ["from", "to"] {
        if let Some(second) = query.take_number::<i64>(bound)? {
            arguments.insert(bound.into(), second.into());
        }
    }
    if let Some(by) = query.take("by") {
        arguments.insert("by".into(), by.into());
    }
    query.end()?;
    site.daemon.ask("stats", arguments).await
}

/// What its model says of itself.
pub(super) async fn model(_: Viewer, State(site): Shared) -> Reply {
    site.daemon.model().await
}

/// What is processed, stored and sent.
pub(super) async fn privacy(_: Viewer, State(site): Shared) -> Reply {
    site.daemon.privacy().await
}

/// What admins alone may read: the path, and the daemon's request.
pub(super) const READ_BY_ADMINS: [(&str, &str); 2] =
    [("/api/log", "log"), ("/api/config", "config.get")];

/// Answers to one of [`READ_BY_ADMINS`].
pub(super) async fn read(_: Admin, State(site): Shared, uri: Uri) -> Reply {
    let mut known = READ_BY_ADMINS.iter();
    let found = known.find(|(path, _)| *path == uri.path());
    let (_, request) = found.ok_or_else(nothing)?;
    site.daemon.ask(request, Map::new()).await
}

/// What admins order: the path, the daemon's request, and the arguments that it may have.
pub(super) const ORDERS: [(&str, &str, &[&str]); 10] = [
    ("/api/bins/test", "bins.test", &["bin"]),
    ("/api/park", "park", &[]),
    ("/api/pause", "pause", &["seconds"]),
    ("/api/resume", "resume", &[]),
    ("/api/reload", "reload", &[]),
    ("/api/config/check", "config.check", &["text"]),
    ("/api/config/try", "config.try", &["text"]),
    ("/api/config/commit", "config.commit", &["trial"]),
    ("/api/config/back", "config.back", &["generation", "trial"]),
    ("/api/model/test", "model.test", &[]),
];

/// Hands one of [`ORDERS`] on.
pub(super) async fn order(_: Admin, State(site): Shared, uri: Uri, arguments: Arguments) -> Reply {
    let mut known = ORDERS.iter();
    let found = known.find(|(path, ..)| *path == uri.path());
    let (_, request, keys) = found.ok_or_else(nothing)?;
    site.daemon.ask(request, arguments.only(keys)?).await
}
