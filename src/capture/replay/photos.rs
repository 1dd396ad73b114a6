//! Photographs as a camera over a drop zone would see them: nothing, an item, nothing, the next item.
//!
//! The empty drop zone is not photographed but *drawn*: a light board of tiles, a little darker
//! towards its corners. Like any real bottom of a bin it has marks of its own, the joints, without
//! which a sheet of white paper on it would be invisible. Each frame carries a little noise, like that of a sensor, which depends on
//! nothing but the frame's number: two frames are never equal, and two runs always are.

use std::collections::VecDeque;
use std::time::Instant;

use super::{Photo, Pictures};
use crate::capture::{Captured, Frame, PixelFormat};
use crate::error::{Error, Result};

/// How photographs are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Showing {
    /// Frames that each photograph is shown, and frames of the empty drop zone after it.
    pub frames_per_photo: u32,
    /// Photographs wider than this are made smaller.
    pub width: u32,
    /// Photographs higher than this are made smaller.
    pub height: u32,
}

/// What a run of frames shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scene {
    Empty,
    Photo,
}

/// The frames that show photographs one after the other, each before and after an empty drop zone of
/// its own size.
pub struct PhotoSequence {
    photos: Vec<Photo>,
    showing: Showing,
    repeat: bool,
    /// The photograph that is read next.
    next: usize,
    /// Whether any photograph could be read since the first.
    readable: bool,
    /// What comes, and for how many frames.
    scenes: VecDeque<(Scene, u32)>,
    current: Scene,
    picture: Frame,
    /// The empty drop zone, of the picture's size.
    board: Frame,
    frames: u64,
    noise: Noise,
}

impl PhotoSequence {
    /// A sequence that begins with an empty drop zone.
    #[must_use]
    pub fn new(photos: Vec<Photo>, showing: Showing, repeat: bool) -> Self {
        let nothing = Frame::empty(Instant::now());
        Self {
            photos,
            showing,
            repeat,
            next: 0,
            readable: false,
            scenes: VecDeque::new(),
            current: Scene::Empty,
            picture: nothing.clone(),
            board: nothing,
            frames: 0,
            noise: Noise::new(),
        }
    }

    /// Writes the next frame, except for when it was taken: the sequence knows no clock.
    ///
    /// # Errors
    /// Not one of the photographs can be read. A single one that cannot is [`Captured::Skipped`].
    pub fn next_frame(&mut self, frame: &mut Frame) -> Result<Captured> {
        while self.scenes.is_empty() {
            if self.next < self.photos.len() {
                if let Err(error) = self.read_next() {
                    // Where there is but one, its own error says it all.
                    let only = self.photos.len() == 1;
                    return if only {
                        Err(error)
                    } else {
                        Ok(Captured::Skipped(error))
                    };
                }
            } else if !self.readable {
                return Err(self.nothing_readable());
            } else if self.repeat {
                (self.next, self.readable) = (0, false);
            } else {
                return Ok(Captured::End);
            }
        }
        self.show(frame);
        Ok(Captured::Frame)
    }

    /// The photograph that the last frame showed; `None` while the drop zone is empty.
    #[must_use]
    pub fn shown(&self) -> Option<&Photo> {
        let last = self
            .next
            .checked_sub(1)
            .and_then(|last| self.photos.get(last));
        last.filter(|_| self.current == Scene::Photo)
    }

    fn read_next(&mut self) -> Result<()> {
        let photo = &self.photos[self.next];
        self.next += 1;
        self.picture = photo.read_within(self.showing.width, self.showing.height)?;
        self.readable = true;
        let frames = self.showing.frames_per_photo.max(1);
        if (self.board.width, self.board.height) != (self.picture.width, self.picture.height) {
            self.board = light_board(self.picture.width, self.picture.height);
            self.scenes.push_back((Scene::Empty, frames));
        }
        self.scenes
            .extend([(Scene::Photo, frames), (Scene::Empty, frames)]);
        Ok(())
    }

    fn show(&mut self, frame: &mut Frame) {
        if let Some((scene, left)) = self.scenes.front_mut() {
            self.current = *scene;
            *left -= 1;
            if *left == 0 {
                self.scenes.pop_front();
            }
        }
        let source = if self.current == Scene::Photo {
            &self.picture
        } else {
            &self.board
        };
        frame.data.clear();
        frame.data.extend_from_slice(&source.data);
        (frame.format, frame.width, frame.height) = (source.format, source.width, source.height);
        self.frames += 1;
        self.noise.add(self.frames, &mut frame.data);
    }

    fn nothing_readable(&self) -> Error {
        let first = self.photos.first().map_or("there is none", Photo::name);
        Error::data(format!(
            "none of {} photographs can be read ({first} ...)",
            self.photos.len()
        ))
        .advice("`sortd classify` says for each file what is wrong with it")
    }
}

impl Pictures for PhotoSequence {
    fn next(&mut self, frame: &mut Frame) -> Result<Captured> {
        self.next_frame(frame)
    }
}

/// A light board as a camera above it would see it: drawn, not photographed.
fn light_board(width: u32, height: u32) -> Frame {
    // Light grey, slightly warm; the corners get a fifteenth less light.
    const CENTRE: [f32; 3] = [216.0, 214.0, 208.0];
    const FALL: f32 = 14.0;
    const JOINT: f32 = 60.0;
    let mut data = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let (dx, dy) = (off_centre(x, width), off_centre(y, height));
            let fall = FALL * (dx * dx + dy * dy) / 2.0;
            let joint = if in_joint(x, width) || in_joint(y, height) {
                JOINT
            } else {
                0.0
            };
            data.extend(CENTRE.map(|level| (level - fall - joint) as u8));
        }
    }
    Frame {
        data,
        format: PixelFormat::Rgb8,
        width,
        height,
        captured_at: Instant::now(),
    }
}

/// Whether a pixel lies in a joint between two of eight tiles and a half.
fn in_joint(at: u32, length: u32) -> bool {
    let tile = (at as f32 + 0.5) * 8.0 / length as f32;
    (tile.fract() - 0.5).abs() < 0.06
}

/// Where a pixel stands between the centre (0) and an edge (1 or -1).
fn off_centre(at: u32, length: u32) -> f32 {
    (at as f32 + 0.5) / length as f32 * 2.0 - 1.0
}

/// Noise of at most two steps up or down, the same in every run.
struct Noise {
    table: Vec<i8>,
}

impl Noise {
    /// A prime, so that the noise does not line up with the rows of a picture.
    const LENGTH: usize = 65_521;

    fn new() -> Self {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let table = (0..Self::LENGTH)
            .map(|_| {
                // xorshift64 (G. Marsaglia, "Xorshift RNGs", 2003).
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state % 5) as i8 - 2
            })
            .collect();
        Self { table }
    }

    fn add(&self, frame: u64, data: &mut [u8]) {
        // Far enough apart that no two frames of a day have the same noise.
        let first = (frame.wrapping_mul(7919) % Self::LENGTH as u64) as usize;
        let (before, from) = self.table.split_at(first);
        for (byte, step) in data.iter_mut().zip(from.iter().chain(before).cycle()) {
            *byte = byte.saturating_add_signed(*step);
        }
    }
}

#[cfg(test)]
#[path = "photos_tests.rs"]
mod tests;
