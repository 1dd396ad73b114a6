//! Loads networks and compares what they answer.

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::sync::Once;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use sortd::classify::bundle::Bundle;
use sortd::classify::{Backend, Classifier, Compute, Coverage, Scores, TractClassifier};
use sortd::preprocess::ModelInput;

use crate::net::Net;

/// No network here is so large that loading and running it could take as long.
const LONGEST: Duration = Duration::from_secs(60);

thread_local! {
    /// Where our own code has panicked on this thread.
    static DEFECTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Tells panics of our code, which are defects even where they are contained, from those of tract,
/// which are errors once they are contained.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map_or("", |place| place.file());
            if place.starts_with("src/") {
                DEFECTS.with_borrow_mut(|defects| defects.push(panic.to_string()));
            } else if place.starts_with("tests/") {
                usual(panic);
            }
        }));
    });
}

/// Runs `work` on a thread of its own, which must end in time and without a panic of our code.
pub fn watched<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    watch_panics();
    let (sender, receiver) = channel();
    let worker = thread::spawn(move || {
        let result = work();
        let defects = DEFECTS.take();
        sender.send((result, defects)).expect("the test waits");
    });
    match receiver.recv_timeout(LONGEST) {
        Ok((result, defects)) => {
            assert!(defects.is_empty(), "our own code panicked: {defects:?}");
            result
        }
        Err(RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(RecvTimeoutError::Disconnected) => {
            let panic = worker.join().expect_err("it sent nothing");
            std::panic::resume_unwind(panic);
        }
    }
}

/// What a network answers to the pictures, value by value, its embedding behind its scores, and what
/// of it was covered.
#[derive(Debug)]
pub struct Answers {
    pub values: Vec<Vec<f32>>,
    pub coverage: Option<Coverage>,
}

/// Noise, a slope, and a picture of black and white.
pub fn pictures(bundle: &Bundle) -> Vec<ModelInput> {
    let mut noise = 1_u32;
    let mut all = vec![ModelInput::new(bundle.input_size()); 3];
    for (at, byte) in all[0].pixels_mut().iter_mut().enumerate() {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (noise.wrapping_add(at as u32) >> 24) as u8;
    }
    for (at, byte) in all[1].pixels_mut().iter_mut().enumerate() {
        *byte = (at * 2) as u8;
    }
    for (at, byte) in all[2].pixels_mut().iter_mut().enumerate() {
        *byte = if at / 7 % 2 == 0 { 0 } else { 255 };
    }
    all
}

/// Loads a network and asks it; an error is its text.
pub fn answers(
    net: &Net,
    labels: usize,
    backend: Option<Backend>,
    threads: usize,
) -> Result<Answers, String> {
    ask(net.bundle(labels), backend, threads)
}

/// Loads a bundle and asks it; an error is its text.
pub fn ask(bundle: Bundle, backend: Option<Backend>, threads: usize) -> Result<Answers, String> {
    let compute = Compute {
        backend,
        threads: NonZeroUsize::new(threads).expect("not zero"),
    };
    watched(move || {
        let mut classifier =
            TractClassifier::load(&bundle, compute).map_err(|error| error.to_string())?;
        let mut values = Vec::new();
        for picture in pictures(&bundle) {
            let mut scores = Scores::default();
            classifier
                .classify(&picture, &mut scores)
                .map_err(|error| error.to_string())?;
            let embedding = classifier.embedding().unwrap_or_default();
            values.push([scores.probabilities(), embedding].concat());
        }
        Ok(Answers {
            values,
            coverage: classifier.network().coverage().cloned(),
        })
    })
}

/// Runs a network on all kernels, which must agree to the last bit, and on tract alone, from which no
/// answer may be further than `step`. Answers with what was covered.
#[track_caller]
pub fn runs_right(net: &Net, labels: usize, step: f32) -> Coverage {
    let tract = answers(net, labels, None, 1).expect("tract runs it");
    let first = &tract.values[0];
    let varied = tract.values.iter().any(|values| values != first);
    assert!(varied, "it answers {first:?} to everything");
    runs_like(&tract, net, labels, step)
}

