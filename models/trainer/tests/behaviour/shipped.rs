//! The bundle in `models/waste` keeps what its manifest promises.

use std::path::{Path, PathBuf};

use sortd_trainer::data::photo::load_squeezed;
use sortd_trainer::data::tree::Tree;
use sortd_trainer::engine::Engine;
use sortd_trainer::metrics::best;

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../waste")
}

#[test]
fn it_proves_itself_in_the_daemon_s_engine() {
    let engine = Engine::open(&shipped()).unwrap();
    let manifest = engine.manifest();
    assert_eq!(manifest.golden.cases.len(), manifest.labels.len());
    if engine.is_quantised() {
        engine.refuse_slow_layers().unwrap();
    }
}

#[test]
fn its_accuracy_on_trashnet_is_the_one_in_the_manifest() {
    let trashnet = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/trashnet");
    if !trashnet.is_dir() {
        crate::skipped("../shared/data is not here");
        return;
    }
    let mut engine = Engine::open(&shipped()).unwrap();
    let manifest = engine.manifest().clone();
    assert!(!manifest.accuracy.is_empty());
    let tree = Tree::open(&trashnet).unwrap();
    for claim in &manifest.accuracy {
        // Other tests mix several sources; `trainer evaluate` measures those.
        let Some(list) = claim.split.strip_prefix("trashnet/") else {
            continue;
        };
        let items = tree.split(list).unwrap();
        let photos = load_squeezed(&items, manifest.input.width).unwrap().photos;
        let answers = engine.answers(&photos).unwrap().logits;
        let right = answers.iter().zip(&photos).filter(|(row, photo)| {
            let label = &tree.labels()[photo.label];
            &manifest.labels[best(row)] == label
        });
        let right = right.count() as u64;
        // Another processor's rounding may turn a tie of real numbers.
        assert!(
            right.abs_diff(claim.correct) <= u64::from(!engine.is_quantised()),
            "{right} right, claimed {}",
            claim.correct
        );
        assert_eq!(photos.len() as u64, claim.total);
    }
}
