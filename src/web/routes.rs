//! Which path is answered by what.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};

use super::bin::{ORDERS, READ_BY_ADMINS};
use super::site::Site;
use super::{access, bin, gate, page};

/// All paths, behind the gate.
pub(super) fn router(site: Arc<Site>) -> Router {
    let mut router = Router::new()
        .route("/", get(page::index))
        .route("/page/{name}", get(page::part))
        .route("/api/session", get(access::session))
        .route("/api/pair", post(access::pair))
        .route("/api/join", post(access::join))
        .route("/api/leave", post(access::leave))
        .route("/api/links", post(access::make_link))
        .route("/api/sessions", get(access::sessions))
        .route("/api/sessions/{id}", delete(access::revoke))
        .route("/api/status", get(bin::status))
        .route("/api/look", get(bin::look))
        .route("/api/events", get(bin::events))
        .route("/api/stats", get(bin::stats))
        .route("/api/bins", get(bin::bins))
        .route("/api/model", get(bin::model))
        .route("/api/privacy", get(bin::privacy));
    for (path, _) in READ_BY_ADMINS {
        router = router.route(path, get(bin::read));
    }
    for (path, ..) in ORDERS {
        router = router.route(path, post(bin::order));
    }
    router
        .fallback(async || page::nothing())
        .method_not_allowed_fallback(async || gate::wrong_method())
        .layer(from_fn_with_state(Arc::clone(&site), gate::guard))
        .with_state(site)
}
