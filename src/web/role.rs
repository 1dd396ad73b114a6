//! What a visitor may do, and how a request's handler states what it takes.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};

use super::refused::Refused;

/// What a session may do; each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Role {
    /// To see how the bin is and what it sees.
    View,
    /// To teach it as well.
    Teach,
    /// Everything.
    Admin,
}

/// Who a request comes from, as far as it shows a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Visitor {
    /// The session's name in the list of sessions.
    pub id: String,
    /// What it may do.
    pub role: Role,
    /// Whether it is a program that showed its token on purpose, which no browser does for another page.
    pub by_bearer: bool,
}

/// A handler that takes this is for whoever has a session.
#[derive(Debug)]
pub(super) struct Viewer;

/// A handler that takes this is for admins.
#[derive(Debug)]
pub(super) struct Admin;

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        at_least(Role::View, parts).map(|()| Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Admin {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        at_least(Role::Admin, parts).map(|()| Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        parts.extensions.get().cloned().ok_or_else(no_session)
    }
}

/// The gate left the visitor in the request, where there is one.
fn at_least(role: Role, parts: &Parts) -> Result<(), Refused> {
    let visitor: &Visitor = parts.extensions.get().ok_or_else(no_session)?;
    if visitor.role < role {
        return Err(Refused::new(
            "role",
            "this device may not do that",
            "pair it with the bin's code, which makes it an admin's",
        ));
    }
    Ok(())
}

/// The request shows no session that there is.
pub(super) fn no_session() -> Refused {
    Refused::new(
        "no-session",
        "this device is not paired, or not any more",
        "pair it with the code that `sortd status` shows, or open a link of an admin",
    )
}
