//! How devices are paired, by code and by link, and what becomes of them; and how often one may try.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::role::Role;
use super::stand_in_tests::{Bench, CODE, OURS, StandIn, Told};

/// The token of the cookie that an answer sets.
fn cookie(told: &Told) -> String {
    let cookie = told.header("set-cookie");
    let (token, rest) = cookie
        .strip_prefix("sortd=")
        .and_then(|cookie| cookie.split_once(';'))
        .expect("a cookie");
    let attributes = " HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000";
    assert_eq!(rest, attributes);
    token.to_owned()
}

#[tokio::test]
async fn the_right_code_pairs_an_admin() {
    let bench = Bench::running();
    let body = json!({ "code": CODE }).to_string();
    let mut headers = OURS.to_vec();
    headers.push(("user-agent", "Firefox \u{202e} on a phone"));
    let told = bench.send("POST", "/api/pair", &headers, &body).await;
    assert_eq!(told.json(), json!({"role": "admin"}));
    let token = cookie(&told);
    let session = bench.get(&token, "/api/session").await.json();
    assert_eq!(session["role"], "admin");
    assert_eq!(session["name"], "sortd-ab12");
    assert_eq!(session["plain_http"], true);
    let listed = bench.get(&token, "/api/sessions").await.json();
    let one = &listed["sessions"][0];
    assert_eq!(one["address"], "192.168.1.9");
    assert_eq!(one["own"], true);
    let left = bench.post(&token, "/api/leave", &json!({})).await;
    assert!(left.header("set-cookie").contains("Max-Age=0"), "{left:?}");
    let after = bench.get(&token, "/api/status").await;
    assert_eq!(
        after.outcome(),
        (401, "no-session".into()),
        "a replayed token"
    );
    let session = bench.get(&token, "/api/session").await.json();
    assert_eq!(session["role"], Value::Null);
}

#[tokio::test]
async fn wrong_codes_are_judged_five_times_and_then_wait() {
    let bench = Bench::running();
    let wrong = json!({"code": "000000"}).to_string();
    let right = json!({ "code": CODE }).to_string();
    for _ in 0..5 {
        let told = bench.send("POST", "/api/pair", &OURS, &wrong).await;
        assert_eq!(told.outcome(), (403, "wrong-code".into()));
    }
    for body in [&wrong, &right] {
        let told = bench.send("POST", "/api/pair", &OURS, body).await;
        assert_eq!(told.outcome(), (429, "wait".into()));
        assert_eq!(told.json()["error"]["wait_s"], 2);
    }
    assert_eq!(bench.daemon.asked("pair"), 5);
    let other = bench
        .send_from("192.168.1.10:40000", "POST", "/api/pair", &OURS, &right)
        .await;
    assert_eq!(other.outcome(), (200, String::new()));
}

#[tokio::test]
async fn many_tries_at_once_are_no_more_than_one_after_another() {
    let bench = Arc::new(Bench::running());
    let mut trying = JoinSet::new();
    for _ in 0..40 {
        let bench = Arc::clone(&bench);
        trying.spawn(async move {
            let wrong = json!({"code": "000000"}).to_string();
            let told = bench.send("POST", "/api/pair", &OURS, &wrong).await;
            told.outcome().0
        });
    }
    let told = trying.join_all().await;
    let judged = told.iter().filter(|status| **status == 403).count();
    assert_eq!((judged, bench.daemon.asked("pair")), (5, 5));
}

#[tokio::test]
async fn what_cannot_be_a_code_is_refused_here_and_costs_no_try() {
    let bench = Bench::running();
    let endless = "1".repeat(60_000);
    for none in ["12345", "1234567", "12345x", "½½½", &endless] {
        for _ in 0..7 {
            let body = json!({ "code": none }).to_string();
            let told = bench.send("POST", "/api/pair", &OURS, &body).await;
            assert_eq!(told.outcome(), (400, "six-digits".into()));
        }
    }
    assert_eq!(bench.daemon.asked("pair"), 0);
}

