//! Public sets of photographs: told of, taken from what was downloaded, and compared.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use sortd_trainer::data::tree::Tree;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::commands::Here;

/// What stands for a photograph: it begins like a JPEG, and nobody decodes it here.
fn picture(number: u32) -> Vec<u8> {
    [
        &b"\xff\xd8\xff"[..],
        format!("photograph {number}").as_bytes(),
    ]
    .concat()
}

/// Writes an archive as a browser and a Macintosh leave it.
fn archive(file: &Path, numbers: &[u32]) {
    let mut archive = ZipWriter::new(File::create(file).unwrap());
    let mut put = |name: String, bytes: &[u8]| {
        archive
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    };
    for &number in numbers {
        put(
            format!("dataset-resized/glass/glass{number}.jpg"),
            &picture(number),
        );
        put(
            format!("__MACOSX/dataset-resized/glass/glass{number}.jpg"),
            b"twin",
        );
    }
    put("dataset-resized/glass/._glass1.jpg".to_owned(), b"twin");
    put("../../glass/glass99.jpg".to_owned(), b"outside");
    put("dataset-resized/readme.txt".to_owned(), b"not a picture");
    archive.finish().unwrap();
}

#[test]
fn an_archive_that_was_downloaded_becomes_a_set_with_its_lists() {
    let folder = tempfile::tempdir().unwrap();
    let here = Here(folder.path());
    archive(&folder.path().join("set.zip"), &[1, 2, 3, 11, 30, 71, 115]);
    let said = here.fine("data fetch trashnet --from set.zip --data data");
    assert!(said.contains("7 photographs copied"), "{said}");
    assert!(said.contains("7 of 2527 photographs, not all"), "{said}");
    let root = folder.path().join("data/trashnet");
    assert_eq!(
        fs::read(root.join("glass/glass30.jpg")).unwrap(),
        picture(30)
    );
    let list = |part: &str| {
        let items = Tree::open(&root)
            .unwrap()
            .split(&format!("blocked-{part}"))
            .unwrap();
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        items
            .iter()
            .map(|item| name(&item.path))
            .collect::<Vec<_>>()
    };
    // The runs 2 and 7 of glass are for validation and tests; glass115 has two labels.
    assert_eq!(list("val"), ["glass30.jpg"]);
    assert_eq!(list("test"), ["glass71.jpg"]);
    assert_eq!(list("train").len(), 4);

    let said = here.fine("data fetch trashnet --from set.zip --data data");
    assert!(said.contains("0 photographs copied"), "{said}");
    assert!(said.contains("7 lay there already"), "{said}");
}

#[test]
fn what_lies_there_is_never_changed() {
    let folder = tempfile::tempdir().unwrap();
    let here = Here(folder.path());
    let from = folder.path().join("downloaded/somewhere/Glass");
    fs::create_dir_all(&from).unwrap();
    fs::write(from.join("glass1.JPG"), picture(1)).unwrap();
    let take = "data fetch trashnet --from downloaded --data data";
    let said = here.fine(take);
    assert!(said.contains("1 photographs copied"), "{said}");
    fs::write(from.join("glass1.JPG"), picture(2)).unwrap();
    here.refused(
        take,
        65,
        "another file lies at data/trashnet/glass/glass1.JPG",
    );
    let root = folder.path().join("data/trashnet");
    assert_eq!(fs::read(root.join("glass/glass1.JPG")).unwrap(), picture(1));
    // A list may grow with the photographs, and keeps what somebody wrote into it.
    fs::rename(from.join("glass1.JPG"), from.join("glass2.jpg")).unwrap();
    here.fine(take);
    let list = root.join("splits/blocked-train.txt");
    let text = fs::read_to_string(&list).unwrap();
    assert_eq!(text, "glass/glass1.JPG\nglass/glass2.jpg\n");
    fs::write(&list, "glass/mine.jpg\n").unwrap();
    here.refused(take, 65, "`glass/mine.jpg` of its own");
    assert_eq!(fs::read_to_string(&list).unwrap(), "glass/mine.jpg\n");
}

#[test]
fn pictures_that_were_cut_from_photographs_come_with_their_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let here = Here(folder.path());
    let from = folder.path().join("crops");
    fs::create_dir_all(from.join("paper")).unwrap();
    fs::write(from.join("paper/1.jpg"), picture(1)).unwrap();
    let take = "data fetch picam-hand --from crops --data data";
    here.refused(take, 65, "has no manifest.tsv");
    assert!(!folder.path().join("data").exists());
    let manifest = "file\tsource\npaper/1.jpg\tfilm_1.jpg\n";
    fs::write(from.join("manifest.tsv"), manifest).unwrap();
    here.fine(take);
    let kept = folder.path().join("data/more/picam_hand/manifest.tsv");
    assert_eq!(fs::read_to_string(&kept).unwrap(), manifest);
    fs::write(from.join("manifest.tsv"), "file\tsource\n").unwrap();
    here.refused(take, 65, "another file lies at");
    assert_eq!(fs::read_to_string(&kept).unwrap(), manifest);
}

