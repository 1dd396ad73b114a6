//! Visitors who mean no good: bytes that are no requests, requests that never end, and more connections than there are places.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::serving::Server;
use super::stand_in_tests::{Bench, StandIn};
use super::trial;

/// Longer than any time-out of the server.
const PATIENCE: Duration = Duration::from_secs(30);

fn answer(bytes: &[u8]) -> String {
    String::from_utf8(trial(bytes).expect("tried")).expect("text")
}

#[test]
fn what_is_no_request_of_a_browser_is_refused() {
    let host = "Host: 127.0.0.1:8080\r\n";
    let long = "x".repeat(20_000);
    let many = "a: b\r\n".repeat(100);
    for (bytes, status) in [
        (format!("GET / HTTP/1.1\r\n{host}\r\n"), "200"),
        (format!("GET / HTTP/1.0\r\n{host}\r\n"), "200"),
        ("GET / HTTP/1.1\r\n\r\n".into(), "421"),
        ("GET / HTTP/1.0\r\n\r\n".into(), "421"),
        ("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".into(), "421"),
        (format!("GET / HTTP/1.1\r\n{host}{host}\r\n"), "421"),
        (
            format!("GET http://evil.example/ HTTP/1.1\r\n{host}\r\n"),
            "421",
        ),
        (
            format!("CONNECT evil.example:443 HTTP/1.1\r\n{host}\r\n"),
            "421",
        ),
        (
            format!("CONNECT 127.0.0.1:8080 HTTP/1.1\r\n{host}\r\n"),
            "405",
        ),
        (format!("OPTIONS * HTTP/1.1\r\n{host}\r\n"), "405"),
        (
            format!("GET /page/../../etc/passwd HTTP/1.1\r\n{host}\r\n"),
            "404",
        ),
        (
            format!("GET /page/..%2f..%2fetc%2fpasswd HTTP/1.1\r\n{host}\r\n"),
            "404",
        ),
        (format!("GET /\u{1} HTTP/1.1\r\n{host}\r\n"), "400"),
        (format!("GET / HTTP/1.1\r\n{host}x: \u{1}\r\n\r\n"), "400"),
        (format!("GET / HTTP/1.1\r\n{host}x: {long}\r\n\r\n"), "431"),
        (format!("GET / HTTP/1.1\r\n{host}{many}\r\n"), "431"),
        (format!("GET /{long} HTTP/1.1\r\n{host}\r\n"), "431"),
        ("GET /\r\n\r\n".into(), "400"),
        ("GET / HTTP/9.9\r\n\r\n".into(), "400"),
        ("\u{0}\u{1}\u{2}\r\n\r\n".into(), "400"),
        (
            format!("POST /api/pair HTTP/1.1\r\n{host}Content-Length: -1\r\n\r\n"),
            "400",
        ),
        (
            format!(
                "POST /api/pair HTTP/1.1\r\n{host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"
            ),
            "400",
        ),
        (
            format!("POST /api/pair HTTP/1.1\r\n{host}Transfer-Encoding: gzip\r\n\r\nab"),
            "400",
        ),
    ] {
        let answer = answer(bytes.as_bytes());
        let first = answer.lines().next().unwrap_or_default();
        let start: String = bytes.chars().take(60).collect();
        assert_eq!(first.split(' ').nth(1), Some(status), "{start:?}: {answer}");
    }
    for bytes in [
        "",
        "\r\n",
        "GET",
        "GET / HTTP/1.1\r\nHost:",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let answer = answer(bytes.as_bytes());
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 400"),
            "{bytes:?}: {answer}"
        );
    }
}