#[tokio::test]
async fn a_code_that_no_daemon_judges_is_not_counted() {
    let bench = Bench::with(StandIn::absent());
    let body = json!({ "code": CODE }).to_string();
    for _ in 0..10 {
        let told = bench.send("POST", "/api/pair", &OURS, &body).await;
        assert_eq!(told.outcome(), (503, "no-daemon".into()));
    }
}

#[tokio::test]
async fn a_link_lets_one_device_in_once() {
    let bench = Bench::running();
    let admin = bench.token(Role::Admin).await;
    for (role, status) in [("view", 403), ("teach", 403)] {
        let made = bench
            .post(&admin, "/api/links", &json!({ "role": role }))
            .await
            .json();
        assert_eq!(made["expires_s"], 86_400);
        let path = made["path"].as_str().expect("a path");
        let token = path.strip_prefix("/#join=").expect("a link");
        let body = json!({ "token": token }).to_string();
        let joined = bench.send("POST", "/api/join", &OURS, &body).await;
        assert_eq!(joined.json(), json!({ "role": role }));
        let own = cookie(&joined);
        assert_ne!(own, token, "the link is no token of a session");
        let parked = bench.post(&own, "/api/park", &json!({})).await;
        assert_eq!(parked.status.as_u16(), status);
        let again = bench.send("POST", "/api/join", &OURS, &body).await;
        assert_eq!(again.outcome(), (403, "bad-link".into()), "a replayed link");
    }
    for guess in ["", "x", "0123456789abcdef0123456789abcdef", &admin] {
        let body = json!({ "token": guess }).to_string();
        let told = bench.send("POST", "/api/join", &OURS, &body).await;
        assert_eq!(told.outcome(), (403, "bad-link".into()), "{guess}");
    }
}

#[tokio::test]
async fn an_admin_ends_the_sessions_of_others() {
    let bench = Bench::running();
    let (admin, other) = (
        bench.token(Role::Admin).await,
        bench.token(Role::View).await,
    );
    let listed = bench.get(&admin, "/api/sessions").await.json();
    let sessions = listed["sessions"].as_array().expect("sessions");
    assert_eq!(sessions.len(), 2);
    let theirs = sessions
        .iter()
        .find(|one| one["own"] == false)
        .expect("theirs");
    let path = format!("/api/sessions/{}", theirs["id"].as_str().expect("a name"));
    let end = |token: &str| {
        let bearer = format!("Bearer {token}");
        let (bench, path) = (&bench, &path);
        async move {
            let headers = [("authorization", &*bearer), ("x-sortd", "1")];
            bench.send("DELETE", path, &headers, "").await.outcome()
        }
    };
    assert_eq!(end(&other).await, (403, "role".into()));
    assert_eq!(end(&admin).await, (200, String::new()));
    assert_eq!(end(&admin).await, (404, "not-found".into()));
    assert_eq!(bench.get(&other, "/api/status").await.status, 401);
    assert_eq!(bench.get(&admin, "/api/status").await.status, 200);
}

#[tokio::test]
async fn behind_a_proxy_with_tls_the_cookie_is_for_tls_alone() {
    let bench = Bench::running();
    let headers = [
        ("host", "bin.example.org"),
        ("origin", "https://bin.example.org"),
        ("x-sortd", "1"),
        ("content-type", "application/json"),
    ];
    let body = json!({ "code": CODE }).to_string();
    let told = bench.send("POST", "/api/pair", &headers, &body).await;
    assert!(told.header("set-cookie").ends_with("; Secure"), "{told:?}");
    let proxied = [("host", "bin.example.org"), ("x-forwarded-proto", "https")];
    for (headers, plain) in [(&proxied[..], false), (&proxied[1..], true)] {
        let session = bench.send("GET", "/api/session", headers, "").await.json();
        assert_eq!(session["plain_http"], plain);
    }
}
