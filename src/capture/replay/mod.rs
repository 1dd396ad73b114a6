//! Recordings and photographs instead of a camera: for trying things out, for tests and for the demo.
//!
//! A *recording* is an MJPEG or a Y4M file; anything else is a photograph or a folder of photographs,
//! which become a [`PhotoSequence`]. *Paced* replay delivers its frames at the configured rate, as a
//! camera would; unpaced replay delivers them as fast as they are asked for.

mod decode;
mod mjpeg;
mod photo;
mod photos;
mod y4m;

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use photo::{Photo, is_hidden, is_photo};
pub use photos::{PhotoSequence, Showing};
pub use y4m::Recording as Y4mRecording;

use super::interrupt::sleep_until;
use super::{Camera, Captured, Frame, Opener};
use crate::error::{Error, Result};
use crate::files;

/// No picture beyond this many pixels is read: a forged header would otherwise ask for gigabytes. As many has
/// the largest picture of a phone whose sensor is said to have 50 megapixels.
pub const MOST_PIXELS: u64 = 8192 * 6144;

/// What to replay, and how.
#[derive(Debug, Clone)]
pub struct ReplayOpener {
    /// A photograph, a folder of photographs, an MJPEG file or a Y4M file.
    pub path: PathBuf,
    /// Start again at the end, for ever.
    pub repeat: bool,
    /// Frames a second, where the replay is paced.
    pub fps: u32,
    /// Deliver frames at the rate of a camera; else as fast as they are asked for.
    pub paced: bool,
    /// How photographs are shown.
    pub showing: Showing,
}

impl Opener for ReplayOpener {
    fn open(&mut self) -> Result<Box<dyn Camera>> {
        let (kind, pictures) = self.pictures()?;
        let pace = self.paced.then(|| Pace::new(self.fps));
        let ends = if self.repeat { ", over and over" } else { "" };
        let description = format!("replay of {} ({kind}{ends})", self.path.display());
        Ok(Box::new(ReplayCamera {
            description,
            pictures,
            pace,
        }))
    }
}

impl ReplayOpener {
    fn pictures(&self) -> Result<(String, Box<dyn Pictures>)> {
        let path = &self.path;
        let metadata = fs::metadata(path).map_err(|error| {
            Error::data(format!("{} cannot be replayed", path.display()))
                .caused_by(error)
                .advice("`path` must name a photograph, a folder of photographs, an MJPEG file or a Y4M file")
        })?;
        if metadata.is_dir() {
            let photos = Photo::folder(path)?;
            let kind = format!("{} photographs", photos.len());
            return Ok((
                kind,
                Box::new(PhotoSequence::new(photos, self.showing, self.repeat)),
            ));
        }
        if !metadata.is_file() {
            return Err(
                Error::data(format!("{} is neither a file nor a folder", path.display()))
                    .advice("for a camera, set `source = \"v4l2\"`"),
            );
        }
        Ok(match Content::of(path)? {
            Content::Y4m => (
                "Y4M".into(),
                Box::new(y4m::Recording::open(path, self.repeat)?),
            ),
            Content::Mjpeg => (
                "MJPEG".into(),
                Box::new(mjpeg::Recording::open(path, self.repeat)?),
            ),
            Content::Photo => {
                let photo = vec![Photo::file(path)];
                let photos = PhotoSequence::new(photo, self.showing, self.repeat);
                ("a photograph".into(), Box::new(photos))
            }
        })
    }
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Y4m,
    Mjpeg,
    Photo,
}

impl Content {
    /// Judges by the first bytes; only MJPEG is told from a JPEG photograph by its extension, since
    /// both begin alike, and since photographs may carry further pictures behind the first.
    fn of(path: &Path) -> Result<Self> {
        let start = files::read_start(path, 10).map_err(|error| unreadable(path, error))?;
        let extension = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or("")
            .to_lowercase();
        match &start[..] {
            [] => Err(empty(path)),
            start if start.starts_with(b"YUV4MPEG2 ") => Ok(Self::Y4m),
            _ if matches!(extension.as_str(), "mjpeg" | "mjpg") => Ok(Self::Mjpeg),
            [0xFF, 0xD8, 0xFF, ..] | [0x89, b'P', b'N', b'G', ..] => Ok(Self::Photo),
            _ => Err(Error::data(format!("{} is no picture and no recording", path.display()))
                .advice("sortd replays JPEG and PNG photographs, folders of them, MJPEG files (*.mjpeg) and Y4M files")),
        }
    }
}

fn open_file(path: &Path) -> Result<BufReader<File>> {
    files::open(path)
        .map(BufReader::new)
        .map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::data(format!("{} cannot be read", path.display()))
        .caused_by(error)
        .advice("check the path, the permissions and the disk")
}

fn empty(path: &Path) -> Error {
    Error::data(format!("{} is empty", path.display()))
        .advice("copy the file again; the copy may have been cut short")
}

/// Where the frames of a replay come from.
trait Pictures: Send {
    /// Writes the next picture into `frame`; when it was taken is set by the caller.
    fn next(&mut self, frame: &mut Frame) -> Result<Captured>;
}

struct ReplayCamera {
    description: String,
    pictures: Box<dyn Pictures>,
    pace: Option<Pace>,
}

impl Camera for ReplayCamera {
    fn description(&self) -> &str {
        &self.description
    }

    fn capture(&mut self, frame: &mut Frame) -> Result<Captured> {
        let captured = self.pictures.next(frame)?;
        // The end is paced like a frame, so that the last frame lasts as long as every other.
        if let (Captured::Frame | Captured::End, Some(pace)) = (&captured, &mut self.pace)
            && !pace.wait()
        {
            return Err(Error::unavailable(format!(
                "{} was interrupted",
                self.description
            )));
        }
        frame.captured_at = Instant::now();
        Ok(captured)
    }
}

/// The instants at which frames are due.
struct Pace {
    interval: Duration,
    due: Instant,
}

impl Pace {
    fn new(fps: u32) -> Self {
        Self {
            interval: Duration::from_secs(1) / fps.max(1),
            due: Instant::now(),
        }
    }

    /// Waits until the next frame is due; `false` when interrupted.
    fn wait(&mut self) -> bool {
        let in_time = sleep_until(self.due);
        // A frame that came late shifts those behind it: catching up would bunch them.
        self.due = self.due.max(
            Instant::now()
                .checked_sub(self.interval)
                .unwrap_or(self.due),
        ) + self.interval;
        in_time
    }
}

#[cfg(test)]
mod tests;
