//! The sockets that the daemon is asked on: those that systemd passes, or its own.

use std::env;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use listenfd::ListenFd;

use super::protocol::Access;
use crate::error::{Error, Result};

/// The runtime directory of the unit.
const OF_THE_UNIT: &str = "/run/sortd";

/// A socket's file in its folder.
pub(super) const fn file_name(access: Access) -> &'static str {
    match access {
        Access::Control => "control.sock",
        Access::Watch => "watch.sock",
    }
}

/// The folder in which a client looks for the sockets: the given one, or that of the service.
pub(super) fn folder(given: Option<&Path>) -> PathBuf {
    let given = given.map(Path::to_owned).or_else(runtime_folder);
    given.unwrap_or_else(|| OF_THE_UNIT.into())
}

/// The folder that a service manager gives the daemon.
fn runtime_folder() -> Option<PathBuf> {
    env::var_os("RUNTIME_DIRECTORY").map(PathBuf::from)
}

/// Sockets that clients can connect to.
#[derive(Debug, Default)]
pub struct Listeners {
    /// Each with what it lets one do.
    pub sockets: Vec<(Access, UnixListener)>,
    /// Those that were made here, with the numbers of their files.
    made: Vec<(PathBuf, u64)>,
}

impl Listeners {
    /// Takes the sockets that systemd passed. Where it passed none they are made in `folder`, or in the folder that a
    /// service manager gave, for the daemon's user alone; without either there are none.
    ///
    /// # Errors
    /// What was passed is no such socket, or the folder does not take them, for example because another daemon answers there.
    pub fn open(folder: Option<&Path>) -> Result<Self> {
        let passed = Self::passed()?;
        if !passed.sockets.is_empty() {
            return Ok(passed);
        }
        match folder.map(Path::to_owned).or_else(runtime_folder) {
            Some(folder) => Self::made_in(&folder),
            None => Ok(Self::default()),
        }
    }

    fn passed() -> Result<Self> {
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut passed = ListenFd::from_env();
        let mut found = Self::default();
        for place in 0..passed.len() {
            let name = names.split(':').nth(place).unwrap_or_default();
            let access = match name {
                "control" => Access::Control,
                "watch" => Access::Watch,
                _ => return Err(unknown(name)),
            };
            let listener = passed.take_unix_listener(place);
            let listener = listener.map_err(|error| unknown(name).caused_by(error))?;
            found
                .sockets
                .extend(listener.map(|listener| (access, listener)));
        }
        Ok(found)
    }

    fn made_in(folder: &Path) -> Result<Self> {
        let mut found = Self::default();
        for access in [Access::Control, Access::Watch] {
            let path = folder.join(file_name(access));
            let listener = make(&path).map_err(|error| {
                Error::unavailable(format!("{} cannot be made", path.display()))
                    .caused_by(error)
                    .advice("name a folder of the daemon's user with --sockets, and end a daemon that has it already")
            })?;
            found.sockets.push((access, listener));
            let number = fs::symlink_metadata(&path).map_or(0, |file| file.ino());
            found.made.push((path, number));
        }
        Ok(found)
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        for (path, number) in &self.made {
            // Another daemon may have made its own there meanwhile. A file that is left behind harms nobody: the next
            // daemon replaces it.
            if fs::symlink_metadata(path).is_ok_and(|file| file.ino() == *number) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

fn unknown(name: &str) -> Error {
    Error::config(format!(
        "systemd passes a socket \"{name}\", which is none of sortd's"
    ))
    .advice(
        "give the socket units FileDescriptorName=control and watch, and an absolute ListenStream=",
    )
}

/// Makes a socket that its owner alone can connect to. One that was left behind by a daemon that has gone is replaced, and
/// nothing else is.
fn make(path: &Path) -> io::Result<UnixListener> {
    match UnixStream::connect(path) {
        Ok(_) => {
            let what = "somebody answers there";
            return Err(io::Error::new(io::ErrorKind::AddrInUse, what));
        }
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            if !fs::symlink_metadata(path)?.file_type().is_socket() {
                let what = "there is something else of that name";
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
            }
            fs::remove_file(path)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let made = UnixListener::bind(path)?;
    // Nobody but its owner may write to a new file, and to connect is to write; this also takes reading from others.
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_for_their_owner_and_one_that_is_in_use_is_not_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Listeners::made_in(folder.path()).expect("made");
        let path = folder.path().join("control.sock");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let refused = Listeners::made_in(folder.path()).expect_err("in use");
        assert!(
            refused.to_string().contains("somebody answers"),
            "{refused}"
        );
        assert!(path.exists(), "the one in use is left alone");
        drop(first);
        assert!(!path.exists());
    }

    #[test]
    fn a_socket_that_another_made_in_its_place_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Listeners::made_in(folder.path()).expect("made");
        let path = folder.path().join("control.sock");
        fs::rename(&path, folder.path().join("former")).expect("moved");
        let _second = UnixListener::bind(&path).expect("bound");
        drop(first);
        assert!(path.exists());
    }

    #[test]
    fn what_is_no_socket_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("control.sock");
        fs::write(&path, "mine").expect("written");
        Listeners::made_in(folder.path()).expect_err("something else");
        assert_eq!(fs::read(&path).expect("there"), b"mine");
    }

    #[test]
    fn what_a_daemon_left_behind_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("watch.sock");
        drop(UnixListener::bind(&path).expect("bound"));
        assert!(path.exists());
        let made = Listeners::made_in(folder.path()).expect("made");
        assert_eq!(made.sockets.len(), 2);
    }
}
