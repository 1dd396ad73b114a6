//! The daemon is asked seldom, whatever visitors do, and its coming and going is told.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::UnixListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::role::Role;
use super::stand_in_tests::{Bench, StandIn, keys};

#[tokio::test]
async fn a_status_tells_the_start_and_not_the_code() {
    let bench = Bench::running();
    let token = bench.token(Role::View).await;
    let status = bench.get(&token, "/api/status").await.json();
    assert_eq!(keys(&status), ["bins", "health", "start"]);
    assert_eq!(status["start"], "1f");
    let bins = bench.get(&token, "/api/bins").await.json();
    assert_eq!(bins, json!({"bins": ["paper", "glass"]}));
}

#[tokio::test]
async fn all_who_look_at_once_see_the_same_picture() {
    let bench = Bench::running();
    let mut looking = JoinSet::new();
    for place in 0..64 {
        let site = Arc::clone(&bench.site);
        looking.spawn(async move {
            // A quarter of them go away again.
            if place % 4 == 0 {
                let look = site.daemon.look();
                return timeout(Duration::from_millis(10), look).await.is_ok();
            }
            site.daemon.look().await.is_ok()
        });
    }
    let seen = looking.join_all().await;
    assert_eq!(seen.iter().filter(|seen| **seen).count(), 48);
    assert_eq!(bench.daemon.asked("look"), 1);
    assert!(bench.site.daemon.look().await.is_ok());
    assert_eq!(bench.daemon.asked("look"), 1, "as good as new");
    sleep(Duration::from_millis(550)).await;
    assert!(bench.site.daemon.look().await.is_ok());
    assert_eq!(bench.daemon.asked("look"), 2);
    assert_eq!(bench.daemon.connections(), 1);
}

#[tokio::test]
async fn events_are_told_after_the_known_one_and_read_once() {
    let bench = Bench::running();
    let token = bench.token(Role::View).await;
    let seqs = |told: &Value| {
        let events = told["events"].as_array().expect("events").clone();
        events
            .iter()
            .map(|event| event["seq"].as_u64().expect("seq"))
            .collect::<Vec<_>>()
    };
    for (query, expected) in [
        ("", vec![1, 2, 3, 4, 5]),
        ("?start=1f&seq=3", vec![4, 5]),
        ("?seq=5&start=1f", vec![]),
        ("?start=2e&seq=3", vec![1, 2, 3, 4, 5]),
        ("?start=1f", vec![1, 2, 3, 4, 5]),
    ] {
        let told = bench
            .get(&token, &format!("/api/events{query}"))
            .await
            .json();
        assert_eq!((&told["start"], &told["missed"]), (&json!("1f"), &json!(0)));
        assert_eq!(seqs(&told), expected, "{query}");
    }
    assert_eq!(bench.daemon.connections(), 1);
    assert_eq!(bench.daemon.asked("events"), 1);
    for query in [
        "?seq=1",
        "?start=1f&seq=x",
        "?start=1f&seq=-1",
        "?start=1f&start=1f",
        "?x=1",
    ] {
        let told = bench.get(&token, &format!("/api/events{query}")).await;
        assert_eq!(told.outcome(), (400, "bad-request".into()), "{query}");
    }
}

#[tokio::test]
async fn what_is_asked_of_the_memory_is_passed_on() {
    let bench = Bench::running();
    let token = bench.token(Role::View).await;
    let told = bench.get(&token, "/api/stats?from=-5&to=10&by=hour").await;
    assert_eq!(told.status, 200);
    let asked = bench.daemon.last();
    assert_eq!(
        asked,
        json!({"id": 1, "request": "stats", "from": -5, "to": 10, "by": "hour"})
    );
    for query in [
        "?from=x",
        "?from=1.5",
        "?from=99999999999999999999",
        "?per=day",
        "?by=a&by=b",
    ] {
        let told = bench.get(&token, &format!("/api/stats{query}")).await;
        assert_eq!(told.outcome(), (400, "bad-request".into()), "{query}");
    }
}

#[tokio::test]
async fn a_daemon_that_comes_and_goes_is_told_and_asked_again() {
    let mut bench = Bench::with(StandIn::absent());
    let token = bench.token(Role::Admin).await;
    let paths = ["/api/status", "/api/events", "/api/stats", "/api/model"];
    for round in ["1f", "2e", "3d"] {
        for path in paths {
            let told = bench.get(&token, path).await;
            assert_eq!(told.outcome(), (503, "no-daemon".into()), "{path}");
            let advice = told.json()["error"]["advice"].to_string();
            assert!(advice.contains("systemctl start sortd"), "{advice}");
        }
        bench.daemon.begin(round);
        sleep(Duration::from_millis(1_100)).await;
        for path in paths {
            let told = bench.get(&token, path).await;
            assert_eq!(told.status, 200, "{round} {path} {told:?}");
        }
        let events = bench.get(&token, "/api/events").await.json();
        assert_eq!(events["start"], round);
        assert_eq!(events["events"].as_array().map(Vec::len), Some(5));
        bench.daemon.end().await;
        // What was told of it is forgotten.
        sleep(Duration::from_millis(1_100)).await;
    }
}

#[tokio::test]
async fn a_daemon_that_ends_in_the_middle_of_an_answer_is_told() {
    let bench = Bench::running();
    let token = bench.token(Role::Admin).await;
    for _ in 0..2 {
        let told = bench.post(&token, "/api/model/test", &json!({})).await;
        assert_eq!(told.outcome(), (503, "no-daemon".into()));
    }
    assert_eq!(bench.get(&token, "/api/status").await.status, 200);
}

#[tokio::test]
async fn what_is_no_daemon_is_told() {
    for (greeting, code) in [
        (
            "{\"hello\":{\"api\":2,\"sortd\":\"9\",\"start\":\"1\",\"access\":\"control\"}}\n",
            "no-daemon",
        ),
        (
            "{\"id\":null,\"error\":{\"code\":\"too-many\",\"text\":\"t\",\"advice\":\"a\"}}\n",
            "too-many",
        ),
        ("220 mail.example ESMTP\n", "no-daemon"),
        ("\u{0}\n", "no-daemon"),
        ("no line", "no-daemon"),
        ("", "no-daemon"),
    ] {
        let bench = Bench::with(StandIn::absent());
        let token = bench.token(Role::View).await;
        let listener = UnixListener::bind(bench.daemon.path()).expect("bound");
        let answers = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.try_write(greeting.as_bytes());
            }
        });
        let told = bench.get(&token, "/api/status").await;
        assert_eq!(told.outcome(), (503, code.into()), "{greeting}");
        answers.abort();
    }
}
