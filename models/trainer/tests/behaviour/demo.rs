//! The photographs of `sortd demo`: drawn by a rule, and from nothing that a network was trained on.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use sortd_trainer::data::Sources;

/// Photographs of each place.
const COUNT: usize = 15;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files below `root`, as class and name.
fn files_below(root: &Path) -> HashSet<PathBuf> {
    let folders = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = folders
        .filter(|path| path.is_dir())
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    let paths = files.map(|entry| entry.unwrap().path());
    paths
        .map(|path| path.strip_prefix(root).unwrap().to_owned())
        .collect()
}

#[test]
fn the_demo_s_photographs_are_those_of_the_rule_and_of_no_training_set() {
    let data = repository().join("../shared/data");
    if !data.is_dir() {
        crate::skipped("../shared/data is not here");
        return;
    }
    let read = |name: &str| {
        let file = repository().join("models/trainer/data").join(name);
        Sources::read(&file).unwrap()
    };
    let tested = read("waste-blocked.toml");
    let descriptions = ["waste-blocked.toml", "waste-everywhere.toml"];
    let trained_on: HashSet<String> = descriptions
        .iter()
        .flat_map(|name| read(name).trained_on(&data).unwrap())
        .collect();
    for (place, test, source) in [
        ("white-board", "trashnet/blocked-test", "trashnet"),
        ("outdoors", "litter-crops", "litter-crops"),
    ] {
        let mut listed = tested.gather(&data, tested.test(test).unwrap()).unwrap();
        listed.sort_by(|one, other| one.item.path.cmp(&other.item.path));
        let drawn = (0..COUNT).map(|number| &listed[(2 * number + 1) * listed.len() / (2 * COUNT)]);
        let root = repository().join("tests/demo").join(place);
        let mut expected = HashSet::new();
        for taken in drawn {
            let name = taken.item.path.strip_prefix(data.join(source)).unwrap();
            let (here, there) = (fs::read(root.join(name)), fs::read(&taken.item.path));
            assert_eq!(here.unwrap(), there.unwrap(), "{}", name.display());
            assert!(!trained_on.contains(&taken.original), "{}", taken.original);
            expected.insert(name.to_owned());
        }
        assert_eq!(files_below(&root), expected, "{place}");
    }
}
