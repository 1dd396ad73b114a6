//! What requests bring along: sizes and kinds of bodies.

use super::role::Role;
use super::stand_in_tests::{Bench, OURS};

#[tokio::test]
async fn bodies_are_json_objects_of_bounded_length() {
    let bench = Bench::running();
    let token = bench.token(Role::Admin).await;
    let long = format!("{{\"text\":\"{}\"}}", "x".repeat(64 * 1024));
    let longest = format!("{{\"text\":\"{}\"}}", "x".repeat(64 * 1024 - 100));
    let deep = "[".repeat(60_000);
    for (path, body, outcome) in [
        ("/api/config/check", &*longest, (200, "")),
        ("/api/config/check", &long, (413, "too-large")),
        // The line to the daemon is a little longer than the body.
        (
            "/api/config/check",
            &longest.replace("\"}", &format!("{}\"}}", "x".repeat(85))),
            (413, "too-large"),
        ),
        ("/api/config/check", &deep, (400, "bad-request")),
        ("/api/config/check", "", (200, "")),
        ("/api/config/check", "[]", (400, "bad-request")),
        ("/api/config/check", "{", (400, "bad-request")),
        ("/api/config/check", "\u{0}", (400, "bad-request")),
        (
            "/api/config/check",
            "{\"text\":\"\",\"request\":\"park\"}",
            (400, "bad-request"),
        ),
        ("/api/config/check", "{\"id\":7}", (400, "bad-request")),
        ("/api/park", "{\"seconds\":1}", (400, "bad-request")),
        ("/api/pair", "{\"code\":123456}", (400, "bad-request")),
        ("/api/pair", "{}", (400, "bad-request")),
        ("/api/links", "{\"role\":\"admin\"}", (400, "bad-request")),
        ("/api/links", "{\"role\":null}", (400, "bad-request")),
    ] {
        let cookie = format!("sortd={token}");
        let mut headers = OURS.to_vec();
        headers.push(("cookie", &cookie));
        let told = bench.send("POST", path, &headers, body).await;
        let start: String = body.chars().take(60).collect();
        assert_eq!(
            told.outcome(),
            (outcome.0, outcome.1.into()),
            "{path} {start}"
        );
    }
    let bearer = format!("Bearer {token}");
    let form = [
        ("authorization", &*bearer),
        ("x-sortd", "1"),
        ("content-type", "text/plain"),
    ];
    let told = bench
        .send("POST", "/api/pause", &form, "{\"seconds\":60}")
        .await;
    assert_eq!(told.outcome(), (400, "bad-request".into()));
    assert_eq!(bench.daemon.asked("pause"), 0);
}
