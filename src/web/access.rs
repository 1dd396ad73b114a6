//! How devices come to have a session, and how they lose it.

use std::time::{Duration, Instant};

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use rustix::io::Errno;
use serde_json::{Map, Value, json};

use super::arguments::Arguments;
use super::links::LIFE;
use super::names::Called;
use super::refused::{Refused, json_answer};
use super::role::{Admin, Role, Visitor};
use super::sessions::Device;
use super::site::{Ends, Shared, Site};
use super::tokens::{Token, no_cookie};
use super::tries::Peer;
use crate::control::protocol::is_code;
use crate::visible::visible;

/// Of what a device calls its browser, so many characters are kept.
const LONGEST_AGENT: usize = 80;

/// Who asks, and who answers.
pub(super) async fn session(
    State(site): Shared,
    Extension(called): Extension<Called>,
    visitor: Option<Extension<Visitor>>,
    headers: HeaderMap,
) -> Response {
    json_answer(&json!({
        "role": visitor.map(|Extension(visitor)| visitor.role),
        "name": site.names.machine(),
        "version": env!("CARGO_PKG_VERSION"),
        "plain_http": !comes_by_tls(called, &headers),
    }))
}

/// Only a reverse proxy encrypts, and only where a name was given for it is it believed.
fn comes_by_tls(called: Called, headers: &HeaderMap) -> bool {
    let is = |name: &str, begin: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.starts_with(begin))
    };
    called == Called::Given && (is("x-forwarded-proto", "https") || is("origin", "https://"))
}

/// A device shows the code that only the machine tells. The daemon judges it.
pub(super) async fn pair(
    State(site): Shared,
    Extension(ends): Extension<Ends>,
    Extension(called): Extension<Called>,
    visitor: Option<Extension<Visitor>>,
    headers: HeaderMap,
    arguments: Arguments,
) -> Result<Response, Refused> {
    let code = arguments.text("code")?;
    // An empty one asks whether somebody opened the door; that the daemon alone knows.
    if !code.is_empty() && !is_code(&code) {
        return Err(six_digits());
    }
    let peer = Peer::of(ends.peer.ip());
    site.tries.begin(peer, Instant::now()).map_err(wait)?;
    let code = Map::from_iter([("code".into(), Value::from(code))]);
    match site.daemon.ask("pair", code).await {
        Ok(_) => site.tries.forget(peer),
        Err(refused) => {
            if was_not_judged(&refused) {
                site.tries.take_back(peer);
                return Err(match refused.code() {
                    "bad-request" => six_digits(),
                    _ => refused,
                });
            }
            let address = ends.peer.ip().to_canonical();
            log::warn!("{address} gave a wrong pairing code");
            // The daemon does not allow it; the page tells a wrong code from a device that may not do something.
            return Err(refused.with("code", "wrong-code".into()));
        }
    }
    let device = device(ends, &headers);
    let secure = comes_by_tls(called, &headers);
    begin(&site, Role::Admin, device, visitor, secure).await
}

/// What was sent cannot be a code; the page has words of its own for it.
fn six_digits() -> Refused {
    Refused::new(
        "six-digits",
        "a code has six digits",
        "`sortd status` shows it, and the log; or hold the bin's button for ten seconds",
    )
}

fn was_not_judged(refused: &Refused) -> bool {
    let silent = [
        "no-daemon",
        "unavailable",
        "busy",
        "too-many",
        "bad-request",
    ];
    silent.contains(&refused.code())
}

fn wait(left: Duration) -> Refused {
    let seconds = left.as_secs_f64().ceil() as u64;
    Refused::new(
        "wait",
        format!("too many wrong codes; the next may be tried in {seconds} s"),
        "look up the code first: `sortd status` shows it, and the log",
    )
    .with("wait_s", seconds.into())
}

/// A device opens an admin's link.
pub(super) async fn join(
    State(site): Shared,
    Extension(ends): Extension<Ends>,
    Extension(called): Extension<Called>,
    visitor: Option<Extension<Visitor>>,
    headers: HeaderMap,
    arguments: Arguments,
) -> Result<Response, Refused> {
    let token = Token::parse(&arguments.text("token")?);
    let role = token.and_then(|token| site.links.open(&token, Instant::now()));
    let role = role.ok_or_else(|| {
        Refused::new(
            "bad-link",
            "this link was opened already, is older than a day, or was never made",
            "ask an admin for another",
        )
    })?;
    let device = device(ends, &headers);
    let secure = comes_by_tls(called, &headers);
    begin(&site, role, device, visitor, secure).await
}

/// Begins a session, in the place of the one that the device shows.
async fn begin(
    site: &Site,
    role: Role,
    device: Device,
    visitor: Option<Extension<Visitor>>,
    secure: bool,
) -> Result<Response, Refused> {
    let address = device.address.clone();
    let former = visitor.as_deref();
    let token = site.sessions.begin(role, device, former).await;
    let cookie = token.map_err(no_randomness)?.cookie(secure);
    log::info!("{address} is paired; it may {}", what(role));
    let answer = json_answer(&json!({ "role": role }));
    Ok(([(header::SET_COOKIE, cookie)], answer).into_response())
}

const fn what(role: Role) -> &'static str {
    match role {
        Role::View => "look",
        Role::Teach => "look and teach",
        Role::Admin => "do everything",
    }
}

fn device(ends: Ends, headers: &HeaderMap) -> Device {
    let agent = headers.get(header::USER_AGENT);
    let agent = agent
        .and_then(|agent| agent.to_str().ok())
        .unwrap_or_default();
    Device {
        address: ends.peer.ip().to_canonical().to_string(),
        agent: visible(agent).chars().take(LONGEST_AGENT).collect(),
    }
}

/// A device gives up its session.
pub(super) async fn leave(State(site): Shared, visitor: Visitor) -> Response {
    site.sessions.end(&visitor.id).await;
    let answer = json_answer(&json!({}));
    ([(header::SET_COOKIE, no_cookie())], answer).into_response()
}

/// An admin makes a link.
pub(super) async fn make_link(
    _: Admin,
    State(site): Shared,
    arguments: Arguments,
) -> Result<Response, Refused> {
    let role = match &*arguments.text("role")? {
        "view" => Role::View,
        "teach" => Role::Teach,
        _ => {
            return Err(Refused::bad_request(
                "a link lets one \"view\" or \"teach\"",
            ));
        }
    };
    let token = site.links.make(role, Instant::now());
    let token = token.map_err(no_randomness)?;
    let path = format!("/#join={}", token.as_str());
    Ok(json_answer(
        &json!({ "path": path, "expires_s": LIFE.as_secs() }),
    ))
}

/// Who is paired.
pub(super) async fn sessions(_: Admin, visitor: Visitor, State(site): Shared) -> Response {
    json_answer(&site.sessions.listed(&visitor.id))
}

/// An admin ends a session; its name is the last part of the path.
pub(super) async fn revoke(_: Admin, State(site): Shared, uri: Uri) -> Result<Response, Refused> {
    let id = uri.path().rsplit('/').next().unwrap_or_default();
    if site.sessions.end(id).await {
        return Ok(json_answer(&json!({})));
    }
    Err(Refused::new(
        "not-found",
        "there is no such session",
        "ask for the list again",
    ))
}

fn no_randomness(error: Errno) -> Refused {
    Refused::unavailable(format!("no token can be drawn: {error}"))
}
