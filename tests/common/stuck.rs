//! Readers who do not read, and a daemon that has much to tell them.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, ErrorKind, PipeReader, PipeWriter, Read, Write, pipe};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Long enough for a busy machine; a test that fails waits this long.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The unit gives the daemon this long to end; afterwards it is killed.
pub const LONGEST_STOP: Duration = Duration::from_secs(15);

/// A pipe without room for another byte.
pub struct FullPipe {
    /// The side that does not read.
    pub reader: PipeReader,
    /// The side that the program gets.
    pub writer: PipeWriter,
    filled: usize,
}

impl FullPipe {
    /// Makes one whose writers wait for room, or are refused until there is some.
    pub fn new(writers_wait: bool) -> Self {
        let (reader, mut writer) = pipe().expect("a pipe");
        rustix::io::ioctl_fionbio(&writer, true).expect("it need not wait");
        let mut filled = 0;
        for chunk in [&[b'.'; 4096][..], b"."] {
            loop {
                match writer.write(chunk) {
                    Ok(written) => filled += written,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
        rustix::io::ioctl_fionbio(&writer, !writers_wait).expect("it may wait again");
        Self {
            reader,
            writer,
            filled,
        }
    }

    /// Reads what filled it, and leaves a pipe that is read. The program must have got its side.
    pub fn read_on(self) -> PipeReader {
        let Self {
            mut reader,
            writer,
            filled,
        } = self;
        drop(writer);
        let mut filling = vec![0; filled];
        reader.read_exact(&mut filling).expect("what filled it");
        reader
    }
}

/// Reads lines as they come, on a thread of its own.
pub fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// The lines up to the first one that contains `wanted`.
#[track_caller]
pub fn until(lines: &Receiver<String>, wanted: &str) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => seen.push(line),
            Err(error) => panic!("no {wanted}: {error}"),
        }
        if seen.last().is_some_and(|line| line.contains(wanted)) {
            return seen;
        }
    }
}

/// Waits until the program has ended of itself.
#[track_caller]
pub fn ended_within(child: &mut Child, limit: Duration) -> ExitStatus {
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().expect("it can be asked") {
            return status;
        }
        if Instant::now() > end {
            child.kill().expect("it can be killed");
            child.wait().expect("it has ended");
            panic!("it did not end within {limit:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A child that is killed where its test fails.
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A configuration that shows one photograph again and again, whose light goes off after a second.
pub fn busy(folder: &Path) -> PathBuf {
    let file = super::daemon::endless(folder, "");
    let text = std::fs::read_to_string(&file).expect("just written");
    let simulated = "backend = \"simulated\"";
    let text = text.replace(simulated, &format!("{simulated}\nmax-on-ms = 1000"));
    std::fs::write(&file, text).expect("written");
    file
}

/// Makes a configuration wrong in a few places, so that its refusal is 200 kilobytes long.
pub fn spoil(config: &Path) {
    let mut text = std::fs::read_to_string(config).expect("it is there");
    for key in 0..20 {
        let _ = writeln!(text, "[unknown-{key}-{}]", "x".repeat(10_000));
    }
    std::fs::write(config, text).expect("written");
}

/// systemd's end of the notification socket.
pub struct Systemd {
    socket: UnixDatagram,
    /// Its address.
    pub path: PathBuf,
}

impl Systemd {
    pub fn new(folder: &Path) -> Self {
        let path = folder.join("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
        Self { socket, path }
    }

    /// Puts words into the socket until it takes no more.
    pub fn fill(&self) {
        let other = UnixDatagram::unbound().expect("a socket");
        other.connect(&self.path).expect("it is there");
        other.set_nonblocking(true).expect("it need not wait");
        while other.send(b"X_FILLING=1").is_ok() {}
    }

    /// The next datagram.
    pub fn next(&self) -> String {
        let mut buffer = [0; 1024];
        let length = self.socket.recv(&mut buffer).expect("it is told something");
        String::from_utf8(buffer[..length].to_vec()).expect("text")
    }

    /// The next datagram that is not what it was filled with.
    pub fn next_of_daemon(&self) -> String {
        loop {
            let told = self.next();
            if told != "X_FILLING=1" {
                return told;
            }
        }
    }

    pub fn wait_for(&self, wanted: &str) {
        while !self.next().contains(wanted) {}
    }
}
