//! Classifying with a quantised network allocates nothing, on any thread.
//!
//! This test is a program of its own, because it counts what all threads of the process allocate, and the usual
//! runner's thread allocates, too, when a test takes a minute, as on an emulated processor.

mod common;
#[path = "odd_graphs/net.rs"]
#[allow(
    dead_code,
    clippy::cast_possible_wrap,
    reason = "this test builds one network, whose sizes become attributes of all types"
)]
mod net;
#[path = "odd_graphs/proto.rs"]
#[allow(
    dead_code,
    clippy::cast_possible_wrap,
    reason = "this test builds one network, whose sizes become attributes of all types"
)]
mod proto;

use std::alloc::{GlobalAlloc, Layout, System};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};

use common::quantised::{self, bench_models, golden};
use net::{Conv, Net};
use sortd::classify::bundle::Bundle;
use sortd::classify::{Backend, Classifier, Compute, Scores, TractClassifier};
use sortd::preprocess::ModelInput;

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

/// A network that gives an embedding beside its scores.
fn with_embedding() -> Bundle {
    let mut net = Net::new(32, 32);
    let picture = net.picture();
    let stem = net.conv(&picture, &Conv::square(16, 3).stride(2));
    let map = net.conv(&stem, &Conv::depthwise(16, 3));
    let real = net.dequantise(&map);
    let means = net.node("GlobalAveragePool", &[&real], vec![]);
    let (net, _) = net.end_with_embedding(&means, &map, 128, 7);
    net.bundle(7)
}

fn main() {
    classifying_allocates_nothing();
    println!("test classifying_allocates_nothing ... ok");
}

fn classifying_allocates_nothing() {
    let bundle = with_embedding();
    let picture = ModelInput::new(bundle.input_size());
    check("a network with an embedding", &bundle, &picture, 128);
    let Some(folder) = bench_models() else { return };
    for golden in golden() {
        let model = std::fs::read(folder.join(&golden.model)).expect("the model is there");
        let bundle = quantised::bundle(&golden, &model);
        check(&golden.model, &bundle, &bundle.golden[0].0, 0);
    }
}

/// Counts on one thread and on several; the embedding must be this long.
fn check(name: &str, bundle: &Bundle, picture: &ModelInput, embedding: usize) {
    for threads in [1, 3] {
        let compute = Compute {
            backend: Some(Backend::best()),
            threads: NonZeroUsize::new(threads).expect("not zero"),
        };
        let mut classifier = TractClassifier::load(bundle, compute).expect("loaded");
        let mut scores = Scores::default();
        // The answers grow at the first picture.
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
        assert_eq!(found, 0, "{name} on {threads} threads");
        let found = classifier.embedding().map_or(0, <[f32]>::len);
        assert_eq!(found, embedding, "{name}");
    }
}
