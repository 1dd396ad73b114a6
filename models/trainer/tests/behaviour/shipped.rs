//! The shipped bundles keep what their manifests promise.

use std::path::{Path, PathBuf};

use sortd_trainer::data::photo::load_squeezed;
use sortd_trainer::data::tree::Tree;
use sortd_trainer::engine::Engine;
use sortd_trainer::metrics::best;

/// Each bundle with the most MACs and bytes that its boards can pay.
const SHIPPED: [(&str, u64, usize); 2] = [
    ("waste", 170_000_000, 1_300_000),
    ("waste-small", 45_000_000, 500_000),
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

#[test]
fn they_prove_themselves_in_the_daemon_s_engine_within_their_budgets() {
    for (name, macs, bytes) in SHIPPED {
        let engine = Engine::open(&folder(name)).unwrap();
        let manifest = engine.manifest();
        assert_eq!(manifest.name, name);
        assert_eq!(manifest.golden.cases.len(), manifest.labels.len());
        assert!(engine.is_quantised(), "{name}");
        engine.refuse_slow_layers().unwrap();
        assert!(manifest.cost.macs <= macs, "{name}: {}", manifest.cost.macs);
        assert!(
            engine.model_bytes() <= bytes,
            "{name}: {}",
            engine.model_bytes()
        );
    }
}

#[test]
fn their_accuracy_on_trashnet_is_the_one_in_the_manifests() {
    let trashnet = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/trashnet");
    if !trashnet.is_dir() {
        crate::skipped("../shared/data is not here");
        return;
    }
    for (name, ..) in SHIPPED {
        claims_hold(name, &trashnet);
    }
}

fn claims_hold(name: &str, trashnet: &Path) {
    let mut engine = Engine::open(&folder(name)).unwrap();
    let manifest = engine.manifest().clone();
    assert!(!manifest.accuracy.is_empty());
    let tree = Tree::open(trashnet).unwrap();
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
        assert_eq!(right, claim.correct, "{name} on {}", claim.split);
        assert_eq!(photos.len() as u64, claim.total);
    }
}
