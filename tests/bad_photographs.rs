//! Photographs that cannot be read: each is told by its path, the rest is classified, and the exit
//! status is 65.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::classify;
use serde_json::Value;

const GOOD: &str = "tests/photos/glass/glass64.jpg";

/// The keys of an object as they stand in the text.
fn keys_in_order(line: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut depth = 0;
    let mut pieces = line.split('"').peekable();
    let mut quoted = false;
    while let Some(piece) = pieces.next() {
        if quoted {
            let is_key = depth == 1 && pieces.peek().is_some_and(|next| next.starts_with(':'));
            keys.extend(is_key.then(|| piece.to_owned()));
        } else {
            depth += piece.matches('{').count();
            depth -= piece.matches('}').count();
        }
        quoted = !quoted;
    }
    keys
}

#[track_caller]
fn assert_answer(line: &str) {
    assert_eq!(
        keys_in_order(line),
        [
            "path",
            "label",
            "confidence",
            "bin",
            "scores",
            "inference_us"
        ]
    );
    let answer: Value = serde_json::from_str(line).unwrap();
    let scores = answer["scores"].as_object().unwrap();
    let sum: f64 = scores.values().map(|score| score.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-4, "the scores sum to {sum}");
    let label = answer["label"].as_str().unwrap();
    assert_eq!(scores[label], answer["confidence"]);
    let best = scores
        .values()
        .filter_map(Value::as_f64)
        .fold(0.0, f64::max);
    assert!((scores[label].as_f64().unwrap() - best).abs() < 1e-9);
    assert!(answer["bin"].is_string() || answer["bin"].is_null());
    assert!(answer["inference_us"].is_u64());
}

#[track_caller]
fn assert_unreadable(answer: &Value, path: &Path, why: &str) {
    let object = answer.as_object().unwrap();
    assert_eq!(object.len(), 2, "{answer}");
    assert_eq!(object["path"], path.display().to_string());
    let error = object["error"].as_str().unwrap();
    assert!(error.contains(why), "{error}");
    assert!(error.contains("; "), "{error} does not say what to do");
}

/// The header of a PNG of this size, with far too few pixels behind it.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let small = image::RgbImage::new(4, 4);
    let mut bytes = Vec::new();
    let mut cursor = std::io::Cursor::new(&mut bytes);
    small
        .write_to(&mut cursor, image::ImageFormat::Png)
        .expect("a picture is written");
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// The header of a PNG of this size with alpha and 16 bits a channel.
fn png_of_16_bits(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png_header(width, height);
    (bytes[24], bytes[25]) = (16, 6);
    let sum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// What is left of a JPEG, with an end marker.
fn ended(half: &[u8]) -> Vec<u8> {
    [half, &[0xFF, 0xD9]].concat()
}

/// A JPEG that says that it is coded arithmetically.
fn arithmetic(jpeg: &[u8]) -> Vec<u8> {
    let mut bytes = jpeg.to_vec();
    let header = bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]);
    bytes[header.expect("a baseline JPEG") + 1] = 0xC9;
    bytes
}

/// The checksum of a PNG chunk (ISO 3309, as PNG's annex D gives it).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

