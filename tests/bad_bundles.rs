//! Model bundles that are damaged, forged or of another make: `sortd model verify` says in one line
//! what is wrong and what to do, and exits with 65.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use sortd::classify::bundle::Manifest;
use tempfile::TempDir;

/// A copy of the shipped bundle, to be spoilt.
struct Copy {
    folder: TempDir,
}

impl Copy {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        common::copy_folder(&common::root().join("models/waste"), folder.path());
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file("model.toml")).expect("the manifest is there")
    }

    fn manifest(&self) -> Manifest {
        toml::from_str(&self.text()).expect("the manifest is right")
    }

    /// Changes the manifest as a value.
    fn with(self, change: impl FnOnce(&mut Manifest)) -> Self {
        let mut manifest = self.manifest();
        change(&mut manifest);
        let text = toml::to_string(&manifest).expect("a manifest is TOML");
        self.with_text(&text)
    }

    fn with_text(self, text: &str) -> Self {
        fs::write(self.file("model.toml"), text).expect("written");
        self
    }

    /// Puts another model in, with its right hash.
    fn with_model(self, model: &[u8]) -> Self {
        let file = self.file(&self.manifest().model.file);
        fs::write(file, model).expect("written");
        self.with(|manifest| common::is_of(manifest, model))
    }

    fn model(&self) -> Vec<u8> {
        fs::read(self.file(&self.manifest().model.file)).expect("the model is there")
    }

    /// What `sortd model verify` says against it, without the folder's name.
    #[track_caller]
    fn complaint(&self) -> String {
        // Not even those who ask for backtraces see one of a panic that was contained.
        let mut command = common::sortd();
        command.env("RUST_BACKTRACE", "1");
        let ran = common::finish(command.args(["model", "verify"]).arg(self.path()));
        assert_eq!(ran.status, 65, "{ran:?}");
        assert_eq!(ran.out, "");
        let complaint = ran.complaint();
        assert!(
            complaint.contains("; "),
            "what to do is missing: {complaint}"
        );
        complaint.replace(&self.path().display().to_string(), "BUNDLE")
    }

    #[track_caller]
    fn assert_refused(&self, why: &str) {
        let complaint = self.complaint();
        assert!(complaint.contains(why), "{complaint}");
    }
}

#[test]
fn the_bundle_inside_the_binary_and_the_shipped_folder_are_right() {
    for args in [
        &["model", "verify"][..],
        &["model", "info"],
        &["model", "verify", "models/waste"],
        &["model", "info", "models/waste"],
    ] {
        let ran = common::run(args);
        assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{ran:?}");
        assert!(!ran.out.is_empty());
    }
}

#[test]
fn a_copy_that_nobody_spoilt_is_right() {
    let copy = Copy::new().with(|_| {});
    let ran = common::finish(common::sortd().args(["model", "verify"]).arg(copy.path()));
    assert_eq!(ran.status, 0, "{ran:?}");
}

#[test]
fn the_model_must_be_the_one_that_the_manifest_means() {
    let copy = Copy::new();
    let mut model = copy.model();
    let middle = model.len() / 2;
    model[middle] ^= 1;
    fs::write(copy.file(&copy.manifest().model.file), model).unwrap();
    copy.assert_refused("its SHA-256 is");

    let copy = Copy::new().with(|manifest| manifest.model.sha256 = "none".into());
    copy.assert_refused("and none was expected");
}

#[test]
fn a_manifest_of_another_make_is_refused_at_its_line() {
    let shipped = Copy::new().text();
    let copy = Copy::new().with_text(&format!("colour = \"green\"\n{shipped}"));
    copy.assert_refused("BUNDLE/model.toml:1:1: unknown field `colour`");
    let copy = Copy::new().with_text(&format!("{shipped}\nwidth = = 3\n"));
    copy.assert_refused(&format!("model.toml:{}:9: ", shipped.lines().count() + 2));
    let copy = Copy::new().with_text("");
    copy.assert_refused("missing field `format`");
    // The manifest of another format has other keys, and only its format matters.
    let other = shipped.replacen("format = 1", "format = 99\nsomething-new = true", 1);
    let copy = Copy::new().with_text(&other);
    copy.assert_refused("BUNDLE/model.toml: its format is 99, and this program reads 1");
    let copy = Copy::new();
    fs::write(copy.file("model.toml"), b"format = 1 # \xFF").unwrap();
    copy.assert_refused("is not UTF-8 text");
    let copy = Copy::new();
    fs::remove_file(copy.file("model.toml")).unwrap();
    copy.assert_refused("BUNDLE/model.toml cannot be read: No such file");
}

