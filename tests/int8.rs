//! The integer kernels against ONNX Runtime: at most one step apart, and the same on all backends.

mod common;

use std::path::PathBuf;
use std::{fs, num::NonZeroUsize};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use sortd::classify::bundle::{Bundle, GoldenCase, Manifest};
use sortd::classify::{Backend, Classifier, Compute, Scores, TractClassifier};
use sortd::preprocess::{ModelInput, Size};

/// What ONNX Runtime answered; `tests/golden/int8/make.py` writes it.
#[derive(Deserialize)]
struct Golden {
    model: String,
    size: u32,
    scale: f32,
    offset: f32,
    step: f32,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    picture: String,
    seed: u64,
    output: Vec<f32>,
}

fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("golden/int8/golden.json")).expect("make.py wrote JSON")
}

/// The models, where this checkout has them beside it.
fn bench_models() -> Option<PathBuf> {
    let folder = common::root().join("../shared/bench-models");
    let here = folder.is_dir();
    if !here {
        println!("skipped: ../shared/bench-models is not here");
    }
    here.then_some(folder)
}

/// The picture of a case, by the formulas of `make.py`.
fn picture(case: &Case, size: u32) -> Vec<u8> {
    if case.picture == "noise" {
        let mut state = case.seed;
        return (0..size * size * 3)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect();
    }
    let step = case.seed as u32;
    let pixels = (0..size).flat_map(|y| (0..size).map(move |x| (y, x)));
    pixels
        .flat_map(|(y, x)| [y * step, x * step, (y + x) * step / 2].map(|value| value as u8))
        .collect()
}

/// A bundle around a model, whose golden cases are ONNX Runtime's answers.
fn bundle(golden: &Golden, model: &[u8]) -> Bundle {
    let folder = tempfile::tempdir().expect("a folder");
    let shipped = fs::read_to_string(common::root().join("models/waste/model.toml"));
    let mut manifest: Manifest = toml::from_str(&shipped.expect("read")).expect("right");
    manifest.labels = (0..10).map(|label| format!("c{label}")).collect();
    manifest.empty_label = None;
    manifest.model.sha256 = format!("{:x}", Sha256::digest(model));
    (manifest.input.width, manifest.input.height) = (golden.size, golden.size);
    manifest.input.scale = [golden.scale; 3];
    manifest.input.offset = [golden.offset; 3];
    manifest.golden.tolerance = golden.step * 1.01;
    manifest.golden.cases.clear();
    for (at, case) in golden.cases.iter().enumerate() {
        let file = format!("{at}.png");
        let picture = picture(case, golden.size);
        let picture = image::RgbImage::from_raw(golden.size, golden.size, picture);
        let path = folder.path().join(&file);
        picture
            .expect("a whole picture")
            .save(path)
            .expect("written");
        manifest.golden.cases.push(GoldenCase {
            file,
            output: case.output.clone(),
        });
    }
    let text = toml::to_string(&manifest).expect("a manifest is TOML");
    fs::write(folder.path().join("model.toml"), text).expect("written");
    fs::write(folder.path().join(&manifest.model.file), model).expect("written");
    Bundle::from_folder(folder.path()).expect("a bundle")
}

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

#[test]
fn int8_pictures_of_another_size_are_refused_by_type() {
    let Some(folder) = bench_models() else { return };
    let golden = golden().swap_remove(0);
    let model = fs::read(folder.join(&golden.model)).expect("the model is there");
    let classifier = TractClassifier::load(&bundle(&golden, &model), compute(Backend::best(), 1));
    let classifier = classifier.expect("loaded");
    let size = Size {
        width: 128,
        height: 128,
    };
    assert_eq!(classifier.input_size(), size);
    assert_eq!(ModelInput::new(size).pixels().len(), 128 * 128 * 3);
}
