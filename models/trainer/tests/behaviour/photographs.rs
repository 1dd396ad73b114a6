//! Photographs: augmentation that can be repeated, and the lists of the real data set.

use std::collections::HashSet;
use std::path::Path;
use std::thread;

use sortd_trainer::data::augment::{Augmentation, Grounds, augment};
use sortd_trainer::data::batches::{Batch, Source};
use sortd_trainer::data::tree::Tree;
use sortd_trainer::rng::{Purpose, Rng};

use crate::shapes;
use crate::tiny::SIDE;

/// Every kind of change in every picture.
fn everything() -> Augmentation {
    Augmentation {
        quarter_turn: 1.0,
        tilt: 1.0,
        light: 1.0,
        blur: 1.0,
        jpeg: 1.0,
        ..Augmentation::default()
    }
}

#[test]
fn a_photograph_varies_with_the_seed_and_with_nothing_else() {
    let data = tempfile::tempdir().unwrap();
    let photos = shapes::material(data.path()).train.photos;
    let ground = [photos[0].picture.clone()];
    let grounds = Grounds {
        backgrounds: &ground,
        boards: &ground,
    };
    let settings = Augmentation {
        paste: 1.0,
        zoom: 1.0,
        ..everything()
    };
    let augmented = |seed| {
        let mut rng = Rng::new(seed, Purpose::Augmentation, 3, 5);
        augment(&photos[5], grounds, &settings, SIDE as u32, &mut rng).unwrap()
    };
    assert_eq!(augmented(1), augmented(1));
    assert_ne!(augmented(1), augmented(2));
    assert_eq!(augmented(1).dimensions(), (SIDE as u32, SIDE as u32));
}

#[test]
fn an_epoch_s_batches_do_not_depend_on_the_number_of_threads() {
    let data = tempfile::tempdir().unwrap();
    let photos = shapes::material(data.path()).train.photos;
    let augmentation = everything();
    let source = Source {
        photos: &photos,
        grounds: Grounds {
            backgrounds: &[],
            boards: &[],
        },
        augmentation: &augmentation,
        side: SIDE as u32,
        draws: photos.len(),
        batch: 4,
        seed: 11,
    };
    let epoch = |number| -> Vec<Batch> {
        thread::scope(|scope| {
            source
                .epoch(scope, number)
                .iter()
                .map(Result::unwrap)
                .collect()
        })
    };
    let first = epoch(0);
    assert_eq!(first.len(), 3);
    assert_ne!(first, epoch(1));
    let alone = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    assert_eq!(first, alone.install(|| epoch(0)));
}

#[test]
fn trashnet_s_lists_are_whole_and_share_no_photograph() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/trashnet");
    if !root.is_dir() {
        crate::skipped("../shared/data is not here");
        return;
    }
    let tree = Tree::open(&root).unwrap();
    assert_eq!(
        tree.labels(),
        ["cardboard", "glass", "metal", "paper", "plastic", "trash"]
    );
    for (name, counts) in [("blocked", [1763, 249, 509]), ("author", [1764, 327, 430])] {
        let mut seen = HashSet::new();
        for (part, count) in ["train", "val", "test"].into_iter().zip(counts) {
            let items = tree.split(&format!("{name}-{part}")).unwrap();
            assert_eq!(items.len(), count, "{name}-{part}");
            for item in items {
                assert!(
                    seen.insert(item.path.clone()),
                    "{} is in two lists",
                    item.path.display()
                );
            }
        }
    }
}