/// A good JPEG whose header claims another size.
fn jpeg_claiming(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = fs::read(common::root().join(GOOD)).expect("the photograph is there");
    let header = bytes
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .expect("a baseline JPEG");
    bytes[header + 5..header + 7].copy_from_slice(&height.to_be_bytes());
    bytes[header + 7..header + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

fn photograph(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("written");
    path
}

#[test]
fn each_bad_photograph_says_why() {
    let good = fs::read(common::root().join(GOOD)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let text = "No photograph at all.\n";
    let endless = at.join("endless.jpg");
    let file = fs::File::create(&endless).unwrap();
    file.set_len(300 << 20).unwrap();
    let cases = [
        (at.join("missing.jpg"), "No such file"),
        (photograph(at, "empty.jpg", ""), "is empty"),
        (
            photograph(at, "cut.jpg", &good[..good.len() / 2]),
            "cut off",
        ),
        (photograph(at, "header.jpg", &good[..200]), "cut off"),
        (photograph(at, "text.jpg", text), "no JPEG or PNG"),
        (
            photograph(at, "huge.jpg", jpeg_claiming(10_000, 10_000)),
            "10000x10000",
        ),
        (
            photograph(at, "huge.png", png_header(10_000, 10_000)),
            "10000x10000",
        ),
        (
            photograph(at, "huger.png", png_header(0x7FFF_FFFF, 0x7FFF_FFFF)),
            "2147483647x2147483647",
        ),
        (photograph(at, "none.png", png_header(0, 5)), "damaged"),
        (photograph(at, "short.png", png_header(400, 300)), "damaged"),
        (
            photograph(at, "thin.png", png_header(1, 40_000_000)),
            "1x40000000",
        ),
        (
            photograph(at, "deep.png", png_of_16_bits(7000, 7000)),
            "7000x7000 pixels asks for more memory",
        ),
        (
            photograph(at, "fifth.jpg", ended(&good[..good.len() / 5])),
            "cut off",
        ),
        (
            photograph(at, "most.jpg", ended(&good[..good.len() - 200])),
            "cut off",
        ),
        (
            photograph(at, "arithmetic.jpg", arithmetic(&good)),
            "convert it",
        ),
        (PathBuf::from("/dev/zero"), "it is a device"),
        (endless, "too many for a photograph"),
    ];
    let paths: Vec<_> = cases.iter().map(|(path, _)| path).collect();
    let (ran, answers) = classify(&paths);
    assert_eq!(ran.status, 65, "{ran:?}");
    assert_eq!(answers.len(), cases.len());
    for (answer, (path, why)) in answers.iter().zip(&cases) {
        assert_unreadable(answer, path, why);
    }
    let count = cases.len();
    assert_eq!(
        ran.complaint(),
        format!("{count} paths could not be read, 0 classified; see the reasons above")
    );
}

#[test]
fn the_good_ones_of_a_folder_are_classified_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::create_dir(at.join("inner")).unwrap();
    fs::copy(common::root().join(GOOD), at.join("inner/good.JPG")).unwrap();
    photograph(at, "bad.jpg", "");
    photograph(at, "notes.txt", "not even named like a photograph");
    // A circle of folders, a link to a photograph, and one to nothing.
    symlink(at, at.join("inner/circle")).unwrap();
    symlink(at, at.join("inner/circle.jpg")).unwrap();
    symlink(at.join("inner/good.JPG"), at.join("link.jpeg")).unwrap();
    symlink("nowhere", at.join("lost.jpg")).unwrap();
    // A pipe without a writer would be waited for until the end of days.
    let made = Command::new("mkfifo").arg(at.join("pipe.jpg")).status();
    assert!(made.unwrap().success());

    let (ran, answers) = classify(&[at]);
    assert_eq!(ran.status, 65, "{ran:?}");
    assert_eq!(answers.len(), 4, "{answers:#?}");
    assert_unreadable(&answers[0], &at.join("bad.jpg"), "is empty");
    let lines: Vec<_> = ran.out.lines().collect();
    assert_answer(lines[1]);
    assert_answer(lines[2]);
    assert_eq!(
        answers[1]["path"],
        at.join("inner/good.JPG").display().to_string()
    );
    assert_eq!(
        answers[2]["path"],
        at.join("link.jpeg").display().to_string()
    );
    assert_eq!(answers[1]["scores"], answers[2]["scores"]);
    assert_unreadable(&answers[3], &at.join("lost.jpg"), "No such file");
    assert_eq!(
        ran.complaint(),
        "2 paths could not be read, 2 classified; see the reasons above"
    );

    // Without --json the answers stand on standard output, and the reasons on standard error.
    let plain = common::finish(common::sortd().arg("classify").arg(at));
    assert_eq!(plain.status, 65);
    assert_eq!(plain.out.lines().count(), 2, "{plain:?}");
    assert_eq!(plain.err.lines().count(), 3, "{plain:?}");
}

#[test]
fn a_folder_without_photographs_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (ran, answers) = classify(&[folder.path()]);
    assert_eq!(ran.status, 65);
    assert_eq!(answers.len(), 1);
    assert_unreadable(&answers[0], folder.path(), "holds no photograph");
}

#[test]
fn what_may_not_be_read_is_told_by_its_own_path() {
    if common::is_root() {
        eprintln!("skipped: root may read everything");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let file = photograph(at, "secret.jpg", "");
    fs::create_dir(at.join("closed")).unwrap();
    for path in [&file, &at.join("closed")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    let (ran, answers) = classify(&[at]);
    fs::set_permissions(at.join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(ran.status, 65);
    assert_unreadable(&answers[0], &at.join("closed"), "Permission denied");
    assert_unreadable(&answers[1], &file, "Permission denied");
}

#[test]
fn several_crops_are_averaged() {
    let (ran, one) = classify(&[GOOD]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_answer(ran.out.trim_end());
    let (ran, three) = classify(&["--crops", "3", GOOD]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_answer(ran.out.trim_end());
    assert_ne!(one[0]["scores"], three[0]["scores"]);
    let (ran, _) = classify(&["--crops", "0", GOOD]);
    assert_eq!(ran.status, 2);
}

#[test]
fn the_bins_are_those_of_the_configuration() {
    let (ran, answers) = classify(&["-c", "config/examples/one-led.toml", GOOD]);
    assert_eq!(ran.status, 0);
    let bin = answers[0]["bin"].as_str().unwrap();
    assert!(["glass", "anything else"].contains(&bin), "{bin}");
    let (ran, answers) = classify(&["-c", "tests/golden/check/unknown-label.toml", GOOD]);
    assert_eq!((ran.status, answers.len()), (78, 0));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = common::sortd()
        .args(["classify", "--json", "tests/photos", "tests/photos"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::with_capacity(1, child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert_answer(first.trim_end());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stderr.is_empty(), "{ended:?}");
}
