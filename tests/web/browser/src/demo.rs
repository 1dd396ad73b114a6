//! `make demo-web`, as people start it: a daemon that replays photographs, and its page.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Outcome;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/web.sh");

/// A demonstration that runs.
pub struct Demo {
    script: Child,
    /// The address of the page.
    pub page: String,
    /// The code that lets a browser in.
    pub code: String,
}

impl Demo {
    /// Starts it at a port that is free, and waits until it says where it is.
    pub fn start(program: &Path) -> Outcome<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let mut script = Command::new("sh")
            .arg(SCRIPT)
            .arg(program)
            .arg(&address)
            .stdout(Stdio::piped())
            .spawn()?;
        let said = script
            .stdout
            .take()
            .ok_or("the demonstration has no output")?;
        // It is read to its end, so that nobody waits for a reader.
        let mut lines = BufReader::new(said).lines();
        let told = lines
            .by_ref()
            .map_while(Result::ok)
            .find(|line| line.contains("pair with the code"));
        std::thread::spawn(move || lines.for_each(drop));
        let demo = |code: &str| Self {
            script,
            page: format!("http://{address}"),
            code: code.into(),
        };
        let told = told.ok_or("the demonstration ended without saying where the page is")?;
        let (_, rest) = told
            .split_once("code ")
            .ok_or("the demonstration told no code")?;
        let code: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Ok(demo(&code))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It ends the daemon and the page; killed it could not.
        let _ = Command::new("kill")
            .arg(self.script.id().to_string())
            .status();
        let _ = self.script.wait();
    }
}
