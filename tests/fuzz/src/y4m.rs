//! A Y4M recording.

use std::io::Cursor;
use std::path::Path;
use std::time::Instant;

use sortd::capture::replay::Y4mRecording;
use sortd::capture::{Captured, Frame};

/// More frames than these are not looked at; a recording that is repeated has no end.
const MOST_FRAMES: usize = 20;

/// Reads a recording, repeated or not as the first byte says; each frame has the bytes that its size asks for.
pub fn run(data: &[u8]) {
    let Some((repeat, file)) = data.split_first() else {
        return;
    };
    let recording = Y4mRecording::new(Cursor::new(file), Path::new("clip.y4m"), repeat & 1 == 1);
    let mut recording = match recording {
        Ok(recording) => recording,
        Err(error) => return crate::assert_visible(&error.to_string()),
    };
    let mut frame = Frame::empty(Instant::now());
    for _ in 0..MOST_FRAMES {
        match recording.next_frame(&mut frame) {
            Ok(Captured::Frame) => {
                let wanted = frame.format.frame_bytes(frame.width, frame.height);
                assert_eq!(Some(frame.data.len()), wanted);
            }
            Ok(Captured::Skipped(error)) => crate::assert_visible(&error.to_string()),
            Ok(Captured::End) => return,
            Err(error) => return crate::assert_visible(&error.to_string()),
        }
    }
}
