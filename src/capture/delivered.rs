//! From what a driver delivers to what a frame holds: the bytes of the picture, and when it was taken.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::offer::Offer;
use super::size::Size;
use crate::jpeg::{Step, Walk};

/// A picture's age beyond this comes from a clock that is not ours.
const OLDEST: Duration = Duration::from_secs(5);

/// Cuts the driver's buffer to the picture in it, and gives its size; `None` when it is not all there.
pub(super) fn cut_to_picture(data: &mut Vec<u8>, taken: Offer) -> Option<Size> {
    let offered = (taken.width, taken.height);
    if let Some(wanted) = taken.format.frame_bytes(taken.width, taken.height) {
        let complete = data.len() >= wanted;
        data.truncate(wanted);
        return complete.then_some(offered);
    }
    // Behind a JPEG stand bytes of earlier, longer ones. Where no end is found, whoever decodes it judges:
    // some cameras leave the end marker out.
    let mut walk = Walk::default();
    if let Step::End(end) | Step::Next(end) = walk.advance(data) {
        data.truncate(end);
    }
    (!data.is_empty()).then(|| walk.size().unwrap_or(offered))
}

/// The instant of a wall-clock timestamp; now, where there is none that could be true.
pub(super) fn taken_at(wall: Option<Duration>) -> Instant {
    let now = Instant::now();
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    wall.and_then(|wall| since_epoch.checked_sub(wall))
        .filter(|age| *age <= OLDEST)
        .and_then(|age| now.checked_sub(age))
        .unwrap_or(now)
}

#[cfg(test)]
#[path = "delivered_tests.rs"]
mod tests;