#[test]
fn a_manifest_without_sense_is_refused() {
    type Change = fn(&mut Manifest);
    let cases: [(Change, &str); 12] = [
        (|m| m.input.width = 0, "an input of 0x"),
        (|m| m.input.height = 100_000, "x100000 pixels is outside"),
        (
            |m| m.input.scale[1] = f32::NAN,
            "scale and offset must be finite",
        ),
        (|m| m.input.scale[0] = 0.0, "scale not zero"),
        (
            |m| m.input.offset[2] = f32::INFINITY,
            "scale and offset must be finite",
        ),
        (
            |m| m.output.temperature = 0.0,
            "temperature 0 is not above zero",
        ),
        (
            |m| m.output.temperature = f32::NAN,
            "temperature NaN is not above zero",
        ),
        (|m| m.labels.truncate(1), "no choice"),
        (|m| m.labels[1] = m.labels[0].clone(), "stands twice"),
        (
            |m| m.empty_label = Some("void".into()),
            "is not among the labels",
        ),
        (|m| m.golden.cases.clear(), "cannot prove itself"),
        (|m| m.golden.tolerance = f32::INFINITY, "is not a distance"),
    ];
    for (change, why) in cases {
        Copy::new().with(change).assert_refused(why);
    }
}

#[test]
fn no_path_leads_out_of_the_bundle() {
    for path in ["../model.onnx", "/etc/hostname", "golden/../../x", "."] {
        let copy = Copy::new().with(|manifest| manifest.model.file = path.into());
        copy.assert_refused(&format!("\"{path}\" points outside the bundle"));
        let copy = Copy::new().with(|manifest| manifest.golden.cases[0].file = path.into());
        copy.assert_refused(&format!("\"{path}\" points outside the bundle"));
    }
}

#[test]
fn the_labels_must_be_as_many_as_the_outputs() {
    let copy = Copy::new().with(|manifest| manifest.labels.push("one more".into()));
    copy.assert_refused("outputs for");
    let copy = Copy::new().with(|manifest| {
        manifest.labels.push("one more".into());
        for case in &mut manifest.golden.cases {
            case.output.push(0.0);
        }
    });
    copy.assert_refused("labels want");
}

#[test]
fn a_golden_case_must_be_there_and_must_fit() {
    let copy = Copy::new();
    let first = copy.manifest().golden.cases[0].file.clone();
    fs::remove_file(copy.file(&first)).unwrap();
    copy.assert_refused(&format!("BUNDLE/{first} cannot be read: No such file"));

    let copy = Copy::new();
    let input = copy.manifest().input;
    let small = image::RgbImage::new(input.width / 2, input.height);
    small.save(copy.file(&first)).unwrap();
    copy.assert_refused("and the model wants");

    let copy = Copy::new();
    image::RgbImage::new(3000, 1)
        .save(copy.file(&first))
        .unwrap();
    copy.assert_refused(&first);

    let copy = Copy::new();
    fs::write(copy.file(&first), "no picture").unwrap();
    copy.assert_refused(&first);
}

#[test]
fn another_golden_output_is_refused() {
    for value in [1e3, f32::NAN, f32::INFINITY] {
        let copy = Copy::new().with(|manifest| {
            let last = manifest.golden.cases.last_mut().expect("there is one");
            last.output[0] = value;
        });
        copy.assert_refused("differs from its golden output by");
    }
}

#[test]
fn another_normalisation_is_refused() {
    let copy = Copy::new().with(|manifest| manifest.input.scale = [1e38; 3]);
    copy.assert_refused("differs from its golden output by");
}

