//! A stand-in for the daemon, which answers by a script and counts what it is asked; and a site before it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::daemon::Daemon;
use super::links::Links;
use super::names::Names;
use super::role::Role;
use super::routes::router;
use super::sessions::{Device, Sessions};
use super::site::{Ends, Site};
use super::tries::Tries;

/// The code that the stand-in takes.
pub(super) const CODE: &str = "123456";

/// A daemon that is none.
pub(super) struct StandIn {
    pub folder: TempDir,
    asked: Arc<Mutex<Vec<Value>>>,
    connections: Arc<AtomicUsize>,
    living: JoinSet<()>,
}

impl StandIn {
    /// One that nobody has started.
    pub fn absent() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            asked: Arc::default(),
            connections: Arc::default(),
            living: JoinSet::new(),
        }
    }

    /// One that answers.
    pub fn running(start: &'static str) -> Self {
        let mut stand_in = Self::absent();
        stand_in.begin(start);
        stand_in
    }

    /// Starts it, at which it draws a number.
    pub fn begin(&mut self, start: &'static str) {
        let listener = UnixListener::bind(self.path()).expect("bound");
        let (asked, connections) = (Arc::clone(&self.asked), Arc::clone(&self.connections));
        self.living.spawn(async move {
            let mut clients = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                clients.spawn(answer(stream, start, Arc::clone(&asked)));
            }
        });
    }

    /// Kills it.
    pub async fn end(&mut self) {
        self.living.shutdown().await;
        std::fs::remove_file(self.path()).expect("removed");
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("control.sock")
    }

    /// How often it was asked this.
    pub fn asked(&self, request: &str) -> usize {
        let asked = self.asked.lock().expect("whole");
        asked.iter().filter(|one| one["request"] == request).count()
    }

    /// What it was asked last.
    pub fn last(&self) -> Value {
        let asked = self.asked.lock().expect("whole");
        asked.last().cloned().unwrap_or_default()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn answer(stream: UnixStream, start: &str, asked: Arc<Mutex<Vec<Value>>>) {
    let (read, mut write) = stream.into_split();
    let hello = json!({"hello": {"api": 1, "sortd": "0", "start": start, "access": "control"}});
    let mut lines = vec![hello];
    let mut requests = BufReader::new(read).lines();
    loop {
        for line in lines.drain(..) {
            let line = format!("{line}\n");
            if write.write_all(line.as_bytes()).await.is_err() {
                return;
            }
        }
        let Ok(Some(request)) = requests.next_line().await else {
            return;
        };
        let request: Value = serde_json::from_str(&request).expect("JSON");
        asked.lock().expect("whole").push(request.clone());
        if request["request"] == "look" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if request["request"] == "model.test" {
            // It ends in the middle of an answer.
            let _ = write.write_all(b"{\"id\":1,").await;
            return;
        }
        lines = replies(&request, start);
    }
}

fn replies(request: &Value, start: &str) -> Vec<Value> {
    let id = request["id"].clone();
    let refused =
        |code: &str| vec![json!({"id": id, "error": {"code": code, "text": "t", "advice": "a"}})];
    let ok = match request["request"].as_str().expect("a name") {
        "status" => json!({"health": "fine", "bins": ["paper", "glass"], "pairing": CODE}),
        "look" => json!({"width": 2, "jpeg": "/9j/"}),
        "pair" if request["code"] == CODE => json!({"role": "admin"}),
        "pair" => return refused("not-allowed"),
        "bins.test" => return refused("busy"),
        "config.try" => {
            let error = json!({"code": "bad-config", "text": "t", "advice": "a", "problems": [{"line": 3}]});
            return vec![json!({"id": id, "error": error})];
        }
        "events" => {
            let after = request["since"]["seq"].as_u64().expect("since");
            let begins = json!({"id": id, "ok": {"start": start, "after": after, "missed": 0}});
            let events = (after + 1..=5).map(|seq| json!({"id": id, "event": {"seq": seq}}));
            return std::iter::once(begins).chain(events).collect();
        }
        "stats" => request.clone(),
        _ => json!({}),
    };
    vec![json!({"id": id, "ok": ok})]
}

/// A site before a stand-in.
pub(super) struct Bench {
    pub daemon: StandIn,
    pub site: Arc<Site>,
    pub router: Router,
}

/// What a request came to.
#[derive(Debug)]
pub(super) struct Told {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{self:?}: {error}"))
    }

    /// The status, and the code of an error.
    pub fn outcome(&self) -> (u16, String) {
        let json: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let code = json["error"]["code"].as_str().unwrap_or_default();
        (self.status.as_u16(), code.to_owned())
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }
}

/// What our own page sends with what it writes.
pub(super) const OURS: [(&str, &str); 3] = [
    ("x-sortd", "1"),
    ("origin", "http://192.168.1.7:8080"),
    ("content-type", "application/json"),
];

impl Bench {
    pub fn with(daemon: StandIn) -> Self {
        let site = Arc::new(Site {
            names: Names::new("sortd-ab12", &["bin.example.org".into()]).expect("names"),
            daemon: Daemon::at(&daemon.path()),
            sessions: Sessions::open(None).expect("opened"),
            links: Links::default(),
            tries: Tries::default(),
        });
        let router = router(Arc::clone(&site));
        Self {
            daemon,
            site,
            router,
        }
    }

    pub fn running() -> Self {
        Self::with(StandIn::running("1f"))
    }

    /// A token of a session with this role.
    pub async fn token(&self, role: Role) -> String {
        let token = self.site.sessions.begin(role, Device::default(), None);
        token.await.expect("drawn").as_str().to_owned()
    }

    /// Sends a request by a connection of 192.168.1.9 to 192.168.1.7:8080.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Told {
        self.send_from("192.168.1.9:40000", method, path, headers, body)
            .await
    }

    pub async fn send_from(
        &self,
        peer: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Told {
        let mut request = Request::builder().method(method).uri(path);
        if headers.iter().all(|(name, _)| *name != "host") {
            request = request.header("host", "192.168.1.7:8080");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request
            .body(Body::from(body.to_owned()))
            .expect("a request");
        request.extensions_mut().insert(Ends {
            own: "192.168.1.7:8080".parse().expect("an address"),
            peer: peer.parse().expect("an address"),
        });
        let Ok(response) = self.router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 8 << 20).await.expect("a body");
        Told {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).expect("text"),
        }
    }

    /// Asks as a program with a token.
    pub async fn get(&self, token: &str, path: &str) -> Told {
        let bearer = format!("Bearer {token}");
        self.send("GET", path, &[("authorization", &bearer)], "")
            .await
    }

    /// Writes as our page does, with a token's cookie.
    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Told {
        let cookie = format!("sortd={token}");
        let mut headers = OURS.to_vec();
        headers.push(("cookie", &cookie));
        self.send("POST", path, &headers, &body.to_string()).await
    }
}

/// An object's keys.
pub(super) fn keys(value: &Value) -> Vec<&str> {
    let keys = value.as_object().map(Map::keys);
    keys.into_iter().flatten().map(String::as_str).collect()
}
