//! A child process whose standard output is read without ever waiting too long, and whose last words
//! on standard error are kept for the error message.

use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, ChildStdout, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// What is kept of the child's last words.
const LAST_WORDS: usize = 2048;

/// How a child ended, in words.
pub(super) fn ended(status: Option<ExitStatus>) -> String {
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
pub(super) enum Received {
    /// Something was handed over.
    Bytes,
    /// The time is over.
    Nothing,
    /// The child has closed its output, and has mostly ended.
    End(Option<ExitStatus>),
}

/// The child and the ends of its pipes; dropping them kills and reaps the child.
pub(super) struct Pipes {
    child: Child,
    stdout: ChildStdout,
    stderr: Option<ChildStderr>,
    chunk: Vec<u8>,
    said: Vec<u8>,
}

impl Pipes {
    /// Takes over the child, whose output and standard error must be pipes.
    pub(super) fn new(mut child: Child) -> io::Result<Self> {
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

    /// Waits for output for as long as `patience`, and hands what has come to `take`.
    pub(super) fn receive(
        &mut self,
        patience: Duration,
        mut take: impl FnMut(&[u8]),
    ) -> io::Result<Received> {
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
    pub(super) fn last_words(&mut self) -> String {
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