#[test]
fn a_model_file_that_is_damaged_is_refused() {
    let whole = Copy::new().model();
    let noise: Vec<u8> = (0..20_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for model in [&whole[..whole.len() / 2], &whole[..1000], &noise, &[]] {
        let copy = Copy::new().with_model(model);
        copy.assert_refused("model.onnx cannot be used: ");
    }
}

#[test]
fn a_model_for_another_input_is_refused() {
    use sortd::classify::bundle::Layout;
    let copy = Copy::new().with(|manifest| {
        manifest.input.layout = match manifest.input.layout {
            Layout::Nchw => Layout::Nhwc,
            Layout::Nhwc => Layout::Nchw,
        };
    });
    copy.complaint();
}

/// Just enough of the wire format of protocol buffers to write small ONNX files; the numbers of the
/// fields are those of `onnx.proto`.
mod onnx {
    /// A field with bytes, a text or a message in it.
    pub fn bytes(field: u64, content: impl AsRef<[u8]>) -> Vec<u8> {
        let content = content.as_ref();
        let mut out = number(field << 3 | 2);
        out.extend(number(content.len() as u64));
        out.extend(content);
        out
    }

    pub fn int(field: u64, value: u64) -> Vec<u8> {
        [number(field << 3), number(value)].concat()
    }

    fn number(mut value: u64) -> Vec<u8> {
        let mut out = Vec::new();
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
        out
    }

    /// An attribute that is a list of whole numbers.
    pub fn ints(name: &str, values: &[u64]) -> Vec<u8> {
        let mut attribute = bytes(1, name);
        attribute.extend(values.iter().flat_map(|value| int(8, *value)));
        attribute.extend(int(20, 7));
        bytes(5, attribute)
    }

    /// A name with the type and shape of a tensor of f32.
    fn value(name: &str, shape: &[u64]) -> Vec<u8> {
        let dims: Vec<u8> = shape
            .iter()
            .flat_map(|dim| bytes(1, int(1, *dim)))
            .collect();
        let tensor = [int(1, 1), bytes(2, dims)].concat();
        [bytes(1, name), bytes(2, bytes(1, tensor))].concat()
    }

    /// A model with one node, from `x` to `y`; a convolution also has the weights `w`.
    pub fn model(operator: &str, attributes: &[Vec<u8>], x: &[u64], y: &[u64]) -> Vec<u8> {
        let mut node = [bytes(1, "x")].concat();
        let mut graph = Vec::new();
        if operator == "Conv" {
            node.extend(bytes(1, "w"));
            let shape: Vec<u8> = [2, 3, 3, 3].iter().flat_map(|dim| int(1, *dim)).collect();
            let weights = [0; 2 * 3 * 3 * 3 * 4];
            graph.extend(bytes(
                5,
                [shape, int(2, 1), bytes(8, "w"), bytes(9, weights)].concat(),
            ));
        }
        node.extend([bytes(2, "y"), bytes(4, operator)].concat());
        node.extend(attributes.concat());
        graph.extend([bytes(1, node), bytes(2, "g")].concat());
        graph.extend([bytes(11, value("x", x)), bytes(12, value("y", y))].concat());
        [int(1, 8), bytes(8, int(2, 13)), bytes(7, graph)].concat()
    }
}

#[test]
fn a_model_that_is_no_classifier_is_refused() {
    let input = Copy::new().manifest().input;
    let shape = [1, 3, u64::from(input.height), u64::from(input.width)];
    let copy = Copy::new()
        .with(|manifest| manifest.input.layout = sortd::classify::bundle::Layout::Nchw)
        .with_model(&onnx::model("Relu", &[], &shape, &shape));
    copy.assert_refused("labels want");
}

#[test]
fn a_model_that_makes_the_reader_panic_is_refused_quietly() {
    let input = Copy::new().manifest().input;
    let shape = [1, 3, u64::from(input.height), u64::from(input.width)];
    // There are four axes, and this model wants the tenth.
    let attributes = [onnx::ints("axes", &[9])];
    let copy = Copy::new()
        .with(|manifest| manifest.input.layout = sortd::classify::bundle::Layout::Nchw)
        .with_model(&onnx::model("ReduceMean", &attributes, &shape, &shape));
    copy.assert_refused("the file makes the ONNX reader stumble: ");
}

#[test]
fn a_window_that_makes_no_sense_is_refused_with_its_node() {
    let input = Copy::new().manifest().input;
    let shape = [1, 3, u64::from(input.height), u64::from(input.width)];
    // Two sides have four paddings, and this model names one. Its node is known by its result.
    let attributes = [
        onnx::ints("kernel_shape", &[3, 3]),
        onnx::ints("pads", &[1]),
    ];
    let copy = Copy::new()
        .with(|manifest| manifest.input.layout = sortd::classify::bundle::Layout::Nchw)
        .with_model(&onnx::model("Conv", &attributes, &shape, &shape));
    copy.assert_refused("y (Conv): its pads [1] do not fit");
}

#[test]
fn what_promises_probabilities_must_give_them() {
    use sortd::classify::bundle::OutputKind;
    let copy = Copy::new();
    if copy.manifest().output.kind == OutputKind::Probabilities {
        eprintln!("skipped: the shipped model gives probabilities");
        return;
    }
    let copy = copy.with(|manifest| manifest.output.kind = OutputKind::Probabilities);
    copy.assert_refused("are no probabilities");
}

#[test]
fn a_folder_that_is_none_is_refused() {
    for (folder, why) in [
        ("no/such/folder", "does not exist"),
        ("Cargo.toml", "is not a folder"),
    ] {
        for command in ["verify", "info"] {
            let ran = common::run(["model", command, folder]);
            assert_eq!(ran.status, 65, "{ran:?}");
            assert!(ran.complaint().starts_with(&format!("{folder}: {why}; ")));
        }
        let ran = common::run(["classify", "-m", folder, "tests/photos"]);
        assert_eq!((ran.status, ran.out.as_str()), (65, ""), "{ran:?}");
    }
}
