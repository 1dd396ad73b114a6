//! The camera nodes of this machine, by their stable names, and what they offer.
//!
//! A *node* is a `/dev/videoN`; its number depends on the order in which things were plugged in. Its
//! *stable name* is a link in `/dev/v4l/by-id`, made by udev from maker, model and serial number. One
//! camera has several nodes, most of which deliver no pictures; those are left out of the listing.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::offer::Offer;
use super::ribbon::Ribbon;
use super::v4l2;
use crate::error::{Error, Result};

const DEV: &str = "/dev";

/// A camera that can capture, or that might if it could be opened.
#[derive(Debug)]
pub struct Listing {
    /// The path to put into the configuration: the stable name if there is one, else the node.
    pub path: PathBuf,
    /// The node.
    pub node: PathBuf,
    /// What the driver calls the camera.
    pub card: String,
    /// What it offers, or why it cannot be asked now: another program holds it, or it is not ours.
    pub offers: Result<Vec<Offer>>,
}

/// The cameras of this machine that can capture, in the order of their nodes.
#[must_use]
pub fn cameras() -> Vec<Listing> {
    nodes(Path::new(DEV))
        .into_iter()
        .filter_map(|node| {
            let offers = v4l2::offers(&node).transpose()?;
            Some(Listing {
                path: node.stable.clone().unwrap_or_else(|| node.path.clone()),
                card: node.card(),
                node: node.path,
                offers,
            })
        })
        .collect()
}

/// A `/dev/videoN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) index: u32,
    pub(super) path: PathBuf,
    pub(super) stable: Option<PathBuf>,
}

impl Node {
    /// What the driver calls the camera; the node where the kernel does not say.
    pub(super) fn card(&self) -> String {
        let file = format!("/sys/class/video4linux/video{}/name", self.index);
        fs::read_to_string(file).map_or_else(
            |_| self.path.display().to_string(),
            |name| name.trim().to_owned(),
        )
    }

    /// Opens and closes the node, because the system's own answer says best why that fails.
    pub(super) fn check_access(&self) -> Result<()> {
        match fs::File::options().read(true).write(true).open(&self.path) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.refused(error)),
        }
    }

    /// Says what to do about an error of the operating system.
    pub(super) fn refused(&self, error: io::Error) -> Error {
        let node = self.path.display();
        let (what, advice) = match error.kind() {
            ErrorKind::PermissionDenied => (
                format!("camera {node} may not be opened by this user"),
                "add the user to the group `video` (`sudo usermod -aG video USER`) and start again"
                    .to_owned(),
            ),
            ErrorKind::ResourceBusy => (
                format!("camera {node} is in use by another program"),
                format!("`fuser -v {node}` names it; stop it"),
            ),
            ErrorKind::Interrupted => (
                format!("camera {node} did not answer in time"),
                "unplug it and plug it in again; a weak power supply or cable does this".to_owned(),
            ),
            _ => (
                format!("camera {node} does not answer"),
                "it may have been unplugged: check its cable and its power supply".to_owned(),
            ),
        };
        Error::unavailable(what).caused_by(error).advice(advice)
    }
}

/// The nodes below `dev`, in the order of their numbers.
fn nodes(dev: &Path) -> Vec<Node> {
    let stable = stable_names(dev);
    let names = fs::read_dir(dev)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name());
    let mut nodes: Vec<_> = names
        .filter_map(|name| {
            let index = number(name.to_str()?)?;
            let path = dev.join(&name);
            let stable = stable.iter().find(|(_, node)| *node == path);
            Some(Node {
                index,
                stable: stable.map(|(link, _)| link.clone()),
                path,
            })
        })
        .collect();
    nodes.sort_by_key(|node| node.index);
    nodes
}

/// All nodes of this machine.
pub(super) fn all() -> Vec<Node> {
    nodes(Path::new(DEV))
}

/// The node that a configured path leads to.
pub(super) fn find(path: &Path) -> Result<Node> {
    find_in(Path::new(DEV), path)
}

fn find_in(dev: &Path, path: &Path) -> Result<Node> {
    let shown = path.display();
    let target = path.canonicalize().map_err(|error| {
        Error::unavailable(format!("camera {shown} is not there"))
            .caused_by(error)
            .advice(there_is(dev))
    })?;
    let node = nodes(dev)
        .into_iter()
        .find(|node| same(&node.path, &target));
    let is_device = fs::metadata(&target).is_ok_and(|found| found.file_type().is_char_device());
    match node {
        Some(node) if is_device => Ok(node),
        _ => Err(Error::unavailable(format!("{shown} is no camera")).advice(there_is(dev))),
    }
}

fn same(node: &Path, target: &Path) -> bool {
    node.canonicalize().is_ok_and(|node| node == target)
}

/// Says which cameras there are.
pub(super) fn there_is(dev: &Path) -> String {
    let nodes = nodes(dev);
    if nodes.is_empty() {
        return format!("no camera is there at all: {}", Ribbon::here().advice());
    }
    let names: Vec<_> = nodes
        .iter()
        .map(|node| {
            node.stable
                .as_ref()
                .unwrap_or(&node.path)
                .display()
                .to_string()
        })
        .collect();
    format!(
        "there is {}; `sortd cameras` tells which of them can capture",
        names.join(", ")
    )
}

/// Stable names, each with the node that it leads to.
fn stable_names(dev: &Path) -> Vec<(PathBuf, PathBuf)> {
    let links = fs::read_dir(dev.join("v4l/by-id"))
        .into_iter()
        .flatten()
        .flatten();
    let mut names: Vec<_> = links
        .filter_map(|link| {
            let target = link.path().canonicalize().ok()?;
            Some((link.path(), dev.join(target.file_name()?)))
        })
        .collect();
    names.sort();
    names
}

/// N of `videoN`.
fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("video")?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
}

#[cfg(test)]
#[path = "devices_tests.rs"]
mod tests;
