//! The server: who connects is served, so many at a time, until the process is told to end.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::connection::{self, LAST_ANSWERS, bounds};
use super::daemon::Daemon;
use super::links::Links;
use super::listen::{listeners, url};
use super::names::Names;
use super::refused::Refused;
use super::routes::router;
use super::sessions::Sessions;
use super::site::{Ends, Site};
use super::tries::Tries;
use crate::config::committed::state_folder;
use crate::control::client::control_socket;
use crate::error::{Error, Result};
use crate::machine;

/// Connections at a time; a browser has six.
const CONNECTIONS: usize = 64;

/// Those that are told at the same time that there is no place for them.
const REFUSED_AT_ONCE: usize = 16;

/// Who is refused is given this long to read it.
const READS_REFUSAL_WITHIN: Duration = Duration::from_secs(1);

/// After one who was refused, and after a failure to accept one, as when the process may open no more files.
const ACCEPT_AGAIN: Duration = Duration::from_millis(5);

/// What the server runs with.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// Where it listens where systemd passes no sockets.
    pub listen: &'a [SocketAddr],
    /// The folder of the daemon's sockets, where it is not that of the service.
    pub sockets: Option<&'a Path>,
    /// The folder in which sessions are kept, where a service manager gives none.
    pub state: Option<&'a Path>,
    /// Names under which the page may be asked for besides those of this machine.
    pub hosts: &'a [String],
}

/// Serves the page until the process is told to end.
///
/// # Errors
/// An address cannot be listened at, the folder of the state cannot be used, or a name is none.
pub fn serve(settings: Settings<'_>) -> Result<()> {
    let names = Names::new(&machine::name(), settings.hosts).map_err(|name| {
        Error::usage(format!("--host {name} is no name of a host"))
            .advice("give the name alone, such as bin.example.org: no http://, no port")
    })?;
    let listeners = listeners(settings.listen)?;
    let sessions = Sessions::open(state_folder(settings.state).as_deref())?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let stops = Stops::listen().map_err(internal)?;
        let site = Arc::new(Site {
            daemon: Daemon::at(&control_socket(settings.sockets)),
            names,
            sessions,
            links: Links::default(),
            tries: Tries::default(),
        });
        let server = Server::of(router(Arc::clone(&site)));
        for listener in listeners {
            let own = listener.local_addr().map_err(internal)?;
            listener.set_nonblocking(true).map_err(internal)?;
            let listener = TcpListener::from_std(listener).map_err(internal)?;
            tokio::spawn(Arc::clone(&server).accept(listener));
            log::info!("the page is at {}", url(own, site.names.machine()));
        }
        stops.wait().await;
        server.end().await;
        site.sessions.write().await;
        Ok(())
    })
}

fn runtime() -> Result<Runtime> {
    // Only sessions are written, by one after another.
    let runtime = Builder::new_current_thread()
        .max_blocking_threads(1)
        .enable_all()
        .build();
    runtime.map_err(internal)
}

fn internal(error: std::io::Error) -> Error {
    Error::internal("the web server cannot start").caused_by(error)
}

/// The signals that end the server.
struct Stops([Signal; 3]);

impl Stops {
    fn listen() -> std::io::Result<Self> {
        Ok(Self([
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn wait(mut self) {
        let [terminate, interrupt, hangup] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// What all listeners share.
pub(super) struct Server {
    router: Router,
    places: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    ending: watch::Sender<bool>,
}

impl Server {
    pub fn of(router: Router) -> Arc<Self> {
        Arc::new(Self {
            router,
            places: Arc::new(Semaphore::new(CONNECTIONS)),
            refusals: Arc::new(Semaphore::new(REFUSED_AT_ONCE)),
            ending: watch::Sender::new(false),
        })
    }

    /// Accepts connections until the server ends.
    pub async fn accept(self: Arc<Self>, listener: TcpListener) {
        let mut ending = self.ending.subscribe();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = ending.wait_for(|ends| *ends) => return,
            };
            let is_served = accepted.is_ok_and(|(stream, peer)| self.take(stream, peer));
            if !is_served {
                sleep(ACCEPT_AGAIN).await;
            }
        }
    }

    /// Serves a connection, where there is a place.
    fn take(&self, stream: TcpStream, peer: SocketAddr) -> bool {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            self.refuse(stream);
            return false;
        };
        let Ok(own) = stream.local_addr() else {
            return false;
        };
        // Answers are written whole; one that goes out late does no harm either.
        let _ = stream.set_nodelay(true);
        let (router, ending) = (self.router.clone(), self.ending.subscribe());
        tokio::spawn(async move {
            let ends = Ends { own, peer };
            connection::serve(&bounds(), stream, ends, router, ending).await;
            drop(place);
        });
        true
    }

    /// Says that there is no place, where not too many are told so already.
    fn refuse(&self, mut stream: TcpStream) {
        let Ok(place) = Arc::clone(&self.refusals).try_acquire_owned() else {
            return;
        };
        tokio::spawn(async move {
            let told = async {
                stream.write_all(no_place().as_bytes()).await?;
                stream.shutdown().await?;
                // What is closed with unread bytes is reset, and the refusal lost with it.
                let mut rest = [0; 1024];
                while stream.read(&mut rest).await? > 0 {}
                std::io::Result::Ok(())
            };
            // Who does not read it needs no refusal.
            let _ = timeout(READS_REFUSAL_WITHIN, told).await;
            drop(place);
        });
    }

    /// Lets present requests be answered, and nothing else.
    async fn end(&self) {
        self.ending.send_replace(true);
        let all = self.places.acquire_many(CONNECTIONS as u32);
        // Who has not read the answer by then does not get it.
        let _ = timeout(LAST_ANSWERS, all).await;
    }
}

/// The whole answer to one too many.
fn no_place() -> String {
    let refused = Refused::new(
        "too-many",
        "too many are connected to this page already",
        "close it elsewhere, and try again",
    );
    let body = refused.json();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
