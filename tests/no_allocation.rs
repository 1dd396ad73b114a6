//! Once its buffers have grown, nothing between a frame and the network's input allocates.
//!
//! MJPEG is the exception: its decoder library allocates inside itself for each picture; the test
//! shows that this does not grow.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::{Duration, Instant};

use sortd::capture::{Frame, PixelFormat};
use sortd::config::PresenceConfig;
use sortd::preprocess::{LumaGrid, ModelInput, Preprocessor, Size, VIEWS};
use sortd::presence::{Presence, PresenceDetector};
use sortd::units::{Rotation, Zone};

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is handed on unchanged to the system's allocator.
#[allow(
    unsafe_code,
    reason = "counting allocations takes an allocator, which is an unsafe trait"
)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

/// The stages of the way from a frame to the network's input.
struct Way {
    preprocessor: Preprocessor,
    grid: LumaGrid,
    presence: PresenceDetector,
    input: ModelInput,
}

impl Way {
    fn new(rotation: Rotation) -> Self {
        let zone = Zone::new(0.1, 0.1, 0.8, 0.8).unwrap();
        let config = PresenceConfig {
            contrast: 18,
            min_area: 0.015,
            learn: Duration::from_millis(300),
            absorb: Duration::from_secs(60),
        };
        Self {
            preprocessor: Preprocessor::new(rotation, zone),
            grid: LumaGrid::default(),
            presence: PresenceDetector::new(config),
            input: ModelInput::new(Size {
                width: 128,
                height: 128,
            }),
        }
    }

    /// Takes a frame along; `true` where an item was found and cut out.
    fn take(&mut self, frame: &Frame) -> bool {
        self.preprocessor.look(frame, &mut self.grid).unwrap();
        let Presence::Item(item) = self.presence.observe(&self.grid, frame.captured_at) else {
            return false;
        };
        let region = self.preprocessor.item_region(frame, &item);
        let view = VIEWS[1];
        self.preprocessor
            .cut(frame, &region, view, &mut self.input)
            .unwrap();
        true
    }
}

/// A frame with an item of another place and size each time, or without one.
fn frame(format: PixelFormat, number: u64, start: Instant) -> Frame {
    let (width, height) = (320u32, 240u32);
    let bytes = format.frame_bytes(width, height).unwrap();
    let item = if number < 8 {
        0..0
    } else {
        bytes / 5..bytes / 5 + bytes / (3 + number as usize % 4)
    };
    let data = (0..bytes)
        .map(|at| {
            let noise = ((at as u64 * 31 + number * 17) % 3) as u8;
            if item.contains(&at) {
                30 + (at % 50) as u8
            } else {
                170 + noise
            }
        })
        .collect();
    let captured_at = start + Duration::from_millis(number * 100);
    Frame {
        data,
        format,
        width,
        height,
        captured_at,
    }
}

#[test]
fn no_frame_allocates_once_the_buffers_have_grown() {
    for format in [
        PixelFormat::Yuyv,
        PixelFormat::Nv12,
        PixelFormat::I420,
        PixelFormat::Rgb8,
    ] {
        for rotation in [Rotation::None, Rotation::Quarter] {
            let start = Instant::now();
            let mut way = Way::new(rotation);
            let frames: Vec<Frame> = (0..60).map(|number| frame(format, number, start)).collect();
            let mut items = 0;
            for frame in &frames[..30] {
                way.take(frame);
            }
            let count = allocations(|| {
                for frame in &frames[30..] {
                    items += u32::from(way.take(frame));
                }
            });
            assert!(items > 20, "{format:?}: only {items} items were cut out");
            assert_eq!(count, 0, "{format:?}, {rotation:?}");
        }
    }
}

#[test]
fn an_mjpeg_frame_allocates_no_more_than_its_decoder_needs() {
    let photo = include_bytes!("photos/glass/glass311.jpg");
    let start = Instant::now();
    let mut preprocessor = Preprocessor::new(Rotation::None, Zone::WHOLE);
    let mut grid = LumaGrid::default();
    let mut look = |number: u64| {
        let captured_at = start + Duration::from_millis(number * 100);
        let frame = Frame {
            data: photo.to_vec(),
            format: PixelFormat::Mjpeg,
            width: 512,
            height: 384,
            captured_at,
        };
        allocations(|| preprocessor.look(&frame, &mut grid).unwrap())
    };
    look(0);
    let second = look(1);
    for number in 2..20 {
        assert_eq!(look(number), second, "the decoder's allocations grow");
    }
}
