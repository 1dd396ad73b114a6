//! Imports from folders, and from a server on this machine that behaves as badly as servers do.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod crawling;
mod gathering;
mod server;

use std::cell::{Cell, RefCell};
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use image::{ImageFormat, Rgb, RgbImage};

use super::clock::Clock;

/// A clock that moves only when somebody waits, and remembers how long each waited.
#[derive(Debug, Default)]
struct PatientClock {
    now: Cell<Duration>,
    pauses: RefCell<Vec<Duration>>,
}

impl Clock for PatientClock {
    fn now(&self) -> Duration {
        self.now.get()
    }

    fn date(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_795_564_800) + self.now.get()
    }

    fn pause(&self, time: Duration) {
        self.now.set(self.now.get() + time);
        self.pauses.borrow_mut().push(time);
    }
}

/// A picture of its own for each number.
fn picture(number: u8, format: ImageFormat) -> Vec<u8> {
    let drawn = RgbImage::from_fn(90, 80, |x, y| Rgb([x as u8 ^ number, y as u8, number]));
    let mut file = Cursor::new(Vec::new());
    drawn.write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn jpeg(number: u8) -> Vec<u8> {
    picture(number, ImageFormat::Jpeg)
}

/// The names in a class's folder, in order; temporary files would be among them.
fn names(root: &Path, class: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root.join(class)) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
