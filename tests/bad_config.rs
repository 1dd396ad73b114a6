//! Wrong configurations: every problem of a file is told at once, by place, with what to do about it,
//! and the exit status is 78.
//!
//! `golden/check` holds one wrong configuration a file, and beside it what `sortd check` says. After a
//! message was changed on purpose, `SORTD_UPDATE_GOLDEN=1 cargo test --test bad_config` writes the
//! answers anew; read the difference before committing it.

mod common;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sortd::config::{Config, Report, TriggerMode};

fn check(file: &Path) -> common::Ran {
    let tests = common::root().join("tests");
    common::finish(
        common::sortd()
            .current_dir(tests)
            .args(["check", "-c"])
            .arg(file),
    )
}

fn toml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("the folder is read").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

/// One line a problem: place, what, and what to do.
#[track_caller]
fn assert_form(ran: &common::Ran, file: &str) {
    assert_eq!(ran.status, 78, "{ran:?}");
    assert_eq!(ran.out, "", "a refused configuration is not also printed");
    assert!(!ran.err.is_empty());
    for line in ran.err.lines() {
        let rest = line
            .strip_prefix(&format!("{file}:"))
            .unwrap_or_else(|| panic!("no place in {line}"));
        let mut parts = rest.splitn(3, ':');
        for number in [parts.next(), parts.next()] {
            let number: usize = number.unwrap_or_default().parse().expect(line);
            assert!(number > 0, "{line}");
        }
        let (what, todo) = rest.split_once("; ").expect(line);
        assert!(!what.is_empty() && !todo.is_empty(), "{line}");
    }
}

