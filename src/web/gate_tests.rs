//! What the gate lets through: tables of hosts, origins, roles and methods.

use axum::http::StatusCode;
use serde_json::json;

use super::role::Role;
use super::stand_in_tests::{Bench, OURS, StandIn};

const READS: [&str; 8] = [
    "/api/status",
    "/api/look",
    "/api/events",
    "/api/stats",
    "/api/bins",
    "/api/model",
    "/api/privacy",
    "/api/sessions",
];

#[tokio::test]
async fn without_a_session_there_is_the_page_and_nothing_of_the_bin() {
    let bench = Bench::running();
    for path in ["/", "/page/app.js", "/page/index.html", "/api/session"] {
        let told = bench.send("GET", path, &[], "").await;
        assert_eq!(told.status, StatusCode::OK, "{path}");
    }
    let more = ["/api/log", "/api/config", "/api/", "/api/nothing"];
    for path in READS.into_iter().chain(more) {
        let told = bench.send("GET", path, &[], "").await;
        assert_eq!(told.outcome(), (401, "no-session".into()), "{path}");
    }
    for path in ["/api/park", "/api/leave", "/api/links", "/api/config/try"] {
        let told = bench.send("POST", path, &OURS, "{}").await;
        assert_eq!(told.outcome(), (401, "no-session".into()), "{path}");
    }
    for path in [
        "/nothing",
        "/page/",
        "/page/nothing",
        "/page",
        "/apix",
        "/api",
    ] {
        let told = bench.send("GET", path, &[], "").await;
        assert_eq!(told.outcome(), (404, "not-found".into()), "{path}");
    }
    assert_eq!(bench.daemon.connections(), 0, "the daemon is left alone");
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says() {
    let bench = Bench::running();
    let tokens = [
        bench.token(Role::View).await,
        bench.token(Role::Teach).await,
        bench.token(Role::Admin).await,
    ];
    let admins_reads = ["/api/log", "/api/config", "/api/sessions"];
    for path in READS.into_iter().chain(["/api/log", "/api/config"]) {
        for (place, token) in tokens.iter().enumerate() {
            let told = bench.get(token, path).await;
            let fine = place == 2 || !admins_reads.contains(&path);
            let expected = if fine { (200, "") } else { (403, "role") };
            assert_eq!(told.outcome(), (expected.0, expected.1.into()), "{path}");
        }
    }
    for (path, body, outcome) in [
        ("/api/park", json!({}), (200, "")),
        ("/api/pause", json!({"seconds": 60}), (200, "")),
        ("/api/resume", json!({}), (200, "")),
        ("/api/reload", json!({}), (200, "")),
        ("/api/bins/test", json!({"bin": "paper"}), (409, "busy")),
        ("/api/config/check", json!({"text": ""}), (200, "")),
        ("/api/config/try", json!({"text": ""}), (400, "bad-config")),
        ("/api/config/commit", json!({"trial": 7}), (200, "")),
        ("/api/config/back", json!({"generation": 2}), (200, "")),
        ("/api/model/test", json!({}), (503, "no-daemon")),
        ("/api/links", json!({"role": "view"}), (200, "")),
    ] {
        for (place, token) in tokens.iter().enumerate() {
            let told = bench.post(token, path, &body).await;
            let expected = if place == 2 { outcome } else { (403, "role") };
            assert_eq!(told.outcome(), (expected.0, expected.1.into()), "{path}");
        }
    }
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_told_nothing() {
    let bench = Bench::running();
    let token = bench.token(Role::Admin).await;
    let bearer = format!("Bearer {token}");
    for (host, status) in [
        ("192.168.1.7:8080", 200),
        ("localhost:8080", 200),
        ("sortd-ab12.local:8080", 200),
        ("bin.example.org", 200),
        ("evil.example:8080", 421),
        ("192.168.1.8:8080", 421),
        ("192.168.1.7", 421),
        ("", 421),
    ] {
        let headers = [("host", host), ("authorization", &bearer)];
        for path in [
            "/",
            "/page/app.js",
            "/api/session",
            "/api/status",
            "/nothing",
        ] {
            let told = bench.send("GET", path, &headers, "").await;
            let expected = if path == "/nothing" && status == 200 {
                404
            } else {
                status
            };
            assert_eq!(told.status.as_u16(), expected, "{host} {path}");
        }
    }
    let twice = [("host", "192.168.1.7:8080"), ("host", "192.168.1.7:8080")];
    let told = bench.send("GET", "/", &twice, "").await;
    assert_eq!(told.outcome(), (421, "bad-host".into()));
    let absolute = bench.send("GET", "http://evil.example/", &[], "").await;
    assert_eq!(absolute.outcome(), (421, "bad-host".into()));
    let absolute = bench.send("GET", "http://192.168.1.7:8080/", &[], "").await;
    assert_eq!(absolute.status, StatusCode::OK);
}

#[tokio::test]
async fn what_writes_comes_from_our_page_or_shows_its_token_on_purpose() {
    let bench = Bench::running();
    let token = bench.token(Role::Admin).await;
    let cookie = format!("sortd={token}");
    let bearer = format!("Bearer {token}");
    let (cookie, bearer) = (("cookie", &*cookie), ("authorization", &*bearer));
    let own = ("origin", "http://192.168.1.7:8080");
    let ours = ("x-sortd", "1");
    let proxy = ("host", "bin.example.org");
    for (headers, outcome) in [
        (vec![cookie, own, ours], (200, "")),
        (vec![bearer, ours], (200, "")),
        (
            vec![proxy, ours, cookie, ("origin", "https://bin.example.org")],
            (200, ""),
        ),
        (vec![cookie, own], (403, "bad-origin")),
        (vec![bearer], (403, "bad-origin")),
        (vec![cookie, ours], (403, "bad-origin")),
        (vec![cookie, own, ("x-sortd", "2")], (403, "bad-origin")),
        (vec![cookie, own, ours, ours], (403, "bad-origin")),
        (vec![cookie, ours, ("origin", "null")], (403, "bad-origin")),
        (
            vec![cookie, ours, ("origin", "http://evil.example")],
            (403, "bad-origin"),
        ),
        (
            vec![cookie, ours, ("origin", "http://192.168.1.7")],
            (403, "bad-origin"),
        ),
        (
            vec![cookie, ours, ("origin", "https://192.168.1.7:8080")],
            (403, "bad-origin"),
        ),
        (
            vec![cookie, ours, own, ("origin", "http://evil.example")],
            (403, "bad-origin"),
        ),
        // A token that nobody has opens nothing, on purpose or not.
        (
            vec![
                ("authorization", "Bearer 0123456789abcdef0123456789abcdef"),
                ours,
            ],
            (403, "bad-origin"),
        ),
        (
            vec![
                ("authorization", "Bearer 0123456789abcdef0123456789abcdef"),
                ours,
                own,
            ],
            (401, "no-session"),
        ),
        (
            vec![("authorization", "Basic x"), cookie, ours, own],
            (401, "no-session"),
        ),
    ] {
        let told = bench.send("POST", "/api/park", &headers, "").await;
        assert_eq!(told.outcome(), (outcome.0, outcome.1.into()), "{headers:?}");
    }
    // Nobody pairs from another page either.
    let foreign = [
        ours,
        ("origin", "http://evil.example"),
        ("content-type", "application/json"),
    ];
    let told = bench
        .send("POST", "/api/pair", &foreign, r#"{"code":"123456"}"#)
        .await;
    assert_eq!(told.outcome(), (403, "bad-origin".into()));
    assert_eq!(bench.daemon.asked("pair"), 0);
}

#[tokio::test]
async fn methods_are_few() {
    let bench = Bench::running();
    let token = bench.token(Role::Admin).await;
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", &*bearer), ("x-sortd", "1")];
    for (method, path) in [
        ("OPTIONS", "/api/park"),
        ("PUT", "/api/park"),
        ("PATCH", "/"),
        ("TRACE", "/"),
        ("BREW", "/"),
        ("GET", "/api/park"),
        ("POST", "/api/status"),
        ("DELETE", "/api/status"),
        ("POST", "/"),
    ] {
        let told = bench.send(method, path, &headers, "").await;
        assert_eq!(told.outcome(), (405, "method".into()), "{method} {path}");
    }
    let head = bench.send("HEAD", "/", &[], "").await;
    assert_eq!((head.status, &*head.body), (StatusCode::OK, ""));
}

#[tokio::test]
async fn every_answer_tells_browsers_what_it_is_for() {
    let bench = Bench::with(StandIn::absent());
    let token = bench.token(Role::Admin).await;
    for (path, cache) in [
        ("/", "no-cache"),
        ("/page/app.js", "no-cache"),
        ("/page/nothing", "no-store"),
        ("/api/session", "no-store"),
        ("/api/status", "no-store"),
    ] {
        let told = bench.get(&token, path).await;
        let policy = told.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';"),
            "{policy}"
        );
        assert!(
            policy.ends_with("form-action 'none'; frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(told.header("x-content-type-options"), "nosniff");
        assert_eq!(told.header("referrer-policy"), "no-referrer");
        assert_eq!(told.header("cache-control"), cache, "{path}");
    }
    let refused = bench.send("GET", "/", &[("host", "evil")], "").await;
    assert_eq!(refused.header("x-content-type-options"), "nosniff");
}
