//! The daemon's side: accepts clients, each of whom has a session.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::protocol::{Access, Code, Refusal};
use super::session::{Session, refused};
use super::{Desk, Listeners};
use crate::error::{Error, Result};

/// Clients of one socket at a time.
const CLIENTS: usize = 16;

/// Whoever comes after those on the control socket may park and nothing else, so many at a time.
const PARKING: usize = 4;

/// They must do so within this time; others may want to park.
const PARK_WITHIN: Duration = Duration::from_secs(1);

/// A socket accepts clients no faster than this, however many want to connect.
const ACCEPT_PAUSE: Duration = Duration::from_millis(5);

/// After a failure to accept a client, as when the process may open no more files.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// Serves the listeners on the present `LocalSet` until that ends; files that were made for them go with it.
///
/// # Errors
/// A listener cannot be used.
pub fn serve(mut listeners: Listeners, desk: Desk) -> Result<()> {
    let desk = Rc::new(desk);
    let mut usable = Vec::new();
    for (access, listener) in listeners.sockets.drain(..) {
        let listener = listener
            .set_nonblocking(true)
            .and_then(|()| UnixListener::from_std(listener))
            .map_err(|error| Error::internal("a control socket cannot be used").caused_by(error))?;
        usable.push((access, listener));
    }
    let files = Rc::new(listeners);
    for (access, listener) in usable {
        let (desk, files) = (Rc::clone(&desk), Rc::clone(&files));
        spawn_local(async move {
            let _files = files;
            accept(listener, access, desk).await;
        });
    }
    Ok(())
}

async fn accept(listener: UnixListener, access: Access, desk: Rc<Desk>) {
    let places = Arc::new(Semaphore::new(CLIENTS));
    let parking = Arc::new(Semaphore::new(match access {
        Access::Control => PARKING,
        Access::Watch => 0,
    }));
    loop {
        sleep(ACCEPT_PAUSE).await;
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let desk = Rc::clone(&desk);
        // A client that has gone or does not read needs no answer.
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            spawn_local(async move {
                let _ = Session::of(stream, access, &desk).serve().await;
                drop(place);
            });
        } else if let Ok(place) = Arc::clone(&parking).try_acquire_owned() {
            spawn_local(async move {
                let session = Session::of(stream, access, &desk);
                let _ = session.park_or_refuse(PARK_WITHIN, too_many()).await;
                drop(place);
            });
        } else {
            let _ = stream.try_write(&line_of(too_many()));
        }
    }
}

fn too_many() -> Refusal {
    let text = format!("{CLIENTS} clients are served already");
    Refusal::new(Code::TooMany, text, "close one of them and try again")
}

fn line_of(refusal: Refusal) -> Vec<u8> {
    let mut line = serde_json::to_vec(&refused(None, refusal)).unwrap_or_default();
    line.push(b'\n');
    line
}
