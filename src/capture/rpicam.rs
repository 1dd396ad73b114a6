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
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

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

/// What is kept of the child's last words.
const LAST_WORDS: usize = 2048;

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
                        .advice("reinstall it: `sudo apt install --reinstall rpicam-apps`"));
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
                "run `sudo apt install rpicam-apps`, or set `source = \"v4l2\"` for a USB camera",
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
            RpicamEncoding::Mjpeg => (PixelFormat::Mjpeg, Pictures::Mjpeg(Splitter::default())),
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
    Mjpeg(Splitter),
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

fn ended(status: Option<ExitStatus>) -> String {
    match status {
        None => "closed its output".to_owned(),
        Some(status) => match (status.code(), status.signal()) {
            (Some(code), _) => format!("ended with exit status {code}"),
            (None, Some(signal)) => format!("was killed by signal {signal}"),
            (None, None) => "ended".to_owned(),
        },
    }
}

/// What came of waiting for the child.
enum Received {
    Bytes,
    Nothing,
    End(Option<ExitStatus>),
}

/// The child and the ends of its pipes; dropping them kills and reaps the child.
struct Pipes {
    child: Child,
    stdout: ChildStdout,
    stderr: Option<ChildStderr>,
    chunk: Vec<u8>,
    said: Vec<u8>,
}

impl Pipes {
    fn new(mut child: Child) -> io::Result<Self> {
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let stdout = stdout.ok_or_else(|| io::Error::other("it has no standard output"))?;
        // Only our ends become non-blocking; the child's are separate.
        set_nonblocking(&stdout)?;
        if let Some(stderr) = &stderr {
            set_nonblocking(stderr)?;
        }
        // As much as a pipe holds (pipe(7)).
        let chunk = vec![0; 64 << 10];
        Ok(Self {
            child,
            stdout,
            stderr,
            chunk,
            said: Vec::new(),
        })
    }

    /// Waits for output and hands all that has come to `take`.
    fn receive(&mut self, patience: Duration, mut take: impl FnMut(&[u8])) -> io::Result<Received> {
        let until = Instant::now() + patience;
        loop {
            self.listen();
            // One read empties the pipe; a second one would let a child that only floods hold us.
            match self.stdout.read(&mut self.chunk) {
                Ok(0) => return Ok(Received::End(self.reap())),
                Ok(length) => {
                    take(&self.chunk[..length]);
                    return Ok(Received::Bytes);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Received::Nothing);
            }
            self.wait(left)?;
        }
    }

    fn wait(&self, patience: Duration) -> io::Result<()> {
        let timeout = Timespec {
            tv_sec: i64::try_from(patience.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: patience.subsec_nanos().into(),
        };
        let stdout = PollFd::new(&self.stdout, PollFlags::IN);
        let outcome = match &self.stderr {
            Some(stderr) => poll(
                &mut [stdout, PollFd::new(stderr, PollFlags::IN)],
                Some(&timeout),
            ),
            None => poll(&mut [stdout], Some(&timeout)),
        };
        outcome.map(drop).map_err(io::Error::from)
    }

    /// Reads what the child says on its standard error, and keeps the end of it.
    fn listen(&mut self) {
        let mut words = [0; 1024];
        while let Some(stderr) = &mut self.stderr {
            match stderr.read(&mut words) {
                Ok(length @ 1..) => {
                    self.said.extend_from_slice(&words[..length]);
                    let surplus = self.said.len().saturating_sub(LAST_WORDS);
                    self.said.drain(..surplus);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Ok(_) | Err(_) => self.stderr = None,
            }
        }
    }

    /// The last line that the child wrote to its standard error.
    fn last_words(&mut self) -> String {
        self.listen();
        let said = String::from_utf8_lossy(&self.said);
        said.lines()
            .map(str::trim)
            .rfind(|line| !line.is_empty())
            .unwrap_or_default()
            .to_owned()
    }

    /// The exit status of a child that has closed its output and is about to end.
    fn reap(&mut self) -> Option<ExitStatus> {
        for _ in 0..20 {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for Pipes {
    fn drop(&mut self) {
        // Both fail only when the child has been reaped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn set_nonblocking(pipe: &impl AsFd) -> io::Result<()> {
    let flags = fcntl_getfl(pipe)?;
    Ok(fcntl_setfl(pipe, flags | OFlags::NONBLOCK)?)
}

#[cfg(test)]
#[path = "rpicam_tests.rs"]
mod tests;
