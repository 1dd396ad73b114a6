//! Imports from folders of photographs.

use std::fs;
use std::path::Path;

use super::super::collection::Collection;
use super::super::crawl::Terms;
use super::super::folders::gather;
use super::super::starter::{self, SOURCES};
use super::super::{Limits, Reason, Summary};
use super::{jpeg, names, picture};

fn import(from: &Path, out: &Path) -> Summary {
    import_as(&Terms::default(), from, out)
}

fn import_as(terms: &Terms, from: &Path, out: &Path) -> Summary {
    let mut collection = Collection::open(out).unwrap();
    let limits = Limits::default();
    let from = [from.to_owned()];
    let mut tell = |_| {};
    let summary = gather(
        &from,
        &limits,
        "2026-11-25",
        &mut collection,
        terms,
        &mut tell,
    )
    .unwrap();
    collection.write_manifest().unwrap();
    starter::write(out, &collection).unwrap();
    summary
}

/// A folder of photographs with everything that people leave in such folders.
fn photographs(root: &Path) {
    for class in ["glass", "paper", "two words"] {
        fs::create_dir_all(root.join(class)).unwrap();
    }
    for number in 0..3 {
        fs::write(
            root.join(format!("glass/IMG {number}, Sunday.JPG")),
            jpeg(number),
        )
        .unwrap();
    }
    fs::write(
        root.join("glass/drawing.jpg"),
        picture(9, image::ImageFormat::Png),
    )
    .unwrap();
    fs::write(root.join("paper/copy.jpg"), jpeg(0)).unwrap();
    fs::write(root.join("paper/note.txt"), "remember the milk").unwrap();
    fs::write(root.join("paper/telephone.heic"), b"\0\0\0\x18ftypheic").unwrap();
    fs::write(root.join("paper/.hidden"), "").unwrap();
    fs::create_dir(root.join("paper/more")).unwrap();
}

#[test]
fn photographs_come_in_and_the_rest_is_told() {
    let (from, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    photographs(from.path());
    let summary = import(from.path(), out.path());
    assert_eq!(summary.kept, 4);
    let expected = [
        (Reason::BadClass, 1),
        (Reason::NotAPicture, 2),
        (Reason::OtherFormat, 1),
        (Reason::Contradiction, 1),
    ];
    assert_eq!(summary.left_out.into_iter().collect::<Vec<_>>(), expected);
    let glass = names(out.path(), "glass");
    let pngs = glass
        .iter()
        .filter(|name| {
            Path::new(name)
                .extension()
                .is_some_and(|ending| ending == "png")
        })
        .count();
    assert_eq!((glass.len(), pngs), (4, 1), "{glass:?}");
    let manifest = fs::read_to_string(out.path().join("manifest.csv")).unwrap();
    assert!(
        manifest.contains("/glass/IMG 1%2C Sunday.JPG,2026-11-25,"),
        "{manifest}"
    );
    let whole = from.path().parent().unwrap().to_string_lossy().into_owned();
    assert!(!manifest.contains(&whole), "{manifest}");
    assert!(
        fs::read_to_string(out.path().join(SOURCES))
            .unwrap()
            .contains("\"glass\"")
    );
}

#[test]
fn a_second_import_adds_what_is_new_and_brings_back_nothing_that_was_deleted() {
    let (from, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    photographs(from.path());
    import(from.path(), out.path());
    let first = names(out.path(), "glass");
    fs::remove_file(out.path().join("glass").join(&first[0])).unwrap();
    fs::write(out.path().join(SOURCES), "# mine").unwrap();
    fs::write(from.path().join("paper/new.jpg"), jpeg(50)).unwrap();
    let summary = import(from.path(), out.path());
    assert_eq!(
        (summary.kept, summary.there_before, summary.left_out_before),
        (1, 4, 3)
    );
    assert_eq!(names(out.path(), "glass"), first[1..]);
    let manifest = fs::read_to_string(out.path().join("manifest.csv")).unwrap();
    assert_eq!(manifest.lines().count(), 1 + 4, "{manifest}");
    assert_eq!(
        fs::read_to_string(out.path().join(SOURCES)).unwrap(),
        "# mine"
    );
}

#[test]
fn two_imports_do_not_work_on_one_collection() {
    let out = tempfile::tempdir().unwrap();
    let _first = Collection::open(out.path()).unwrap();
    let error = Collection::open(out.path()).unwrap_err().to_string();
    assert!(error.contains("another import"), "{error}");
}

#[test]
fn a_file_that_cannot_be_written_stops_the_import_with_advice() {
    let (from, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(from.path().join("glass")).unwrap();
    fs::write(from.path().join("glass/a.jpg"), jpeg(1)).unwrap();
    // A file where the class's folder should be, whoever runs the test.
    fs::write(out.path().join("glass"), "").unwrap();
    let mut collection = Collection::open(out.path()).unwrap();
    let (limits, terms) = (Limits::default(), Terms::default());
    let folders = [from.path().to_owned()];
    let error = gather(&folders, &limits, "", &mut collection, &terms, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("glass"), "{error}");
}

#[test]
fn a_picture_comes_into_its_class_once_it_was_deleted_from_the_wrong_one() {
    let (from, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for class in ["glass", "paper"] {
        fs::create_dir(from.path().join(class)).unwrap();
        fs::write(from.path().join(class).join("photo.jpg"), jpeg(0)).unwrap();
    }
    assert_eq!(import(from.path(), out.path()).kept, 1);
    let wrong = &names(out.path(), "glass")[0];
    fs::remove_file(out.path().join("glass").join(wrong)).unwrap();
    let retry = Terms {
        retry: true,
        ..Terms::default()
    };
    assert_eq!(import_as(&retry, from.path(), out.path()).kept, 1);
    assert_eq!(names(out.path(), "paper").len(), 1);
    assert_eq!(import_as(&retry, from.path(), out.path()).kept, 0);
}
