//! Why a request is not answered, as the page and programs read it: the daemon's own words, or those of this server.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// A refusal: a code for programs, and what is wrong and what to do for people.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refused {
    error: Map<String, Value>,
}

impl Refused {
    /// One of this server's own.
    pub fn new(code: &str, text: impl Into<String>, advice: &str) -> Self {
        let mut error = Map::new();
        error.insert("code".into(), code.into());
        error.insert("text".into(), text.into().into());
        error.insert("advice".into(), advice.into());
        Self { error }
    }

    /// The daemon's own, from its JSON.
    pub fn of_daemon(json: &str) -> Self {
        let error = serde_json::from_str(json).unwrap_or_default();
        Self { error }
    }

    /// The request makes no sense.
    pub fn bad_request(text: impl Into<String>) -> Self {
        Self::new("bad-request", text, "ask as the documentation tells")
    }

    /// The daemon, or what answers for it here, is ending.
    pub fn unavailable(text: impl Into<String>) -> Self {
        Self::new("unavailable", text, "ask again in a moment")
    }

    /// What was sent is too long.
    pub fn too_large() -> Self {
        Self::new(
            "too-large",
            "what was sent is longer than 64 kB",
            "send less",
        )
    }

    /// The same with another key.
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.error.insert(key.into(), value);
        self
    }

    /// For programs.
    pub fn code(&self) -> &str {
        self.error
            .get("code")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The answer's JSON.
    pub fn json(&self) -> String {
        json!({ "error": self.error }).to_string()
    }

    fn status(&self) -> StatusCode {
        match self.code() {
            "bad-request" | "bad-line" | "bad-config" | "six-digits" => StatusCode::BAD_REQUEST,
            "no-session" => StatusCode::UNAUTHORIZED,
            "not-allowed" | "role" | "bad-origin" | "wrong-code" | "bad-link" => {
                StatusCode::FORBIDDEN
            }
            "not-found" => StatusCode::NOT_FOUND,
            "method" => StatusCode::METHOD_NOT_ALLOWED,
            "busy" => StatusCode::CONFLICT,
            "too-large" => StatusCode::PAYLOAD_TOO_LARGE,
            "bad-host" => StatusCode::MISDIRECTED_REQUEST,
            "wait" => StatusCode::TOO_MANY_REQUESTS,
            // Whatever a newer daemon says, it is not answered now.
            _ => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let kind = [(header::CONTENT_TYPE, "application/json")];
        (self.status(), kind, self.json()).into_response()
    }
}

/// An answer of this server's own.
pub(super) fn json_answer(value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, value.to_string()).into_response()
}
