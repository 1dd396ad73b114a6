//! Classifying with a quantised network allocates nothing, on any thread.
//!
//! This test has a file of its own, because it counts what all threads of the process allocate.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};

use common::quantised::{bench_models, bundle, golden};
use sortd::classify::{Backend, Classifier, Compute, Scores, TractClassifier};

/// Counts the allocations of all threads.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is handed on unchanged to the system's allocator.
#[allow(
    unsafe_code,
    reason = "counting allocations takes an allocator, which is an unsafe trait"
)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn classifying_allocates_nothing() {
    let Some(folder) = bench_models() else { return };
    for golden in golden() {
        let model = std::fs::read(folder.join(&golden.model)).expect("the model is there");
        let bundle = bundle(&golden, &model);
        for threads in [1, 3] {
            let compute = Compute {
                backend: Some(Backend::best()),
                threads: NonZeroUsize::new(threads).expect("not zero"),
            };
            let mut classifier = TractClassifier::load(&bundle, compute).expect("loaded");
            let mut scores = Scores::default();
            let (picture, _) = &bundle.golden[0];
            // The scores grow at the first picture.
            classifier
                .classify(picture, &mut scores)
                .expect("classified");
            let before = ALLOCATIONS.load(Ordering::Relaxed);
            for _ in 0..100 {
                classifier
                    .classify(picture, &mut scores)
                    .expect("classified");
            }
            let found = ALLOCATIONS.load(Ordering::Relaxed) - before;
            assert_eq!(found, 0, "{} on {threads} threads", golden.model);
        }
    }
}
