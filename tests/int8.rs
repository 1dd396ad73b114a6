//! The integer kernels against ONNX Runtime: at most one step apart, and the same on all backends.

mod common;

use std::{fs, num::NonZeroUsize};

use common::quantised::{Golden, bench_models, bundle, golden};
use sortd::classify::{Backend, Classifier, Compute, Scores, TractClassifier};

fn compute(backend: Backend, threads: usize) -> Compute {
    Compute {
        backend: Some(backend),
        threads: NonZeroUsize::new(threads).expect("not zero"),
    }
}

/// The wide network takes the portable kernels seconds, and an emulated processor minutes.
fn is_too_slow(golden: &Golden, backend: Backend) -> bool {
    let wide = golden.model.starts_with("mb100");
    wide && (backend == Backend::Portable || cfg!(not(target_arch = "x86_64")))
}

#[test]
fn int8_answers_are_those_of_onnx_runtime_and_the_same_on_all_backends() {
    let Some(folder) = bench_models() else { return };
    for golden in golden() {
        let model = fs::read(folder.join(&golden.model)).expect("the model is there");
        let bundle = bundle(&golden, &model);
        let mut answers: Vec<(String, Vec<Scores>)> = Vec::new();
        for backend in Backend::available().filter(|backend| !is_too_slow(&golden, *backend)) {
            for threads in [1, 3] {
                // Loading proves that each answer is at most one step from ONNX Runtime's.
                let compute = compute(backend, threads);
                let mut classifier = TractClassifier::load(&bundle, compute)
                    .unwrap_or_else(|error| panic!("{} on {backend}: {error:?}", golden.model));
                let coverage = classifier
                    .network()
                    .coverage()
                    .expect("kernels were asked for");
                assert!(
                    coverage.left_to_tract.is_empty(),
                    "{}: {:?}",
                    golden.model,
                    coverage.left_to_tract
                );
                let scores = bundle.golden.iter().map(|(picture, _)| {
                    let mut scores = Scores::default();
                    classifier
                        .classify(picture, &mut scores)
                        .expect("classified");
                    scores
                });
                answers.push((format!("{backend}, {threads} threads"), scores.collect()));
            }
        }
        for (how, scores) in &answers {
            assert_eq!(scores, &answers[0].1, "{}: {how} differs", golden.model);
        }
    }
}
