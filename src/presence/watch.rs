//! Is the picture itself to be trusted? Frozen, dark and covered cameras are recognised here.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher};
use std::time::{Duration, Instant};

use crate::capture::Frame;
use crate::preprocess::{GRID_WIDTH, LumaGrid};

/// What is wrong with the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureFault {
    /// The same picture again and again; a living sensor's noise makes each one different.
    Frozen,
    /// Too dark to recognise anything.
    Dark,
    /// The scene has lost its detail, as behind a hand, a sticker or a bag.
    Covered,
}

/// A fault must last this long before it is reported: one odd picture is none.
const LASTING: Duration = Duration::from_secs(4);

/// A zone in which nearly every cell is darker than this is dark.
const DARK: u8 = 28;

/// Share of the usual detail below which the lens is covered.
const LOST_DETAIL: f32 = 0.2;

/// Share of a picture's detail that is taken into the usual one.
const FOLLOW: f32 = 0.02;

/// The same while the lens seems covered: minutes, at six looks a second.
const FOLLOW_COVERED: f32 = 0.001;

/// A scene with less detail than this, in grey levels a cell, has none that could be lost.
const LEAST_DETAIL: f32 = 1.5;

/// Watches the pictures for faults.
#[derive(Debug, Default)]
pub struct PictureWatch {
    fingerprint: Option<u64>,
    usual_detail: f32,
    suspected: Option<(PictureFault, Instant)>,
    frozen_since: Option<Instant>,
}

impl PictureWatch {
    /// Looks at one picture and answers with the fault that has lasted, if there is one.
    pub fn observe(
        &mut self,
        frame: &Frame,
        grid: &LumaGrid,
        now: Instant,
    ) -> Option<PictureFault> {
        let suspicion = self.suspect(frame, grid, now);
        self.suspected = match (suspicion, self.suspected) {
            (None, _) => None,
            (Some(fault), Some((same, since))) if same == fault => Some((fault, since)),
            (Some(fault), _) => Some((fault, now)),
        };
        self.suspected
            .filter(|(_, since)| now - *since >= LASTING)
            .map(|(fault, _)| fault)
    }

    fn suspect(&mut self, frame: &Frame, grid: &LumaGrid, now: Instant) -> Option<PictureFault> {
        let fingerprint = fingerprint(&frame.data);
        let same = self.fingerprint.replace(fingerprint) == Some(fingerprint);
        self.frozen_since = same.then(|| self.frozen_since.unwrap_or(now));
        if self.frozen_since.is_some() {
            return Some(PictureFault::Frozen);
        }
        if is_dark(grid) {
            return Some(PictureFault::Dark);
        }
        let detail = detail(grid);
        let covered = self.usual_detail > LEAST_DETAIL && detail < LOST_DETAIL * self.usual_detail;
        let share = match (self.usual_detail == 0.0, covered) {
            (true, _) => 1.0,
            (false, false) => FOLLOW,
            // A cover must not become usual at once, but a new plain lining must in the end.
            (false, true) => FOLLOW_COVERED,
        };
        self.usual_detail += share * (detail - self.usual_detail);
        covered.then_some(PictureFault::Covered)
    }
}

/// Whether nearly every cell of the zone is dark.
pub(super) fn is_dark(grid: &LumaGrid) -> bool {
    let lit = grid.cells().iter().filter(|cell| **cell >= DARK).count();
    lit * 50 < grid.cells().len()
}

/// A hash of a sample of the bytes; an odd step meets every column and channel.
fn fingerprint(data: &[u8]) -> u64 {
    let mut hasher = BuildHasherDefault::<DefaultHasher>::default().build_hasher();
    hasher.write_usize(data.len());
    for chunk in data.chunks(61) {
        hasher.write_u8(chunk[0]);
    }
    hasher.finish()
}

/// Mean difference between horizontal neighbours, in grey levels.
fn detail(grid: &LumaGrid) -> f32 {
    let (mut sum, mut pairs) = (0u32, 0u32);
    for row in grid.cells().chunks_exact(GRID_WIDTH) {
        for pair in row.windows(2) {
            sum += u32::from(pair[0].abs_diff(pair[1]));
            pairs += 1;
        }
    }
    sum as f32 / pairs as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::PixelFormat;

    fn grid(cell: impl Fn(usize) -> u8) -> LumaGrid {
        let mut grid = LumaGrid::default();
        for (at, value) in grid.cells_mut().iter_mut().enumerate() {
            *value = cell(at);
        }
        grid
    }

    /// The fault after ten seconds of pictures whose bytes are `bytes(second)`.
    fn after_ten_seconds(
        watch: &mut PictureWatch,
        grid: &LumaGrid,
        bytes: impl Fn(u8) -> u8,
    ) -> Option<PictureFault> {
        let start = Instant::now();
        let mut fault = None;
        for second in 0..10 {
            let now = start + Duration::from_secs(u64::from(second));
            let data = vec![bytes(second); 500];
            let frame = Frame {
                data,
                format: PixelFormat::Rgb8,
                width: 1,
                height: 1,
                captured_at: now,
            };
            fault = watch.observe(&frame, grid, now);
        }
        fault
    }

    #[test]
    fn a_living_picture_has_no_fault() {
        let scene = grid(|at| if at % 7 < 3 { 60 } else { 160 });
        assert_eq!(
            after_ten_seconds(&mut PictureWatch::default(), &scene, |s| s),
            None
        );
    }

    #[test]
    fn the_same_bytes_for_seconds_are_a_frozen_picture() {
        let scene = grid(|at| (at % 200) as u8);
        let fault = after_ten_seconds(&mut PictureWatch::default(), &scene, |_| 7);
        assert_eq!(fault, Some(PictureFault::Frozen));
    }

    #[test]
    fn a_night_is_dark() {
        let fault = after_ten_seconds(
            &mut PictureWatch::default(),
            &grid(|at| (at % 9) as u8),
            |s| s,
        );
        assert_eq!(fault, Some(PictureFault::Dark));
    }

    #[test]
    fn a_scene_that_loses_its_detail_is_covered_and_recovers() {
        let mut watch = PictureWatch::default();
        let scene = grid(|at| if at % 7 < 3 { 60 } else { 160 });
        assert_eq!(after_ten_seconds(&mut watch, &scene, |s| s), None);
        let sticker = grid(|_| 90);
        let fault = after_ten_seconds(&mut watch, &sticker, |s| s + 20);
        assert_eq!(fault, Some(PictureFault::Covered));
        assert_eq!(after_ten_seconds(&mut watch, &scene, |s| s + 40), None);
    }
}