#[test]
fn a_folder_without_photographs_is_told_of_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let here = Here(folder.path());
    fs::create_dir_all(folder.path().join("data/trashnet/leftovers")).unwrap();
    fs::write(
        folder.path().join("data/trashnet/leftovers/1.jpg"),
        picture(1),
    )
    .unwrap();
    let said = here.fine("data fetch --data data");
    assert!(said.contains("0 of 2527"), "{said}");
    let said = here.fine("data fetch trashnet --data data");
    assert!(said.contains("none of 2527"), "{said}");
}

#[test]
fn what_cannot_be_taken_says_what_to_give() {
    let folder = tempfile::tempdir().unwrap();
    let here = Here(folder.path());
    fs::write(folder.path().join("set.tar"), b"no archive of ours").unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for kind in ["text", "pipe", "large", "link"] {
        fs::create_dir_all(folder.path().join(kind).join("glass")).unwrap();
    }
    let named = |kind: &str| folder.path().join(kind).join("glass/glass1.jpg");
    fs::write(named("text"), "a page that says no").unwrap();
    let made = Command::new("mkfifo").arg(named("pipe")).status();
    assert!(made.unwrap().success());
    std::os::unix::fs::symlink(named("text"), named("link")).unwrap();
    let large = File::create(named("large")).unwrap();
    large.set_len(65 << 20).unwrap();
    for (command, status, word) in [
        ("data fetch litter", 2, "litter-crops"),
        ("data fetch --from set.tar", 2, "SET"),
        (
            "data fetch trashnet --from set.tar --data data",
            65,
            "zip archive",
        ),
        (
            "data fetch trashnet --from nowhere --data data",
            65,
            "neither a folder nor a file",
        ),
        (
            "data fetch trashnet --from empty --data data",
            65,
            "dataset-resized.zip",
        ),
        ("data fetch taco29 --from empty --data data", 65, "each box"),
        (
            "data fetch trashnet --from text --data data",
            65,
            "neither a JPEG nor a PNG",
        ),
        (
            "data fetch trashnet --from pipe --data data",
            65,
            "has no pictures",
        ),
        (
            "data fetch trashnet --from link --data data",
            65,
            "has no pictures",
        ),
        (
            "data fetch trashnet --from pipe/glass/glass1.jpg --data data",
            65,
            "neither a folder nor a file",
        ),
        (
            "data fetch trashnet --from large --data data",
            65,
            "larger than 64 MB",
        ),
    ] {
        here.refused(command, status, word);
    }
    assert!(!folder.path().join("data").exists());
}

#[test]
fn the_sets_that_are_here_are_told_of_with_what_can_be_trained() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let here = Here(Path::new(env!("CARGO_MANIFEST_DIR")));
    let nothing = tempfile::tempdir().unwrap();
    let without = format!("data fetch --data {}", nothing.path().display());
    let said = here.fine(&without);
    assert!(said.contains("0 of 2527"), "{said}");
    assert!(said.contains("no, missing: trashnet"), "{said}");
    if !data.is_dir() {
        crate::skipped("../shared/data is not here");
        return;
    }
    for set in ["trashnet", "taco29"] {
        let said = here.fine(&format!("data fetch {set}"));
        assert!(said.contains("the very ones"), "{said}");
        assert!(said.contains("sha256"), "{said}");
    }
    let said = here.fine("data fetch");
    let runs = |line: &&str| line.starts_with("waste-") && line.ends_with("yes");
    assert_eq!(said.lines().filter(runs).count(), 6, "{said}");
    // The lists of the archive are those that lie here.
    let root = data.join("trashnet");
    let set = sortd_trainer::data::public::PublicSet::named("trashnet").unwrap();
    let name = |path: &Path| path.strip_prefix(&root).unwrap().display().to_string();
    let tree = Tree::open(&root).unwrap();
    let all: Vec<String> = tree
        .everything()
        .unwrap()
        .iter()
        .map(|item| name(&item.path))
        .collect();
    let lists = set.blocks.unwrap().lists(&all);
    for (part, list) in ["train", "val", "test"].into_iter().zip(lists) {
        let items = tree.split(&format!("blocked-{part}")).unwrap();
        let mut listed: Vec<String> = items.iter().map(|item| name(&item.path)).collect();
        listed.sort();
        assert_eq!(list, listed, "{part}");
    }
}
