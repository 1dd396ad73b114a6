//! A Y4M file: uncompressed 4:2:0 frames behind a line of text.
//!
//! The format is described in `yuv4mpeg(5)` of the MJPEG tools: a header line of space-separated
//! parameters (`W` width, `H` height, `C` colour space, `X` others), then for each frame a line that begins
//! with `FRAME` and the planes. `FFmpeg` says `XCOLORRANGE=FULL` where values use all of 0 to 255; without it
//! they are in the studio range.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use super::decode::too_large;
use super::{MOST_PIXELS, Pictures, open_file, unreadable};
use crate::capture::{Captured, Frame, PixelFormat};
use crate::error::{Error, Result};

/// No header or frame line is longer; a file without line ends is not read whole.
const LONGEST_LINE: u64 = 1024;

/// A reader that can start again.
pub trait Source: BufRead + Seek + Send {}
impl<T: BufRead + Seek + Send> Source for T {}

/// A Y4M file that is read frame by frame.
#[derive(Debug)]
pub struct Recording<R = BufReader<File>> {
    path: PathBuf,
    file: R,
    repeat: bool,
    pictures: Header,
    /// Frames since the beginning of the file.
    frames: u64,
    cut_off: bool,
}

/// What the header line says of all frames.
#[derive(Debug, Clone, Copy)]
struct Header {
    width: u32,
    height: u32,
    format: PixelFormat,
}

impl Recording {
    pub(super) fn open(path: &Path, repeat: bool) -> Result<Self> {
        Self::new(open_file(path)?, path, repeat)
    }
}

impl<R: Source> Recording<R> {
    /// Reads the header line; `path` is what the file is called in errors.
    ///
    /// # Errors
    /// It is no Y4M file, or of a kind that is not read.
    pub fn new(mut file: R, path: &Path, repeat: bool) -> Result<Self> {
        let pictures = read_header(&mut file, path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            repeat,
            pictures,
            frames: 0,
            cut_off: false,
        })
    }

    /// Reads the next frame; `false` at the end of the file.
    fn read(&mut self, frame: &mut Frame) -> Result<bool> {
        let line = read_line(&mut self.file, &self.path)?;
        if line.is_empty() {
            return Ok(false);
        }
        if line != "FRAME" && !line.starts_with("FRAME ") {
            return Err(self.lost());
        }
        let Header {
            width,
            height,
            format,
        } = self.pictures;
        let wanted = format
            .frame_bytes(width, height)
            .expect("a frame that is not compressed has a fixed size");
        (frame.format, frame.width, frame.height) = (format, width, height);
        frame.data.clear();
        let read = self
            .file
            .by_ref()
            .take(wanted as u64)
            .read_to_end(&mut frame.data)
            .map_err(|error| unreadable(&self.path, error))?;
        self.cut_off = read < wanted;
        Ok(!self.cut_off)
    }

    fn lost(&self) -> Error {
        let at = self.frames + 1;
        Error::data(format!(
            "{}: frame {at} does not begin where it should",
            self.path.display()
        ))
        .advice("the file is damaged; make it again")
    }

    /// Writes the next frame, except for when it was taken.
    ///
    /// # Errors
    /// The file cannot be read, is damaged or holds no frame.
    pub fn next_frame(&mut self, frame: &mut Frame) -> Result<Captured> {
        loop {
            if self.read(frame)? {
                self.frames += 1;
                return Ok(Captured::Frame);
            }
            if std::mem::take(&mut self.cut_off) {
                let at = self.frames + 1;
                let error = Error::data(format!("{}: frame {at} is cut off", self.path.display()))
                    .advice("copy the file again; the copy may have been cut short");
                return Ok(Captured::Skipped(error));
            }
            if self.frames == 0 {
                return Err(
                    Error::data(format!("{} holds no frame", self.path.display()))
                        .advice("copy the file again; the copy may have been cut short"),
                );
            }
            if !self.repeat {
                return Ok(Captured::End);
            }
            self.frames = 0;
            self.file
                .rewind()
                .map_err(|error| unreadable(&self.path, error))?;
            self.pictures = read_header(&mut self.file, &self.path)?;
        }
    }
}

impl<R: Source> Pictures for Recording<R> {
    fn next(&mut self, frame: &mut Frame) -> Result<Captured> {
        self.next_frame(frame)
    }
}

/// Reads the header line; the size is checked before anything is allocated for it.
fn read_header(file: &mut impl BufRead, path: &Path) -> Result<Header> {
    let name = path.display();
    let line = read_line(file, path)?;
    let mut words = line.split(' ');
    if words.next() != Some("YUV4MPEG2") {
        return Err(Error::data(format!("{name} is no Y4M file"))
            .advice("make one with `ffmpeg -i VIDEO -pix_fmt yuv420p OUT.y4m`"));
    }
    let (mut width, mut height, mut colour) = (0_u32, 0_u32, "420jpeg");
    let mut format = PixelFormat::I420;
    for word in words {
        if let Some(value) = word.strip_prefix('W') {
            width = value.parse().unwrap_or(0);
        } else if let Some(value) = word.strip_prefix('H') {
            height = value.parse().unwrap_or(0);
        } else if let Some(value) = word.strip_prefix('C') {
            colour = value;
        } else if word == "XCOLORRANGE=FULL" {
            format = PixelFormat::I420Full;
        }
    }
    if width == 0 || height == 0 {
        return Err(Error::data(format!(
            "{name}: the header does not say how large the pictures are"
        ))
        .advice("the file is damaged; make it again"));
    }
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(too_large(&name.to_string(), (width, height)));
    }
    if !matches!(colour, "420" | "420jpeg" | "420mpeg2" | "420paldv") {
        return Err(Error::data(format!(
            "{name}: the colours are stored as {colour}, not as 4:2:0 with 8 bits"
        ))
        .advice("convert it with `ffmpeg -i IN.y4m -pix_fmt yuv420p OUT.y4m`"));
    }
    Ok(Header {
        width,
        height,
        format,
    })
}

/// Reads a line of text without its end; empty at the end of the file.
fn read_line(file: &mut impl BufRead, path: &Path) -> Result<String> {
    let mut line = Vec::new();
    file.by_ref()
        .take(LONGEST_LINE)
        .read_until(b'\n', &mut line)
        .map_err(|error| unreadable(path, error))?;
    line.pop_if(|last| *last == b'\n');
    Ok(String::from_utf8_lossy(&line).into_owned())
}

#[cfg(test)]
#[path = "y4m_tests.rs"]
mod tests;
