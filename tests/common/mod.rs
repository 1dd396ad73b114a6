//! Runs the program as a person, a script or a unit file does.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod bin;
pub mod board;
pub mod card;
pub mod daemon;
pub mod page;
pub mod quantised;
pub mod stuck;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use serde_json::Value;
use sha2::{Digest, Sha256};
use sortd::classify::bundle::Manifest;
use tempfile::TempDir;

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit status; -1 after a signal.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// The program, without what the environment of the tests would change. One that was built for
/// another processor is run by what `SORTD_TEST_RUNNER` names (`make cross-test`).
pub fn sortd() -> Command {
    let program = env!("CARGO_BIN_EXE_sortd");
    let mut command = match std::env::var("SORTD_TEST_RUNNER") {
        Ok(runner) => {
            let mut words = runner.split(' ');
            let mut command = Command::new(words.next().expect("a runner has a name"));
            command.args(words).arg(program);
            command
        }
        Err(_) => Command::new(program),
    };
    command.env_remove("RUST_BACKTRACE").current_dir(root());
    command
}

/// Runs the program with these arguments.
pub fn run<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    finish(sortd().args(args))
}

/// What `sortd classify --json` prints for these arguments, one object a line.
pub fn classify<S: AsRef<OsStr>>(args: &[S]) -> (Ran, Vec<Value>) {
    let ran = finish(sortd().args(["classify", "--json"]).args(args));
    let lines = ran.out.lines();
    let answers = lines.map(|line| serde_json::from_str(line).expect(line));
    let answers = answers.collect();
    (ran, answers)
}

/// Runs a prepared command to its end. No run may show a panic of its own, whatever it was given.
pub fn finish(command: &mut Command) -> Ran {
    let output = command.output().expect("the program starts");
    let ran = Ran::of(&output);
    assert!(!ran.err.contains("panicked"), "{command:?}: {ran:?}");
    assert!(
        !ran.err.contains("a defect of sortd"),
        "{command:?}: {ran:?}"
    );
    ran
}

/// Sends a running program a signal, such as `TERM`.
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(sent.expect("there is a `kill`").success());
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            status: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// The only line on standard error, without the level before it.
    #[track_caller]
    pub fn complaint(&self) -> &str {
        let mut lines = self.err.lines();
        let line = lines.next().unwrap_or_default();
        assert_eq!(lines.next(), None, "one line is enough: {self:?}");
        // What is wrong with a configuration begins with its place instead.
        if self.status == 78 {
            return line;
        }
        line.strip_prefix("error: ")
            .unwrap_or_else(|| panic!("no error was told: {self:?}"))
    }
}

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A copy of the shipped bundle with another manifest.
pub fn shipped_bundle(change: impl FnOnce(&mut Manifest)) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy_folder(&root().join("models/waste"), folder.path());
    let file = folder.path().join("model.toml");
    let text = std::fs::read_to_string(&file).expect("the manifest is there");
    let mut manifest = toml::from_str(&text).expect("the manifest is right");
    change(&mut manifest);
    let text = toml::to_string(&manifest).expect("a manifest is TOML");
    std::fs::write(file, text).expect("written");
    folder
}

/// Makes the shipped manifest that of another model: its hash, and no names of the shipped one's outputs.
pub fn is_of(manifest: &mut Manifest, model: &[u8]) {
    manifest.model.sha256 = format!("{:x}", Sha256::digest(model));
    manifest.embedding = None;
    manifest.output.name = None;
    for case in &mut manifest.golden.cases {
        case.embedding = None;
    }
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder is made");
    for entry in std::fs::read_dir(from).expect("the folder is read") {
        let entry = entry.expect("the folder is read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file is copied");
        }
    }
}

/// All files in a folder and in those below it.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is read");
    let paths = entries.map(|entry| entry.expect("the folder is read").path());
    let found = paths.flat_map(|path| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    });
    // A socket is no file that can be read.
    found.filter(|path| path.is_file()).collect()
}

/// Whether permissions bind us: they do not bind root.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
