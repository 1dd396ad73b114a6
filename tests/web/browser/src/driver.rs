//! ChromeDriver, which drives Chromium.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::Outcome;

/// A driver that runs, at a port of its own choice.
pub struct Driver {
    child: Child,
    /// Where it is asked.
    pub address: String,
}

impl Driver {
    /// Starts it.
    pub fn start() -> Outcome<Self> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| {
                format!("chromedriver: {error}; install it (Debian: chromium-driver)")
            })?;
        let said = child.stdout.take().ok_or("chromedriver has no output")?;
        let mut lines = BufReader::new(said).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            Some(
                line.split_once("successfully on port ")?
                    .1
                    .trim_end_matches('.')
                    .parse::<u16>()
                    .ok(),
            )
            .flatten()
        });
        std::thread::spawn(move || lines.for_each(drop));
        let port = port.ok_or("chromedriver did not say at which port it is")?;
        Ok(Self {
            child,
            address: format!("http://127.0.0.1:{port}"),
        })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
