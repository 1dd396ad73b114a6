//! CSI cameras, through `rpicam-vid` as a child process that writes pictures to its standard output.
//!
//! A child instead of a library, because libcamera's interface breaks with upgrades of the system and
//! the command line does not. The options are those of rpicam-apps (`core/options.cpp`,
//! `core/video_options.cpp`); older systems call the same program `libcamera-vid`.
//!
//! YUV 4:2:0 comes without anything that marks a frame, and with rows padded to the alignment of the
//! image processor: 64 bytes on the Pi 4 and before (rpicam-apps issue 188), 64 bytes for the half as
//! wide chroma rows on the Pi 5 (libpisp, `compute_stride_align`). A width that is a multiple of 128
//! needs no padding on either, so the wanted width is rounded up to one.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::child::{Pipes, Received, ended};
use super::interrupt::unshielded;
use super::mjpeg::Splitter;
use super::offer::Wanted;
use super::{Camera, Captured, Frame, Opener, PixelFormat};
use crate::config::RpicamEncoding;
use crate::error::{Error, Result};

/// A sensor that starts takes a second or two for its first picture, and longer on a loaded Pi.
const STARTING: Duration = Duration::from_secs(8);

/// Rows of this many pixels are not padded.
const UNPADDED: u32 = 128;

/// Starts `rpicam-vid`.
#[derive(Debug)]
pub struct RpicamOpener {
    /// Programs to try, each with the arguments that stand before the options.
    commands: Vec<Vec<OsString>>,
    index: u32,
    encoding: RpicamEncoding,
    wanted: Wanted,
    deadline: Duration,
}

impl RpicamOpener {
    /// The camera that `rpicam-hello --list-cameras` counts as `index`.
    #[must_use]
    pub fn new(index: u32, encoding: RpicamEncoding, wanted: Wanted, deadline: Duration) -> Self {
        let commands = vec![vec!["rpicam-vid".into()], vec!["libcamera-vid".into()]];
        let wanted = fitting(wanted, encoding);
        Self {
            commands,
            index,
            encoding,
            wanted,
            deadline,
        }
    }

    /// Starts another program instead; what follows its name stands before the options.
    #[must_use]
    pub fn with_command(mut self, command: Vec<OsString>) -> Self {
        self.commands = vec![command];
        self
    }

    fn spawn(&self) -> Result<(String, Child)> {
        for command in &self.commands {
            let Some((program, arguments)) = command.split_first() else {
                continue;
            };
            let mut command = Command::new(program);
            command.args(arguments).args(self.options());
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            let name = program.to_string_lossy().into_owned();
            match unshielded(|| command.spawn()) {
                Ok(child) => return Ok((name, child)),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(Error::unavailable(format!("{name} cannot be started"))
                        .caused_by(error)
                        .advice("reinstall it: `sudo apt install --reinstall rpicam-apps-lite`"));
                }
            }
        }
        let names: Vec<_> = self
            .commands
            .iter()
            .flatten()
            .map(|name| name.to_string_lossy())
            .collect();
        Err(
            Error::unavailable(format!("{} is not installed", names.join(" or "))).advice(
                "run `sudo apt install rpicam-apps-lite`, or set `source = \"v4l2\"` for a USB camera",
            ),
        )
    }

    fn options(&self) -> Vec<String> {
        let codec = match self.encoding {
            RpicamEncoding::Mjpeg => "mjpeg",
            RpicamEncoding::Yuv420 => "yuv420",
        };
        let Wanted { width, height, fps } = self.wanted;
        let text = format!(
            "--camera {} --nopreview --timeout 0 --codec {codec} --width {width} --height {height} \
             --framerate {fps} --flush --output -",
            self.index
        );
        text.split(' ').map(str::to_owned).collect()
    }
}

impl Opener for RpicamOpener {
    /// Starts the child and waits until it writes, so that a missing camera is told as such.
    fn open(&mut self) -> Result<Box<dyn Camera>> {
        let (program, child) = self.spawn()?;
        let Wanted { width, height, fps } = self.wanted;
        let (format, pictures) = match self.encoding {
            RpicamEncoding::Mjpeg => (PixelFormat::Mjpeg, Pictures::Mjpeg(Box::default())),
            RpicamEncoding::Yuv420 => (PixelFormat::I420, Pictures::Yuv420(Vec::new())),
        };
        let name = format!("{program} (camera {})", self.index);
        let description = format!("{name}, {} {width}x{height} at {fps} fps", format.name());
        let pipes = Pipes::new(child).map_err(|error| {
            Error::internal(format!("{name}: its output cannot be read")).caused_by(error)
        })?;
        let mut camera = RpicamCamera {
            name,
            description,
            width,
            height,
            deadline: self.deadline,
            pictures,
            pipes,
        };
        camera.receive(STARTING)?;
        Ok(Box::new(camera))
    }
}

