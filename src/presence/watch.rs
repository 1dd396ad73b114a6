//! Is the picture itself to be trusted? Frozen, dark and covered cameras are recognised here.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher};
use std::time::{Duration, Instant};

use crate::capture::Frame;
use crate::preprocess::LumaGrid;

/// What is wrong with the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureFault {
    /// The same picture again and again; a living sensor's noise makes each one different.
    Frozen,
    /// Too dark to recognise anything.
    Dark,
    /// The scene has lost its detail, as behind a hand, a sticker or a bag.
    Covered,
    /// Not one picture is whole.
    Incomplete,
}

/// A fault must last this long before it is reported: one odd picture is none.
const LASTING: Duration = Duration::from_secs(4);

/// A zone in which nearly every cell is darker than this is dark.
const DARK: u8 = 28;

/// What has hidden the zone for this long is no hand; a new plain lining must become usual in the end.
const LINING: Duration = Duration::from_secs(180);

/// Watches the pictures for faults.
#[derive(Debug, Default)]
pub struct PictureWatch {
    fingerprint: Option<u64>,
    suspected: Option<(PictureFault, Instant)>,
    frozen_since: Option<Instant>,
}

impl PictureWatch {
    /// Looks at one picture and answers with the fault that has lasted, if there is one. Whether
    /// something hides the zone is for those to say who know what it looks like.
    pub fn observe(
        &mut self,
        frame: &Frame,
        grid: &LumaGrid,
        hidden: bool,
        now: Instant,
    ) -> Option<PictureFault> {
        let suspicion = self.suspect(frame, grid, hidden, now);
        self.weigh(suspicion, now)
    }

    /// Whether the last picture was like those that can be trusted.
    #[must_use]
    pub const fn suspects_nothing(&self) -> bool {
        self.suspected.is_none()
    }

    /// Hears of a picture that could not be read, and answers with the fault if it has lasted.
    pub fn miss(&mut self, now: Instant) -> Option<PictureFault> {
        self.weigh(Some(PictureFault::Incomplete), now)
    }

    fn weigh(&mut self, suspicion: Option<PictureFault>, now: Instant) -> Option<PictureFault> {
        self.suspected = match (suspicion, self.suspected) {
            (None, _) => None,
            (Some(fault), Some((same, since))) if same == fault => Some((fault, since)),
            (Some(fault), _) => Some((fault, now)),
        };
        self.suspected
            .filter(|(_, since)| now - *since >= LASTING)
            .map(|(fault, _)| fault)
    }

    /// Whether the zone has been hidden for so long that it has a new lining.
    #[must_use]
    pub fn sees_lining(&self, now: Instant) -> bool {
        self.suspected
            .is_some_and(|(fault, since)| fault == PictureFault::Covered && now - since >= LINING)
    }

    fn suspect(
        &mut self,
        frame: &Frame,
        grid: &LumaGrid,
        hidden: bool,
        now: Instant,
    ) -> Option<PictureFault> {
        let fingerprint = fingerprint(&frame.data);
        let same = self.fingerprint.replace(fingerprint) == Some(fingerprint);
        self.frozen_since = same.then(|| self.frozen_since.unwrap_or(now));
        if self.frozen_since.is_some() {
            return Some(PictureFault::Frozen);
        }
        if is_dark(grid) {
            return Some(PictureFault::Dark);
        }
        hidden.then_some(PictureFault::Covered)
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
        hidden: bool,
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
            fault = watch.observe(&frame, grid, hidden, now);
        }
        fault
    }

    #[test]
    fn a_living_picture_has_no_fault() {
        let scene = grid(|at| if at % 7 < 3 { 60 } else { 160 });
        assert_eq!(
            after_ten_seconds(&mut PictureWatch::default(), &scene, false, |s| s),
            None
        );
    }

    #[test]
    fn the_same_bytes_for_seconds_are_a_frozen_picture() {
        let scene = grid(|at| (at % 200) as u8);
        let fault = after_ten_seconds(&mut PictureWatch::default(), &scene, false, |_| 7);
        assert_eq!(fault, Some(PictureFault::Frozen));
    }

    #[test]
    fn a_night_is_dark() {
        let fault = after_ten_seconds(
            &mut PictureWatch::default(),
            &grid(|at| (at % 9) as u8),
            true,
            |s| s,
        );
        assert_eq!(fault, Some(PictureFault::Dark));
    }

    #[test]
    fn pictures_of_which_none_is_whole_are_a_fault_and_a_whole_one_ends_it() {
        let mut watch = PictureWatch::default();
        let start = Instant::now();
        let missed: Vec<_> = (0..10)
            .map(|second| watch.miss(start + Duration::from_secs(second)))
            .collect();
        assert_eq!(missed[3], None, "one bad picture is none");
        assert_eq!(missed[9], Some(PictureFault::Incomplete));
        let scene = grid(|at| if at % 7 < 3 { 60 } else { 160 });
        assert_eq!(after_ten_seconds(&mut watch, &scene, false, |s| s), None);
    }

    #[test]
    fn a_hidden_zone_is_a_covered_lens_and_recovers() {
        let mut watch = PictureWatch::default();
        let scene = grid(|at| if at % 7 < 3 { 60 } else { 160 });
        let fault = after_ten_seconds(&mut watch, &scene, true, |s| s + 20);
        assert_eq!(fault, Some(PictureFault::Covered));
        assert_eq!(
            after_ten_seconds(&mut watch, &scene, false, |s| s + 40),
            None
        );
    }
}