/// The same, where tract's answers are known.
#[track_caller]
pub fn runs_like(tract: &Answers, net: &Net, labels: usize, step: f32) -> Coverage {
    let mut reference: Option<Answers> = None;
    let many = [1, 3].map(|threads| (Backend::best(), threads));
    for (backend, threads) in Backend::available().map(|backend| (backend, 1)).chain(many) {
        let found = answers(net, labels, Some(backend), threads)
            .unwrap_or_else(|error| panic!("{backend}, {threads} threads: {error}"));
        assert_near(&found.values, &tract.values, step, Some(backend));
        let reference = reference.get_or_insert_with(|| Answers {
            values: found.values.clone(),
            coverage: found.coverage.clone(),
        });
        assert_eq!(reference.values, found.values, "{backend} differs");
    }
    reference
        .and_then(|answers| answers.coverage)
        .expect("kernels were asked for")
}

/// The same, where no layer may be left to tract.
#[track_caller]
pub fn runs_on_kernels(net: &Net, labels: usize, step: f32) {
    let coverage = runs_right(net, labels, step);
    let left = &coverage.left_to_tract;
    assert!(left.is_empty(), "tract was left with {left:?}");
    assert!(coverage.any(), "there was nothing to do");
}

/// Two networks answer the same, within `step`, on the kernels and on tract.
#[track_caller]
pub fn answers_alike(net: &Net, other: &Net, labels: usize, step: f32) {
    for backend in [None, Some(Backend::Portable), Some(Backend::best())] {
        let [found, expected] = [net, other].map(|net| answers(net, labels, backend, 1));
        let (found, expected) = (found.expect("it runs"), expected.expect("the other runs"));
        let first = &expected.values[0];
        let varied = expected.values.iter().any(|values| values != first);
        assert!(varied, "it answers {first:?} to everything");
        assert_near(&found.values, &expected.values, step, backend);
    }
}

/// A network answers `expected` of what another one answers, within `step`, on the kernels and on tract.
#[track_caller]
pub fn answers_with(
    net: &Net,
    other: &Net,
    labels: usize,
    step: f32,
    expected: impl Fn(&[f32]) -> Vec<f32>,
) {
    for backend in [None, Some(Backend::Portable), Some(Backend::best())] {
        let [found, other] = [net, other].map(|net| answers(net, labels, backend, 1));
        let (found, other) = (found.expect("it runs"), other.expect("the other runs"));
        let expected: Vec<Vec<f32>> = other.values.iter().map(|values| expected(values)).collect();
        assert_near(&found.values, &expected, step, backend);
    }
}

/// A network that makes no sense is refused with a reason that names `node`.
#[track_caller]
pub fn is_refused(net: &Net, labels: usize, node: &str) {
    let reason = answers(net, labels, Some(Backend::best()), 1).expect_err("it makes no sense");
    assert!(reason.contains(node), "{node} is not named: {reason}");
    assert!(!reason.contains("stumble"), "it was no refusal: {reason}");
}

/// A network that makes no sense is refused, be it because tract itself stumbles.
#[track_caller]
pub fn is_refused_somehow(net: &Net, labels: usize) {
    answers(net, labels, Some(Backend::best()), 1).expect_err("it makes no sense");
}

/// The layers that a network's steps compute, one a step, where it runs on the kernels alone.
pub fn steps(net: &Net, labels: usize) -> Vec<String> {
    let bundle = net.bundle(labels);
    watched(move || {
        let compute = Compute::best(NonZeroUsize::new(1));
        let classifier = TractClassifier::load(&bundle, compute).expect("it makes sense");
        let mut steps = Vec::new();
        let picture = ModelInput::new(bundle.input_size());
        let whole = classifier
            .network()
            .layers(&picture, |layer| steps.push(layer.name.clone()));
        assert!(whole, "it does not run on the kernels alone");
        steps
    })
}

/// An odd network runs as tract runs it, where tract does, or is refused.
#[track_caller]
pub fn is_sane(net: &Net, labels: usize, step: f32) {
    let tract = answers(net, labels, None, 1);
    for backend in [Backend::Portable, Backend::best()] {
        let (Ok(found), Ok(tract)) = (answers(net, labels, Some(backend), 2), &tract) else {
            continue;
        };
        assert_near(&found.values, &tract.values, step, Some(backend));
    }
}

#[track_caller]
fn assert_near(found: &[Vec<f32>], expected: &[Vec<f32>], step: f32, backend: Option<Backend>) {
    for (found, expected) in found.iter().zip(expected) {
        let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
        let worst = apart.fold(0.0, f32::max);
        assert!(
            worst <= step * 1.01,
            "{backend:?}: {worst} apart, and a step is {step}: {found:?} instead of {expected:?}"
        );
    }
}
