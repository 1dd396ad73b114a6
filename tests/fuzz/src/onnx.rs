//! An ONNX file: what is asked before it is read, tract's reader with sortd's operators, and the rewrite for
//! the integer kernels.

use std::num::NonZeroUsize;
use std::sync::{Mutex, OnceLock, PoisonError};

use sortd::classify::bundle::{Bundle, OutputKind};
use sortd::classify::{Backend, Classifier, Compute, Scores, TractClassifier};
use sortd::preprocess::ModelInput;

/// Labels of the networks in the corpus.
const LABELS: usize = 4;

/// The sides of their input.
const SIDE: u32 = 8;

/// Loads a network, and where it loads on kernels, asks it: it answers, or says why it cannot.
pub fn run(data: &[u8]) {
    static BUNDLE: OnceLock<Mutex<Bundle>> = OnceLock::new();
    let bundle = BUNDLE.get_or_init(|| Mutex::new(around_nothing()));
    let mut bundle = bundle.lock().unwrap_or_else(PoisonError::into_inner);
    bundle.model = data.to_vec();
    let compute = Compute {
        backend: Some(Backend::Portable),
        ..Compute::best(NonZeroUsize::new(1))
    };
    let mut classifier = match TractClassifier::load(&bundle, compute) {
        Ok(classifier) => classifier,
        Err(error) => return crate::assert_visible(&error.to_string()),
    };
    let picture = ModelInput::new(bundle.input_size());
    let mut scores = Scores::default();
    match classifier.classify(&picture, &mut scores) {
        Ok(()) => assert_eq!(scores.probabilities().len(), LABELS),
        Err(error) => crate::assert_visible(&error.to_string()),
    }
}

/// A bundle without a model and without golden cases, for the networks of the corpus.
fn around_nothing() -> Bundle {
    let mut bundle = Bundle::embedded().expect("the bundle inside is right");
    bundle.golden.clear();
    let manifest = &mut bundle.manifest;
    manifest.labels = (0..LABELS).map(|label| format!("c{label}")).collect();
    manifest.empty_label = None;
    manifest.embedding = None;
    manifest.output.kind = OutputKind::Logits;
    manifest.output.name = None;
    [manifest.input.width, manifest.input.height] = [SIDE; 2];
    bundle
}