#[test]
fn each_wrong_configuration_gets_the_answer_beside_it() {
    let update = std::env::var_os("SORTD_UPDATE_GOLDEN").is_some();
    let tests = common::root().join("tests");
    let mut differences = Vec::new();
    for path in toml_files(&tests.join("golden/check")) {
        let file = path.strip_prefix(&tests).expect("it lies there");
        let ran = check(file);
        assert_form(&ran, &file.display().to_string());
        let answer = path.with_extension("txt");
        if update {
            fs::write(&answer, &ran.err).expect("the answer is written");
        }
        let expected = fs::read_to_string(&answer).unwrap_or_default();
        if ran.err != expected {
            let name = file.display();
            differences.push(format!("{name}\nexpected:\n{expected}found:\n{}", ran.err));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_configuration_that_ships_is_right() {
    let config = common::root().join("config");
    let mut files = toml_files(&config);
    files.extend(toml_files(&config.join("examples")));
    assert!(files.len() >= 6, "{files:?}");
    for file in files {
        let ran = check(&file);
        assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{ran:?}");
        assert!(ran.out.starts_with(&format!("{}: fine\n", file.display())));
    }
}

/// What `sortd check` says of a file with these bytes.
fn complaint_about(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sortd.toml");
    fs::write(&file, bytes).expect("written");
    let ran = check(&file);
    let name = file.display().to_string();
    assert_form(&ran, &name);
    ran.complaint().replace(&name, "sortd.toml")
}

#[test]
fn what_is_no_text_is_refused_as_a_whole() {
    assert_eq!(
        complaint_about(b""),
        "sortd.toml:1:1: the file is empty; start from config/sortd.toml, which explains every key"
    );
    assert_eq!(
        complaint_about(b" \n\n"),
        "sortd.toml:1:1: the file is empty; start from config/sortd.toml, which explains every key"
    );
    assert_eq!(
        complaint_about(b"[camera]\nk\xC3\xBCrzel = \"\xFC\"\n"),
        "sortd.toml:2:11: not UTF-8 text; save the file as UTF-8"
    );
    assert_eq!(
        complaint_about(&b"# long\n".repeat(10 << 20 >> 3)),
        "sortd.toml:1:1: more than 1048576 bytes are no configuration; name the right file"
    );
}

#[test]
fn nesting_without_end_is_no_reason_to_crash() {
    for text in [
        format!("a = {}{}", "[".repeat(200_000), "]".repeat(200_000)),
        format!("a = {}1{}", "{a=".repeat(100_000), "}".repeat(100_000)),
        format!("{}a = 1", "a.".repeat(200_000)),
        format!("[{}a]", "a.".repeat(200_000)),
    ] {
        assert!(complaint_about(text.as_bytes()).contains("recur"));
    }
}

#[test]
fn what_an_editor_of_another_system_writes_is_read() {
    let shipped = fs::read_to_string(common::root().join("config/sortd.toml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sortd.toml");
    for text in [format!("\u{FEFF}{shipped}"), shipped.replace('\n', "\r\n")] {
        fs::write(&file, text).unwrap();
        let ran = check(&file);
        assert_eq!(ran.status, 0, "{ran:?}");
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let ran = check(Path::new("no/such/sortd.toml"));
    assert_form(&ran, "no/such/sortd.toml");
    assert_eq!(
        ran.complaint(),
        "no/such/sortd.toml:1:1: cannot be read: No such file or directory (os error 2); \
         write one, or name another with --config FILE"
    );
    let ran = check(Path::new("golden"));
    assert_form(&ran, "golden");
    assert!(ran.complaint().contains("Is a directory"), "{ran:?}");
    // A device without end must neither fill the memory nor be waited for.
    let ran = check(Path::new("/dev/zero"));
    assert_form(&ran, "/dev/zero");
    assert!(ran.complaint().contains("it is a device"), "{ran:?}");
}

#[test]
fn what_may_not_be_read_says_so() {
    use std::os::unix::fs::PermissionsExt;
    if common::is_root() {
        eprintln!("skipped: root may read everything");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sortd.toml");
    fs::write(&file, "[camera]\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    let ran = check(&file);
    assert_eq!(ran.status, 78);
    assert!(
        ran.complaint()
            .contains("let the user that runs sortd read it")
    );
}

#[test]
fn the_daemon_does_not_start_with_what_check_refuses() {
    let file = "tests/golden/check/everything.toml";
    let checked = common::run(["check", "-c", file]);
    let started = common::run(["run", "-c", file]);
    assert_eq!(started.status, 78);
    assert_eq!(started.err, checked.err);
}

fn parse(text: &str) -> Result<Config, Report> {
    Config::parse(text, Path::new("sortd.toml"))
}

/// Every pin of a configuration.
fn pins(config: &Config) -> Vec<u8> {
    let mut pins: Vec<_> = config.status_led.iter().map(|led| led.pin.value).collect();
    if let TriggerMode::Button { pin, .. } = &config.trigger.mode {
        pins.push(pin.value);
    }
    for bin in &config.bins {
        pins.extend(bin.led.iter().map(|led| led.pin.value));
        pins.extend(bin.servo.iter().map(|servo| servo.pin.value));
    }
    pins.iter().map(|pin| pin.number()).collect()
}

/// What must hold for whatever text comes in.
fn assert_sense(text: &str) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(config) => {
            let pins = pins(&config);
            let different: HashSet<_> = pins.iter().collect();
            prop_assert_eq!(
                different.len(),
                pins.len(),
                "a pin is used twice: {:?}",
                pins
            );
        }
        Err(report) => {
            prop_assert!(!report.problems.is_empty());
            let told = report.to_string();
            let lines = report.problems.len() + usize::from(report.more > 0);
            prop_assert_eq!(told.lines().count(), lines, "{}", told);
        }
    }
    Ok(())
}

/// A small change of a text, as a slip of the finger or a bad card makes it.
#[derive(Debug, Clone)]
enum Edit {
    SetByte(prop::sample::Index, u8),
    DropLine(prop::sample::Index),
    RepeatLine(prop::sample::Index),
    /// Another number where there is one.
    SetNumber(prop::sample::Index, i8),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Edit::SetByte(at, byte)),
        at().prop_map(Edit::DropLine),
        at().prop_map(Edit::RepeatLine),
        (at(), -1..30i8).prop_map(|(at, number)| Edit::SetNumber(at, number)),
    ]
}

impl Edit {
    fn apply(&self, text: &str) -> String {
        match self {
            Self::SetByte(at, byte) => {
                let mut bytes = text.as_bytes().to_vec();
                let at = at.index(bytes.len());
                bytes[at] = *byte;
                String::from_utf8_lossy(&bytes).into_owned()
            }
            Self::DropLine(at) => {
                let mut lines: Vec<_> = text.lines().collect();
                lines.remove(at.index(lines.len()));
                lines.join("\n") + "\n"
            }
            Self::RepeatLine(at) => {
                let mut lines: Vec<_> = text.lines().collect();
                let at = at.index(lines.len());
                lines.insert(at, lines[at]);
                lines.join("\n") + "\n"
            }
            Self::SetNumber(at, number) => {
                let starts: Vec<_> = text.match_indices(" = ").map(|(at, _)| at + 3).collect();
                let numbers: Vec<_> = starts
                    .into_iter()
                    .filter(|start| text[*start..].starts_with(|c: char| c.is_ascii_digit()))
                    .collect();
                if numbers.is_empty() {
                    return text.to_owned();
                }
                let start = numbers[at.index(numbers.len())];
                let length = text[start..]
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(text.len() - start);
                format!("{}{number}{}", &text[..start], &text[start + length..])
            }
        }
    }
}

/// The configurations that are changed: between them they have every kind of pin.
const ORIGINALS: [&str; 3] = [
    include_str!("../config/sortd.toml"),
    include_str!("../config/examples/two-lids.toml"),
    "[trigger]\nmode = \"button\"\npin = 5\n[status-led]\npin = 6\n\
     [[bins]]\nname = \"a\"\nled = { pin = 7 }\nservo = { pin = 12 }\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_accepted_or_refused(text in any::<String>()) {
        assert_sense(&text)?;
    }

    #[test]
    fn any_piece_of_toml_is_accepted_or_refused(
        lines in prop::collection::vec("(\\[\\[?)?[a-z.-]{0,9}\\]{0,2} ?=? ?([0-9.e_-]{0,9}|\"[ -~]{0,5}\"|[\\[{][ -~]{0,9}[\\]}])", 0..12),
    ) {
        assert_sense(&lines.join("\n"))?;
    }

    #[test]
    fn any_slip_of_the_finger_is_accepted_or_refused(
        original in prop::sample::select(&ORIGINALS[..]),
        edits in prop::collection::vec(edit(), 1..6),
    ) {
        let text = edits.iter().fold(original.to_owned(), |text, edit| edit.apply(&text));
        assert_sense(&text)?;
    }

    #[test]
    fn whatever_the_pins_are_none_is_used_twice(
        [light, lid, button, status] in prop::array::uniform4(prop::sample::select(&[5, 6, 12, 13, 18, 19][..])),
    ) {
        let text = format!(
            "[trigger]\nmode = \"button\"\npin = {button}\n[status-led]\npin = {status}\n\
             [[bins]]\nname = \"a\"\nled = {{ pin = {light} }}\nservo = {{ pin = {lid}, pwm = \"software\" }}\n",
        );
        let different = HashSet::from([light, lid, button, status]).len() == 4;
        prop_assert_eq!(parse(&text).is_ok(), different);
    }
}
