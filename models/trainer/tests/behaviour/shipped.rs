//! The bundle in `models/waste` keeps what its manifest promises.

use std::fs;
use std::path::{Path, PathBuf};

use sortd::classify::bundle::Manifest;
use sortd_trainer::data::photo::{decode, load_squeezed};
use sortd_trainer::data::tree::Tree;
use sortd_trainer::files;
use sortd_trainer::metrics::best;
use sortd_trainer::runtime::Exported;

/// The shipped bundle's folder, manifest and network; none in a checkout without it.
fn shipped() -> Option<(PathBuf, Manifest, Exported)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../waste");
    let Ok(text) = fs::read_to_string(folder.join("model.toml")) else {
        crate::skipped("models/waste is not here");
        return None;
    };
    let manifest: Manifest = toml::from_str(&text).unwrap();
    let onnx = fs::read(folder.join(&manifest.model.file)).unwrap();
    assert_eq!(files::sha256(&onnx), manifest.model.sha256);
    let exported = Exported::load(&onnx, manifest.input.width as usize).unwrap();
    Some((folder, manifest, exported))
}

#[test]
fn its_golden_cases_give_the_expected_logits() {
    let Some((folder, manifest, exported)) = shipped() else {
        return;
    };
    assert_eq!(manifest.golden.cases.len(), manifest.labels.len());
    for case in &manifest.golden.cases {
        let picture = decode(&folder.join(&case.file)).unwrap();
        assert_eq!(
            picture.dimensions(),
            (manifest.input.width, manifest.input.height)
        );
        let found = exported.logits(picture.as_raw()).unwrap();
        assert_eq!(found.len(), manifest.labels.len());
        for (found, expected) in found.iter().zip(&case.output) {
            assert!(
                (found - expected).abs() <= manifest.golden.tolerance,
                "{}",
                case.file
            );
        }
    }
}

#[test]
fn its_accuracy_is_the_one_in_the_manifest() {
    let Some((_, manifest, exported)) = shipped() else {
        return;
    };
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !data.is_dir() {
        crate::skipped("../shared/data is not here");
        return;
    }
    assert!(!manifest.accuracy.is_empty());
    for claim in &manifest.accuracy {
        let (dataset, list) = claim.split.split_once('/').unwrap();
        let items = Tree::open(&data.join(dataset))
            .unwrap()
            .split(list)
            .unwrap();
        let photos = load_squeezed(&items, manifest.input.width).unwrap().photos;
        let right = photos
            .iter()
            .filter(|photo| best(&exported.logits(&photo.pixels).unwrap()) == photo.label)
            .count() as u64;
        // Another processor's rounding may turn a tie.
        assert!(
            right.abs_diff(claim.correct) <= 1,
            "{right} right, claimed {}",
            claim.correct
        );
        assert_eq!(photos.len() as u64, claim.total);
    }
}
