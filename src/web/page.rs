//! Answers with the files of the page, which hold nothing of the bin.

use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::assets::{Asset, asset};
use super::refused::Refused;

/// The page itself.
pub(super) async fn index(headers: HeaderMap) -> Response {
    file("index.html", &headers)
}

/// A file below `/page/`. It is looked up in a list, by what stands in the path as it is: there is no other way to name one.
pub(super) async fn part(uri: Uri, headers: HeaderMap) -> Response {
    let name = uri.path().strip_prefix("/page/").unwrap_or_default();
    file(name, &headers)
}

/// There is nothing under this path.
pub(super) fn nothing() -> Refused {
    Refused::new("not-found", "there is nothing here", "begin at /")
}

fn file(name: &str, headers: &HeaderMap) -> Response {
    let Some(asset) = asset(name) else {
        return nothing().into_response();
    };
    let tag = tag(asset);
    let always = [
        (header::CACHE_CONTROL, "no-cache"),
        (header::ETAG, tag.as_str()),
        (header::CONTENT_TYPE, asset.kind()),
    ];
    if is_known(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, always).into_response();
    }
    (always, asset.bytes).into_response()
}

/// A name for what an asset holds.
fn tag(asset: &Asset) -> String {
    let hash = format!("{:x}", Sha256::digest(asset.bytes));
    format!("\"{}\"", &hash[..16])
}

/// Whether a browser has it already.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    known
        .filter_map(|known| known.to_str().ok())
        .flat_map(|known| known.split(','))
        .any(|known| known.trim().trim_start_matches("W/") == tag)
}