#[test]
fn requests_in_a_row_are_each_answered_and_none_hides_in_another() {
    let host = "Host: 127.0.0.1:8080\r\n";
    let get = format!("GET /api/session HTTP/1.1\r\n{host}\r\n");
    let row = answer(get.repeat(5).as_bytes());
    assert_eq!(row.matches("HTTP/1.1 200 OK").count(), 5, "{row}");
    // What stands in the body of one is no other.
    let inside = format!(
        "POST /api/pair HTTP/1.1\r\n{host}Content-Length: {}\r\n\r\n{get}",
        get.len()
    );
    let hidden = answer(inside.as_bytes());
    assert_eq!(hidden.matches("HTTP/1.1 ").count(), 1, "{hidden}");
    let both = format!(
        "POST /api/pair HTTP/1.1\r\n{host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{get}"
    );
    let smuggled = answer(both.as_bytes());
    assert!(!smuggled.contains("200 OK"), "{smuggled}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_are_taken_badly(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        trial(&bytes).expect("tried");
    }

    #[test]
    fn no_header_is_taken_badly(
        path in r"/[ -~]{0,30}",
        name in r"(Host|Cookie|Origin|Authorization|Content-Length|X-Sortd)",
        value in r"[ -~\u{80}-\u{2ff}]{0,60}",
    ) {
        let request = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{name}: {value}\r\n\r\n{{}}");
        let answer = trial(request.as_bytes()).expect("tried");
        let text = String::from_utf8_lossy(&answer);
        prop_assert!(!text.starts_with("HTTP/1.1 200"), "{text}");
    }
}

/// A server on a port of its own.
async fn listening() -> (SocketAddr, Arc<Server>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("its address");
    let server = Server::of(Bench::with(StandIn::absent()).router);
    tokio::spawn(Arc::clone(&server).accept(listener));
    (address, server)
}

/// All that comes until the server closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    // A reset is as good an end as another.
    let _ = read.expect("the server closes");
    String::from_utf8_lossy(&rest).into_owned()
}

#[tokio::test]
async fn there_are_64_places_and_one_more_is_told_so() {
    let (address, _server) = listening().await;
    let get = format!("GET /api/session HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let mut connected = Vec::new();
    for _ in 0..64 {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(get.as_bytes()).await.expect("written");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("answered");
        assert_eq!(&answer, b"HTTP/1.1 200");
        connected.push(stream);
    }
    for _ in 0..3 {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(get.as_bytes()).await.expect("written");
        let refused = rest(&mut stream).await;
        assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
        assert!(refused.contains("\"code\":\"too-many\""), "{refused}");
    }
    connected.pop();
    let mut served = String::new();
    // The server notices at its next turn.
    while !served.starts_with("HTTP/1.1 200") {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        let close = get.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        stream.write_all(close.as_bytes()).await.expect("written");
        served = rest(&mut stream).await;
    }
}

#[tokio::test]
async fn who_is_slow_or_silent_loses_the_place() {
    let (address, _server) = listening().await;
    let begun = Instant::now();
    let slow = async |head: String, drip: &'static str| {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(head.as_bytes()).await.expect("written");
        let (mut read, mut write) = stream.into_split();
        let drip = async {
            while !drip.is_empty() && write.write_all(drip.as_bytes()).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            std::future::pending::<()>().await;
        };
        let mut answer = Vec::new();
        let end = async {
            let ended = timeout(PATIENCE, read.read_to_end(&mut answer)).await;
            let _ = ended.expect("the server closes");
        };
        tokio::select! { () = drip => {}, () = end => {} }
        String::from_utf8_lossy(&answer).into_owned()
    };
    let get = format!("GET /api/session HTTP/1.1\r\nHost: {address}\r\n");
    let pair = format!(
        "POST /api/pair HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nX-Sortd: 1\r\n\
         Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
    );
    let (silent, head, body, idle) = tokio::join!(
        slow(String::new(), ""),
        slow(get.clone(), "x: y\r\n"),
        slow(pair, " "),
        slow(format!("{get}\r\n"), ""),
    );
    assert_eq!(silent, "");
    assert_eq!(head, "");
    assert!(body.starts_with("HTTP/1.1 400 "), "{body}");
    assert!(idle.starts_with("HTTP/1.1 200 "), "{idle}");
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[tokio::test]
async fn who_does_not_read_is_not_waited_for() {
    use super::patient::Patient;
    let (ours, _theirs) = tokio::io::duplex(16);
    let mut patient = Patient::with(ours, Duration::from_millis(50));
    let written = timeout(PATIENCE, patient.write_all(&[0; 1000])).await;
    let error = written.expect("not for ever").expect_err("not taken");
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
}
