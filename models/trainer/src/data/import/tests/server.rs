//! A web server on the loopback, one connection at a time, that gives what a test tells it to.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Bytes of an answer without end; the guest must hang up long before.
const ENDLESS: usize = 50_000_000;

/// How the server answers for one path.
#[derive(Debug, Clone)]
pub enum Page {
    /// A whole answer with these head lines.
    Plain(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Less content than the head promises, then silence until the guest hangs up.
    Stalling(Vec<u8>),
    /// Less content than the head promises, then the end.
    CutOff(Vec<u8>),
    /// Content without a length and without an end.
    Endless,
    /// Different answers, one after the other; the last again and again.
    Then(Vec<Page>),
}

impl Page {
    /// A picture, said to be of `kind`.
    pub fn of(kind: &str, body: Vec<u8>) -> Self {
        Self::Plain(200, vec![("Content-Type", kind.to_owned())], body)
    }

    /// A redirect to `target`.
    pub fn elsewhere(target: &str) -> Self {
        Self::Plain(302, vec![("Location", target.to_owned())], Vec::new())
    }

    /// An answer without content.
    pub fn status(status: u16) -> Self {
        Self::Plain(status, Vec::new(), Vec::new())
    }
}

/// A running server; it ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `pages`, and 404 for all else.
    pub fn start(pages: &[(&str, Page)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut pages: HashMap<String, Page> = pages
            .iter()
            .map(|(path, page)| ((*path).to_owned(), page.clone()))
            .collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let ends = Arc::new(AtomicBool::new(false));
        let (heard, over) = (Arc::clone(&asked), Arc::clone(&ends));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                // A guest that hangs up in the middle is part of the tests.
                let _ = stream.and_then(|stream| serve(stream, &mut pages, &heard));
            }
        });
        Self {
            address,
            asked,
            ends,
            thread: Some(thread),
        }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths that were asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // One last guest wakes the server up, so that it sees that it shall end.
        let _ = TcpStream::connect(&self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(
    mut stream: TcpStream,
    pages: &mut HashMap<String, Page>,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    // Whatever goes wrong, no test waits for longer.
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 8_000 {
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    asked.lock().unwrap().push(path.clone());
    let mut page = pages.get(&path).cloned().unwrap_or(Page::status(404));
    if let Some(Page::Then(pages)) = pages.get_mut(&path) {
        page = pages[0].clone();
        if pages.len() > 1 {
            pages.remove(0);
        }
    }
    answer(&mut stream, page)
}

fn answer(stream: &mut TcpStream, page: Page) -> std::io::Result<()> {
    let ok = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: image/jpeg\r\n";
    match page {
        Page::Plain(status, lines, body) => {
            let mut head = format!("HTTP/1.1 {status} Said\r\nConnection: close\r\n");
            if !lines.iter().any(|(name, _)| *name == "Content-Length") {
                let _ = write!(head, "Content-Length: {}\r\n", body.len());
            }
            for (name, value) in lines {
                let _ = write!(head, "{name}: {value}\r\n");
            }
            stream.write_all(format!("{head}\r\n").as_bytes())?;
            stream.write_all(&body)?;
            stream.shutdown(Shutdown::Write)
        }
        Page::Stalling(body) => {
            let length = body.len() * 2;
            stream.write_all(format!("{ok}Content-Length: {length}\r\n\r\n").as_bytes())?;
            stream.write_all(&body)?;
            stream.read(&mut [0]).map(|_| ())
        }
        Page::CutOff(body) => {
            let length = body.len() * 2;
            stream.write_all(format!("{ok}Content-Length: {length}\r\n\r\n").as_bytes())?;
            stream.write_all(&body)?;
            stream.shutdown(Shutdown::Both)
        }
        Page::Endless => {
            stream.write_all(format!("{ok}\r\n").as_bytes())?;
            for _ in 0..ENDLESS / 10_000 {
                stream.write_all(&[0xff; 10_000])?;
            }
            Ok(())
        }
        Page::Then(_) => Ok(()),
    }
}
