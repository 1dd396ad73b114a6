//! What a request brings along: the JSON object of its body, or what stands behind the question mark.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::refused::Refused;

/// The longest body, in bytes.
pub(super) const LONGEST_BODY: usize = 64 * 1024;

/// A body that has not come whole by then is not waited for.
const COMES_WITHIN: Duration = Duration::from_secs(10);

/// The object in a request's body; an empty one where there is no body.
#[derive(Debug)]
pub(super) struct Arguments(Map<String, Value>);

impl Arguments {
    /// All of them, where there are none but these.
    pub fn only(self, known: &[&str]) -> Result<Map<String, Value>, Refused> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            Some(other) => Err(Refused::bad_request(format!("unknown key {other:?}"))),
            None => Ok(self.0),
        }
    }

    /// The only one, a text.
    pub fn text(self, key: &str) -> Result<String, Refused> {
        match self.only(&[key])?.remove(key) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(Refused::bad_request(format!("{key:?} must be a text"))),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Arguments {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        if announced(request.headers()).is_some_and(|length| length > LONGEST_BODY) {
            return Err(Refused::too_large());
        }
        let is_json = is_json(request.headers());
        let body = timeout(COMES_WITHIN, to_bytes(request.into_body(), LONGEST_BODY)).await;
        let body = body.map_err(|_| Refused::bad_request("the body did not come within 10 s"))?;
        // Where it is not too long, the visitor has gone and reads no answer.
        let body = body.map_err(|_| Refused::too_large())?;
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        if !is_json {
            let text = "the body is not announced as application/json";
            return Err(Refused::bad_request(text));
        }
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| Refused::bad_request(format!("the body is no JSON object: {error}")))
    }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

/// What stands behind the question mark, where each key has one value.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// The value of a key, which is taken out.
    pub fn take(&mut self, key: &str) -> Option<String> {
        let place = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.swap_remove(place).1)
    }

    /// The number of a key, which is taken out.
    pub fn take_number<N: std::str::FromStr>(&mut self, key: &str) -> Result<Option<N>, Refused> {
        let number = self.take(key).map(|value| {
            let not = |_| Refused::bad_request(format!("{key:?} must be a whole number"));
            value.parse().map_err(not)
        });
        number.transpose()
    }

    /// All were taken out that may stand there.
    pub fn end(self) -> Result<(), Refused> {
        match self.0.first() {
            Some((other, _)) => Err(Refused::bad_request(format!("unknown key {other:?}"))),
            None => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let text = parts.uri.query().unwrap_or_default();
        let mut found = Vec::<(String, String)>::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            // Nothing that is asked for needs escapes.
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if found.iter().any(|(known, _)| known == key) {
                return Err(Refused::bad_request(format!("{key:?} stands there twice")));
            }
            found.push((key.into(), value.into()));
        }
        Ok(Self(found))
    }
}
