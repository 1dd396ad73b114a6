//! Devices that are paired, and what each may do.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::role::{Role, Visitor};
use super::session_file::SessionFile;
use super::tokens::{Hash, Presented, Token};
use crate::error::Result;

/// Where more are paired, the one that was not used for the longest time goes.
const MOST: usize = 64;

/// When a session was used last is written this seldom, to spare an SD card.
const USED_EVERY_S: u64 = 24 * 3600;

/// A paired device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    hash: Hash,
    role: Role,
    /// In seconds since 1970 by the machine's clock.
    made_s: u64,
    used_s: u64,
    address: String,
    /// What the device calls its browser.
    agent: String,
}

/// Where a device that is paired comes from.
#[derive(Debug, Clone, Default)]
pub(super) struct Device {
    /// Its address.
    pub address: String,
    /// What it calls its browser.
    pub agent: String,
}

/// All sessions.
#[derive(Debug)]
pub(super) struct Sessions(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    list: Mutex<List>,
    file: Option<SessionFile>,
    /// Whether the last attempt to write failed; whoever holds this writes.
    failed: Mutex<bool>,
}

#[derive(Debug, Default)]
struct List {
    sessions: Vec<Session>,
    /// Whether there is something that is not in the file.
    changed: bool,
    /// When it was written last; never where it was not.
    written_s: u64,
}

impl Sessions {
    /// Those that a folder keeps; without one they are forgotten at the end.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(folder: Option<&Path>) -> Result<Self> {
        let (file, mut sessions) = match folder {
            Some(folder) => {
                let (file, sessions) = SessionFile::open(folder)?;
                (Some(file), sessions)
            }
            None => (None, Vec::new()),
        };
        sessions.truncate(MOST);
        let list = List {
            sessions,
            changed: false,
            written_s: now_s(),
        };
        Ok(Self(Arc::new(Inside {
            list: Mutex::new(list),
            file,
            failed: Mutex::new(false),
        })))
    }

    /// Whose session a request shows, which is used now.
    pub fn visitor(&self, shown: &Presented) -> Option<Visitor> {
        let (hashes, by_bearer) = match shown {
            Presented::Nothing => return None,
            Presented::Bearer(hash) => (std::slice::from_ref(hash), true),
            Presented::Cookies(hashes) => (hashes.as_slice(), false),
        };
        let now_s = now_s();
        let mut list = self.0.list();
        let mut sessions = list.sessions.iter_mut();
        let session = sessions.find(|session| hashes.contains(&session.hash))?;
        session.used_s = now_s;
        let visitor = Visitor {
            id: session.hash.short(),
            role: session.role,
            by_bearer,
        };
        list.changed = true;
        if now_s.abs_diff(list.written_s) >= USED_EVERY_S {
            list.written_s = now_s;
            drop(list);
            // The request does not wait for it.
            drop(self.written_by_a_thread());
        }
        Some(visitor)
    }

    /// A new session in the place of the one that the device had, as soon as it is on the disk.
    ///
    /// # Errors
    /// The kernel has no randomness to give.
    pub async fn begin(
        &self,
        role: Role,
        device: Device,
        former: Option<&Visitor>,
    ) -> std::result::Result<Token, rustix::io::Errno> {
        let token = self.draw()?;
        let now_s = now_s();
        {
            let mut list = self.0.list();
            if let Some(former) = former {
                list.remove(&former.id);
            }
            if list.sessions.len() >= MOST {
                list.remove_longest_unused();
            }
            list.sessions.push(Session {
                hash: token.hash(),
                role,
                made_s: now_s,
                used_s: now_s,
                address: device.address,
                agent: device.agent,
            });
            list.changed = true;
        }
        self.write().await;
        Ok(token)
    }

    /// A token whose session has a name of its own.
    fn draw(&self) -> std::result::Result<Token, rustix::io::Errno> {
        loop {
            let token = Token::draw()?;
            let name = token.hash().short();
            let list = self.0.list();
            if list.sessions.iter().all(|other| other.hash.short() != name) {
                return Ok(token);
            }
        }
    }

    /// Ends a session; whether there was one of this name.
    pub async fn end(&self, id: &str) -> bool {
        let ended = self.0.list().remove(id);
        if ended {
            self.write().await;
        }
        ended
    }

    /// All, for an admin, of whom `own` is the name; the one that was used last first.
    pub fn listed(&self, own: &str) -> Value {
        let mut sessions = self.0.list().sessions.clone();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.used_s));
        let told = sessions.iter().map(|session| {
            let id = session.hash.short();
            json!({
                "id": id,
                "role": session.role,
                "made_s": session.made_s,
                "used_s": session.used_s,
                "address": session.address,
                "agent": session.agent,
                "own": id == own,
            })
        });
        json!({ "sessions": told.collect::<Vec<_>>() })
    }

    /// Writes what is not in the file yet.
    pub async fn write(&self) {
        // A thread that fails has told so.
        let _ = self.written_by_a_thread().await;
    }

    fn written_by_a_thread(&self) -> tokio::task::JoinHandle<()> {
        let inside = Arc::clone(&self.0);
        spawn_blocking(move || inside.write())
    }
}

impl Inside {
    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the newest list; whoever comes second finds that it was done.
    fn write(&self) {
        let Some(file) = &self.file else { return };
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let sessions = {
            let mut list = self.list();
            if !std::mem::take(&mut list.changed) {
                return;
            }
            list.written_s = now_s();
            list.sessions.clone()
        };
        match file.write(&sessions) {
            Ok(()) => *failed = false,
            Err(error) => {
                self.list().changed = true;
                if !std::mem::replace(&mut *failed, true) {
                    log::warn!("{error}");
                }
            }
        }
    }
}

impl List {
    fn remove(&mut self, id: &str) -> bool {
        let before = self.sessions.len();
        self.sessions.retain(|session| session.hash.short() != id);
        let removed = self.sessions.len() < before;
        self.changed |= removed;
        removed
    }

    fn remove_longest_unused(&mut self) {
        let sessions = self.sessions.iter().enumerate();
        let longest = sessions.min_by_key(|(_, session)| session.used_s);
        if let Some(place) = longest.map(|(place, _)| place) {
            self.sessions.remove(place);
        }
    }
}

fn now_s() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}

#[cfg(test)]
#[path = "sessions_tests.rs"]
mod tests;
