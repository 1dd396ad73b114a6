//! Bundles that ask for more memory or time than the daemon has: every command refuses them in plain words,
//! and a takeover goes on with the rest.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]
#![allow(
    clippy::cast_possible_wrap,
    reason = "sizes of small networks become attributes of all types"
)]

mod common;
#[allow(dead_code, reason = "written for the tests of odd graphs")]
#[path = "odd_graphs/net.rs"]
mod net;
#[allow(dead_code, reason = "written for the tests of odd graphs")]
#[path = "odd_graphs/proto.rs"]
mod proto;

use std::fs;
use std::path::Path;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use sortd::classify::bundle::{Layout, Manifest};
use tempfile::TempDir;

const TOO_MUCH: &str =
    "it needs more than the 152 MB of memory that sortd may use for it; use a model";

/// A bundle whose tensors each pass for possible and which needs 300 MB.
fn hungry() -> TempDir {
    let mut model = Vec::new();
    let folder = common::shipped_bundle(|manifest| {
        let (height, width) = (
            manifest.input.height as usize,
            manifest.input.width as usize,
        );
        let mut net = net::Net::new(height, width);
        let copies = 40_000_000 / (3 * height * width) as i64;
        let to = net.vector(&[copies, 3, height as i64, width as i64]);
        let large = net.node("Expand", &["picture", &to], vec![]);
        let larger = net.node("Sigmoid", &[&large], vec![]);
        let sum = net.node("Add", &[&large, &larger], vec![]);
        let axes = vec![proto::ints("axes", &[0, 2, 3]), proto::int("keepdims", 0)];
        let most = net.node("ReduceMax", &[&sum], axes);
        model = net.end_with(&most).encoded();
        manifest.input.layout = Layout::Nchw;
        manifest.labels.truncate(3);
        manifest.empty_label = None;
        common::is_of(manifest, &model);
        for case in &mut manifest.golden.cases {
            case.output.truncate(3);
        }
    });
    fs::write(folder.path().join("model.onnx"), model).unwrap();
    folder
}

fn verify(bundle: &Path) -> common::Ran {
    common::finish(common::sortd().args(["model", "verify"]).arg(bundle))
}

#[track_caller]
fn assert_refused(change: impl FnOnce(&mut Manifest), why: &str) {
    let folder = common::shipped_bundle(change);
    let ran = verify(folder.path());
    assert_eq!(ran.status, 65, "{ran:?}");
    assert!(ran.complaint().contains(why), "{ran:?}");
}

#[test]
fn a_model_that_needs_more_memory_is_refused_by_every_command() {
    let bundle = hungry();
    let config = bundle.path().join("sortd.toml");
    let text = fs::read_to_string(common::root().join("config/sortd.toml")).unwrap();
    let text = text.replace(
        "# bundle = \"/usr/share/sortd/models/waste-small\"",
        &format!("bundle = \"{}\"", bundle.path().display()),
    );
    fs::write(&config, text).unwrap();
    for command in ["verify", "info"] {
        let ran = common::finish(common::sortd().args(["model", command]).arg(bundle.path()));
        assert_eq!(ran.status, 65, "{ran:?}");
        assert!(ran.complaint().contains(TOO_MUCH), "{ran:?}");
    }
    let ran = common::finish(common::sortd().args(["check", "-c"]).arg(&config));
    assert_eq!(ran.status, 78, "{ran:?}");
    assert!(ran.err.contains("model.bundle: "), "{ran:?}");
    assert!(ran.err.contains("needs more than the 152 MB"), "{ran:?}");
}

#[test]
fn a_takeover_refuses_it_and_goes_on_with_the_rest() {
    let bundle = hungry();
    let card = tempfile::tempdir().unwrap();
    let [boot, state] = ["boot", "state"].map(|name| card.path().join(name));
    fs::create_dir(&state).unwrap();
    common::copy_folder(bundle.path(), &boot.join("models/hungry"));
    common::copy_folder(
        &common::root().join("models/waste"),
        &boot.join("models/other"),
    );
    fs::copy(
        common::root().join("config/sortd.toml"),
        boot.join("sortd.toml"),
    )
    .unwrap();
    let wifi = "country = DE\nnetwork = Werkstatt\npassword = sesam oeffne dich\n";
    fs::write(boot.join("wifi.txt"), wifi).unwrap();
    let mut command = common::sortd();
    command
        .args(["takeover", "--from"])
        .arg(&boot)
        .arg("--state")
        .arg(&state);
    let ran = common::finish(&mut command);
    assert_eq!(ran.status, 0, "{ran:?}");
    let report = fs::read_to_string(boot.join("sortd-report.txt")).unwrap();
    for line in [
        "  models/hungry            REFUSED",
        "    models/hungry: it needs more than the 152 MB",
        "  models/other             taken over",
        "  sortd.toml               taken over",
        "  wifi.txt                 taken over",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
}

#[test]
fn a_manifest_that_says_too_much_is_refused_by_its_count() {
    assert_refused(
        |manifest| {
            manifest.empty_label = None;
            manifest.labels = (0..20_000).map(|label| format!("l{label}")).collect();
        },
        "it has 20000 labels, and 1024 are the most",
    );
    assert_refused(
        |manifest| {
            let case = manifest.golden.cases[0].clone();
            manifest.golden.cases = vec![case; 1000];
            for case in &mut manifest.golden.cases {
                case.embedding = None;
            }
        },
        "it has 1000 golden cases, and 64 are the most",
    );
    assert_refused(
        |manifest| {
            let case = manifest.golden.cases[0].clone();
            manifest.golden.cases = vec![case; 64];
            (manifest.input.width, manifest.input.height) = (640, 640);
            for case in &mut manifest.golden.cases {
                case.embedding = None;
            }
        },
        "its 64 golden pictures take 75 MB, and 32 MB are the most",
    );
    let folder = common::shipped_bundle(|manifest| manifest.name = "x".repeat(3 << 20));
    let ran = verify(folder.path());
    assert!(
        ran.complaint().contains("model.toml has more than 1 MB"),
        "{ran:?}"
    );
}

#[test]
fn a_golden_picture_with_an_endless_colour_profile_costs_nothing() {
    let mut first = String::new();
    let folder = common::shipped_bundle(|manifest| {
        first.clone_from(&manifest.golden.cases[0].file);
    });
    let file = folder.path().join(&first);
    let picture = image::open(&file).unwrap().into_rgb8();
    let mut encoder = PngEncoder::new(fs::File::create(&file).unwrap());
    encoder.set_icc_profile(vec![0; 300 << 20]).unwrap();
    let (width, height) = picture.dimensions();
    encoder
        .write_image(&picture, width, height, ExtendedColorType::Rgb8)
        .unwrap();
    assert!(fs::metadata(&file).unwrap().len() < 4 << 20);
    let ran = verify(folder.path());
    assert_eq!(ran.status, 0, "{ran:?}");
}
