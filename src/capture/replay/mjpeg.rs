//! An MJPEG file: JPEG pictures one behind the other.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::{Path, PathBuf};

use super::{Pictures, open_file, unreadable};
use crate::capture::mjpeg::Splitter;
use crate::capture::{Captured, Frame, PixelFormat};
use crate::error::{Error, Result};

pub(super) struct Recording {
    path: PathBuf,
    file: BufReader<File>,
    splitter: Splitter,
    repeat: bool,
    /// Pictures since the beginning of the file.
    pictures: u64,
}

impl Recording {
    pub(super) fn open(path: &Path, repeat: bool) -> Result<Self> {
        let file = open_file(path)?;
        let splitter = Splitter::default();
        Ok(Self {
            path: path.to_owned(),
            file,
            splitter,
            repeat,
            pictures: 0,
        })
    }

    fn damaged(&self, what: &str) -> Captured {
        let at = self.pictures + 1;
        Captured::Skipped(
            Error::data(format!("{}: picture {at} is {what}", self.path.display()))
                .advice("the recording goes on behind it"),
        )
    }

    /// Takes over the picture of this size that was written into `frame`.
    fn shown(&mut self, frame: &mut Frame, (width, height): (u32, u32)) -> Captured {
        // What was skipped before it has been told, or is told with the next one.
        self.pictures += 1;
        (frame.format, frame.width, frame.height) = (PixelFormat::Mjpeg, width, height);
        Captured::Frame
    }

    /// At the end of the file: the last picture, or what is to be said about the file, or nothing when it
    /// begins again.
    fn turn(&mut self, frame: &mut Frame) -> Result<Option<Captured>> {
        if let Some(size) = self.splitter.last(&mut frame.data) {
            return Ok(Some(self.shown(frame, size)));
        }
        if self.splitter.give_up() {
            // It is told here, and not once more as a damaged one.
            self.splitter.take_skipped();
            return Ok(Some(self.damaged("cut off")));
        }
        self.splitter = Splitter::default();
        if self.pictures == 0 {
            return Err(
                Error::data(format!("{} holds no JPEG picture", self.path.display()))
                    .advice("make one with `ffmpeg -i VIDEO -c:v mjpeg -f mjpeg OUT.mjpeg`"),
            );
        }
        if !self.repeat {
            return Ok(Some(Captured::End));
        }
        self.pictures = 0;
        self.file
            .rewind()
            .map_err(|error| unreadable(&self.path, error))?;
        Ok(None)
    }
}

impl Pictures for Recording {
    fn next(&mut self, frame: &mut Frame) -> Result<Captured> {
        loop {
            let size = self.splitter.next(&mut frame.data);
            if let Some(size) = size {
                return Ok(self.shown(frame, size));
            }
            if self.splitter.take_skipped() > 0 {
                return Ok(self.damaged("damaged, too large or of another size"));
            }
            let bytes = self
                .file
                .fill_buf()
                .map_err(|error| unreadable(&self.path, error))?;
            let length = bytes.len();
            self.splitter.push(bytes);
            self.file.consume(length);
            if length == 0
                && let Some(said) = self.turn(frame)?
            {
                return Ok(said);
            }
        }
    }
}