/// The wanted size made even, and for YUV 4:2:0 as wide as needs no padding.
const fn fitting(wanted: Wanted, encoding: RpicamEncoding) -> Wanted {
    let step = match encoding {
        RpicamEncoding::Mjpeg => 2,
        RpicamEncoding::Yuv420 => UNPADDED,
    };
    Wanted {
        width: wanted.width.next_multiple_of(step),
        height: wanted.height.next_multiple_of(2),
        fps: wanted.fps,
    }
}

/// Bytes that have come and are no picture yet.
enum Pictures {
    Mjpeg(Box<Splitter>),
    Yuv420(Vec<u8>),
}

struct RpicamCamera {
    name: String,
    description: String,
    width: u32,
    height: u32,
    deadline: Duration,
    pictures: Pictures,
    pipes: Pipes,
}

impl Camera for RpicamCamera {
    fn description(&self) -> &str {
        &self.description
    }

    fn capture(&mut self, frame: &mut Frame) -> Result<Captured> {
        let until = Instant::now() + self.deadline;
        loop {
            let now = Instant::now();
            if self.take_newest(frame) {
                frame.captured_at = now;
                return Ok(Captured::Frame);
            }
            if now >= until {
                let what = format!("wrote no picture for {:.1} s", self.deadline.as_secs_f32());
                return Err(self.failed(&what));
            }
            if let Pictures::Mjpeg(splitter) = &mut self.pictures
                && splitter.take_skipped() > 0
            {
                let what = format!("{}: a damaged picture", self.name);
                return Ok(Captured::Skipped(
                    Error::unavailable(what).advice(CHECK_CABLE),
                ));
            }
            self.receive(until.saturating_duration_since(now))?;
        }
    }
}

const CHECK_CABLE: &str = "check the ribbon cable; `rpicam-hello --list-cameras` shows the cameras";

impl RpicamCamera {
    /// Takes the newest complete picture and forgets those before it.
    fn take_newest(&mut self, frame: &mut Frame) -> bool {
        match &mut self.pictures {
            Pictures::Mjpeg(splitter) => {
                let mut taken = false;
                while let Some((width, height)) = splitter.next(&mut frame.data) {
                    (frame.format, frame.width, frame.height) = (PixelFormat::Mjpeg, width, height);
                    taken = true;
                }
                taken
            }
            Pictures::Yuv420(bytes) => {
                let size = PixelFormat::I420
                    .frame_bytes(self.width, self.height)
                    .expect("an I420 frame has a fixed size");
                let complete = bytes.len() / size * size;
                if complete == 0 {
                    return false;
                }
                frame.data.clear();
                frame
                    .data
                    .extend_from_slice(&bytes[complete - size..complete]);
                bytes.drain(..complete);
                (frame.format, frame.width, frame.height) =
                    (PixelFormat::I420, self.width, self.height);
                true
            }
        }
    }

    /// Waits until the child has written something, and takes it all.
    fn receive(&mut self, patience: Duration) -> Result<()> {
        let pictures = &mut self.pictures;
        let received = self.pipes.receive(patience, |bytes| match pictures {
            Pictures::Mjpeg(splitter) => splitter.push(bytes),
            Pictures::Yuv420(buffer) => buffer.extend_from_slice(bytes),
        });
        match received {
            Ok(Received::Bytes) => Ok(()),
            Ok(Received::Nothing) => Err(self.failed(&format!(
                "wrote nothing for {:.1} s",
                patience.as_secs_f32()
            ))),
            Ok(Received::End(status)) => Err(self.failed(&ended(status))),
            Err(error) => Err(self.failed("was interrupted").caused_by(error)),
        }
    }

    /// What became of the child, with its own last words.
    fn failed(&mut self, what: &str) -> Error {
        let said = match self.pipes.last_words() {
            words if words.is_empty() => String::new(),
            words => format!("; its last words: {words}"),
        };
        Error::unavailable(format!("{} {what}{said}", self.name)).advice(CHECK_CABLE)
    }
}

#[cfg(test)]
#[path = "rpicam_tests.rs"]
mod tests;
