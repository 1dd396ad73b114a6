//! What sortd reads from others, each as a target that takes any bytes.
//!
//! A target is a function that must neither panic nor take long, and that may assert what holds of
//! every answer. A panic that [`sortd::panics::contained`] makes an error of is none. To add one, write
//! its file, name it in [`TARGETS`], and lay a few inputs into `corpus/NAME`.

mod configuration;
mod http;
mod manifest;
mod mjpeg;
mod onnx;
mod protocol;
mod wifi;
mod y4m;

use sortd::visible::visible_lines;

/// Something that reads what others wrote.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its corpus.
    pub name: &'static str,
    /// Reads these bytes.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 8] = [
    Target {
        name: "configuration",
        run: configuration::run,
    },
    Target {
        name: "http",
        run: http::run,
    },
    Target {
        name: "manifest",
        run: manifest::run,
    },
    Target {
        name: "mjpeg",
        run: mjpeg::run,
    },
    Target {
        name: "onnx",
        run: onnx::run,
    },
    Target {
        name: "protocol",
        run: protocol::run,
    },
    Target {
        name: "wifi",
        run: wifi::run,
    },
    Target {
        name: "y4m",
        run: y4m::run,
    },
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

/// What is said of a file fits a terminal: each problem is one line without hidden characters.
fn assert_visible(text: &str) {
    assert_eq!(visible_lines(text), text, "it is shown as it stands");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    /// A corpus larger than this, in bytes, is to be minimised (`tests/fuzz/run minimise`).
    const LARGEST_CORPUS: usize = 256 << 10;

    fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(name);
        let files = fs::read_dir(folder).expect("each target has a corpus");
        files
            .map(|file| file.expect("the folder is read").path())
            .map(|path| (path.clone(), fs::read(path).expect("read")))
            .collect()
    }

    #[test]
    fn every_input_of_every_corpus_is_read_or_refused() {
        for Target { name, run } in TARGETS {
            let inputs = corpus(name);
            assert!(!inputs.is_empty(), "{name} has no corpus");
            for (file, data) in inputs {
                let read = std::panic::catch_unwind(|| run(&data));
                assert!(read.is_ok(), "{name}: {}", file.display());
            }
        }
    }

    #[test]
    fn no_corpus_is_large() {
        for Target { name, .. } in TARGETS {
            let bytes: usize = corpus(name).iter().map(|(_, data)| data.len()).sum();
            assert!(bytes <= LARGEST_CORPUS, "{name}: {bytes} bytes");
        }
    }

    #[test]
    fn a_target_is_found_by_its_name() {
        assert_eq!(target("wifi").map(|target| target.name), Some("wifi"));
        assert!(target("hifi").is_none());
    }

    #[test]
    #[should_panic(expected = "it is shown as it stands")]
    fn an_escape_in_a_message_is_noticed() {
        assert_visible("bins[0].na\u{1b}[2Jme: unknown key");
    }
}
