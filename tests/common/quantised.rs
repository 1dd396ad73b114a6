//! The quantised bench models as bundles, with ONNX Runtime's answers as their golden cases.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use sortd::classify::bundle::{Bundle, GoldenCase, Manifest};

/// What ONNX Runtime answered; `tests/golden/int8/make.py` writes it.
#[derive(Deserialize)]
pub struct Golden {
    pub model: String,
    pub size: u32,
    pub scale: f32,
    pub offset: f32,
    pub step: f32,
    pub cases: Vec<Case>,
}

#[derive(Deserialize)]
pub struct Case {
    pub picture: String,
    pub seed: u64,
    pub output: Vec<f32>,
}

/// All of them.
pub fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("../golden/int8/golden.json")).expect("make.py wrote JSON")
}

/// The models, where this checkout has them beside it.
pub fn bench_models() -> Option<PathBuf> {
    let folder = super::root().join("../shared/bench-models");
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
pub fn bundle(golden: &Golden, model: &[u8]) -> Bundle {
    let folder = tempfile::tempdir().expect("a folder");
    let shipped = fs::read_to_string(super::root().join("models/waste/model.toml"));
    let mut manifest: Manifest = toml::from_str(&shipped.expect("read")).expect("right");
    manifest.labels = (0..10).map(|label| format!("c{label}")).collect();
    manifest.empty_label = None;
    super::is_of(&mut manifest, model);
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
            embedding: None,
        });
    }
    let text = toml::to_string(&manifest).expect("a manifest is TOML");
    fs::write(folder.path().join("model.toml"), text).expect("written");
    fs::write(folder.path().join(&manifest.model.file), model).expect("written");
    Bundle::from_folder(folder.path()).expect("a bundle")
}
