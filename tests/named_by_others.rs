//! What a person or another program names: files that are none, names that command a terminal, files that
//! are wrong from end to end. Each command ends soon and says what is the matter.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Far more than any of these takes, and far less than it took to go through a file again and again.
const SOON: Duration = Duration::from_secs(20);

/// Runs the program to its end, which must come soon.
#[track_caller]
fn ends(args: &[&str]) -> common::Ran {
    let out = tempfile::tempdir().expect("a folder");
    let file = |name: &str| fs::File::create(out.path().join(name)).expect("a file");
    let mut child = common::sortd()
        .args(args)
        .stdin(Stdio::null())
        .stdout(file("out"))
        .stderr(file("err"))
        .spawn()
        .expect("the program starts");
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("it can be asked") {
            break status;
        }
        if began.elapsed() > SOON {
            child.kill().expect("it can be killed");
            panic!("{args:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let text = |name: &str| {
        let bytes = fs::read(out.path().join(name)).expect("read");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    common::Ran {
        status: status.code().unwrap_or(-1),
        out: text("out"),
        err: text("err"),
    }
}

/// A pipe that nobody writes into.
fn pipe(path: &Path) -> String {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.expect("there is a mkfifo").success());
    path.display().to_string()
}

#[test]
fn a_pipe_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = pipe(&folder.path().join("pipe"));
    let photograph = "tests/photos/glass";
    for (args, status) in [
        (&["check", "-c", &pipe][..], 78),
        (&["run", "-c", &pipe], 78),
        (&["park", "-c", &pipe], 78),
        (&["bins", "test", "glass", "-c", &pipe], 78),
        (&["classify", "-c", &pipe, photograph], 78),
        (&["classify", &pipe], 65),
    ] {
        let ran = ends(args);
        assert_eq!(ran.status, status, "{args:?}: {ran:?}");
        assert!(
            ran.err.contains("it is a pipe and no regular file"),
            "{args:?}: {ran:?}"
        );
        assert!(
            ran.err.contains("; "),
            "{args:?} does not say what to do: {ran:?}"
        );
    }
}

#[test]
fn a_pipe_in_a_bundle_is_not_waited_for() {
    for file in ["model.toml", "model.onnx"] {
        let bundle = common::shipped_bundle(|_| {});
        let folder = bundle.path().display().to_string();
        fs::remove_file(bundle.path().join(file)).unwrap();
        pipe(&bundle.path().join(file));
        for args in [
            &["model", "verify", &folder][..],
            &["model", "info", &folder],
            &["classify", "-m", &folder, "tests/photos/glass"],
        ] {
            let ran = ends(args);
            assert_eq!(ran.status, 65, "{args:?}: {ran:?}");
            assert!(
                ran.err.contains(file) && ran.err.contains("a pipe"),
                "{ran:?}"
            );
        }
    }
}

#[test]
fn a_pipe_on_the_boot_partition_is_refused_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (boot, state) = (folder.path().join("boot"), folder.path().join("state"));
    fs::create_dir_all(&boot).unwrap();
    fs::create_dir_all(&state).unwrap();
    pipe(&boot.join("sortd.toml"));
    pipe(&boot.join("wifi.txt"));
    let refused = pipe(&folder.path().join("refused"));
    let show = |path: &Path| path.display().to_string();
    let ran = ends(&[
        "takeover",
        "--from",
        &show(&boot),
        "--state",
        &show(&state),
        "--refused",
        &refused,
    ]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let told = fs::read_to_string(&refused).unwrap();
    for name in ["sortd.toml", "wifi.txt"] {
        assert!(
            told.contains(&format!("{name}: cannot be read: it is a pipe")),
            "{told}"
        );
    }
    assert!(boot.join("sortd-report.txt").is_file());
}

#[test]
fn a_file_of_the_kernel_is_not_waited_for() {
    let ran = ends(&["check", "-c", "/proc/kmsg"]);
    assert_eq!(ran.status, 78, "{ran:?}");
    let ran = ends(&["classify", "/proc/kmsg"]);
    assert_eq!(ran.status, 65, "{ran:?}");
}

fn written(text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sortd.toml");
    fs::write(&file, text).expect("written");
    let name = file.display().to_string();
    (folder, name)
}

/// The largest file that is read.
const LARGEST: usize = 1 << 20;

/// Lines until a file is full.
fn filled(head: &str, tail: &str, line: impl Fn(usize) -> String) -> String {
    let mut text = head.to_owned();
    for number in 0.. {
        let next = line(number);
        if text.len() + next.len() + tail.len() > LARGEST {
            break;
        }
        text.push_str(&next);
    }
    text + tail
}

#[test]
fn of_very_many_problems_the_first_are_told_and_the_others_counted() {
    let mut text = String::new();
    for number in 0..20_000 {
        // From the last to the first, as the alphabet has them.
        writeln!(text, "key-{:05} = 1", 20_000 - number).unwrap();
    }
    text.push_str("[[bins]]\nname = \"a\"\nled = { pin = 17 }\n[decision]\nunsure-bin = \"a\"\n");
    let (_folder, file) = written(&text);
    let ran = ends(&["check", "-c", &file]);
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!((ran.status, lines.len()), (78, 201), "{:?}", lines.first());
    for (index, line) in lines[..200].iter().enumerate() {
        let place = format!(
            "{file}:{}:1: key-{:05}: unknown key; ",
            index + 1,
            20_000 - index
        );
        assert!(line.starts_with(&place), "{line}");
    }
    assert_eq!(
        lines[200],
        format!("{file}: 19800 more problems; correct these first")
    );
}

#[test]
fn a_file_that_is_wrong_from_end_to_end_is_read_once() {
    let bin = "[[bins]]\nname = \"a\"\nled = { pin = 17 }\n";
    let accepts = "[[bins]]\nname = \"a\"\nled = { pin = 17 }\naccepts = [";
    let shapes = [
        (
            "unknown keys",
            filled("", bin, |number| format!("k{number:05} = 1\n")),
        ),
        (
            "unknown keys of one line",
            filled("a = { k = 1", "}\n", |number| format!(", k{number:05} = 1")),
        ),
        (
            "misspelt keys of one line",
            filled("camera = { k = 1", "}\n", |number| {
                format!(", fps{number:05} = 1")
            }),
        ),
        (
            "unknown tables",
            filled("", bin, |number| format!("[t{number:05}]\n")),
        ),
        ("empty bins", filled("", "", |_| "[[bins]]\n".into())),
        (
            "bins of one name",
            filled("", "", |_| format!("{bin}key = 1\n")),
        ),
        (
            "bins that are numbers",
            filled("bins = [1", "]\n", |_| ",1".into()),
        ),
        (
            "many labels",
            filled(accepts, "]\n", |number| format!("\"l{number:05}\",")),
        ),
        (
            "one label again and again",
            filled(accepts, "]\n", |_| "\"glass\",".into()),
        ),
        (
            "labels that are numbers",
            filled(accepts, "]\n", |_| "1,".into()),
        ),
        (
            "a long key",
            format!("{} = 1\n{bin}", "k".repeat(LARGEST - 100)),
        ),
        (
            "a long name",
            format!("[[bins]]\nname = \"{}\"\n", "n".repeat(LARGEST - 100)),
        ),
        ("the same key", filled("", "", |_| "a = 1\n".into())),
        ("no TOML", filled("", "", |_| "]\n".into())),
        ("unfinished texts", filled("", "", |_| "a = \"\n".into())),
        (
            "deep tables",
            filled("", "", |number| format!("[{}{number}]\n", "a.".repeat(70))),
        ),
    ];
    for (shape, text) in shapes {
        let (_folder, file) = written(&text);
        let began = Instant::now();
        let ran = ends(&["check", "-c", &file]);
        println!("{shape}: {:?}", began.elapsed());
        assert_eq!(ran.status, 78, "{shape}");
        assert!(ran.err.lines().count() <= 201, "{shape}");
        assert!(ran.err.starts_with(&format!("{file}:")), "{shape}");
    }
}

#[test]
fn no_name_commands_the_terminal() {
    const NAME: &str = "a\u{1b}[2J\u{9b}2J\u{202e}\nerror: b";
    const SHOWN: &str = "a\\u{1b}[2J\\u{9b}2J\\u{202e}\\nerror: b";
    let folder = tempfile::tempdir().unwrap();
    let at = |ending: &str| -> PathBuf { folder.path().join(format!("{NAME}{ending}")) };
    let show = |path: &Path| path.display().to_string();
    let text = "[decision]\nunsure-bin = \"a\\u001b[2J\\u009b2J\\u202e\\nerror: b\"\n[gpio]\nbackend = \"simulated\"\n\
        [[bins]]\nname = \"a\\u001b[2J\\u009b2J\\u202e\\nerror: b\"\nled = { pin = 17 }\n";
    fs::write(at(".toml"), text).unwrap();
    fs::write(at(".jpg"), "no photograph").unwrap();
    fs::create_dir(at("")).unwrap();
    let bundle = common::shipped_bundle(|manifest| {
        manifest.labels[0] = NAME.into();
        manifest.name = NAME.into();
    });
    let bundle = show(bundle.path());
    let photograph = "tests/photos/glass";
    for (args, shown) in [
        (&["check", "-c", &show(&at(".toml"))][..], SHOWN),
        (&["check", "-c", &show(&at(".none"))], SHOWN),
        (&["bins", "test", "none", "-c", &show(&at(".toml"))], SHOWN),
        (&["classify", &show(&at(".jpg"))], SHOWN),
        (
            &["classify", &show(&at("")), "-c", &show(&at(".toml"))],
            SHOWN,
        ),
        (
            &["classify", "--json", &show(&at(".jpg"))],
            "\\u001b[2J\\u009b2J\\u202e\\n",
        ),
        (&["model", "info", &bundle], SHOWN),
        (&["model", "verify", &bundle], SHOWN),
        (&["model", "verify", &show(&at(".jpg"))], SHOWN),
        (
            &["classify", "--json", "-m", &bundle, photograph],
            "\\u001b[2J\\u009b2J\\u202e\\n",
        ),
    ] {
        let ran = ends(args);
        let told = format!("{}{}", ran.out, ran.err);
        assert!(told.contains(shown), "{args:?}: {ran:?}");
        assert!(
            !told.contains(['\u{1b}', '\u{9b}', '\u{202e}'])
                && !told.lines().any(|line| line.starts_with("error: b")),
            "{args:?}: {ran:?}"
        );
    }
}

/// Two lids on pins that share a PWM channel on a Pi before the 5.
const LIDS_ON_12_AND_18: &str = "[gpio]\nbackend = \"rppal\"\n[decision]\nunsure-bin = \"b\"\n\
    [[bins]]\nname = \"a\"\naccepts = [\"glass\"]\nservo = { pin = 12 }\n\
    [[bins]]\nname = \"b\"\naccepts = [\"paper\"]\nservo = { pin = 18 }\n";

#[test]
fn where_the_board_is_unknown_lids_on_one_channel_are_remarked() {
    if sortd::actuate::PwmUnit::of_this_board().is_some() {
        eprintln!("skipped: this is a Raspberry Pi");
        return;
    }
    let (_folder, file) = written(LIDS_ON_12_AND_18);
    let ran = ends(&["check", "-c", &file]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let remark = format!(
        "  remark  {file}:12:17: bins[2].servo.pin: on every Raspberry Pi before the 5, BCM 18 hangs on the same \
         PWM channel as BCM 12 (bins[1].servo.pin in line 8), and both lids would open together; "
    );
    assert!(
        ran.out.lines().any(|line| line.starts_with(&remark)),
        "{}",
        ran.out
    );
    let simulated = LIDS_ON_12_AND_18.replace("rppal", "simulated");
    let (_folder, file) = written(&simulated);
    assert!(!ends(&["check", "-c", &file]).out.contains("remark"));
}

/// Runs `sortd check` where the kernel says that it runs on the Pi with this revision code; `None` where no
/// namespaces may be made.
fn check_on_a_pi(revision: &str, file: &str) -> Option<common::Ran> {
    let folder = tempfile::tempdir().expect("a folder");
    let cpuinfo = folder.path().join("cpuinfo");
    fs::write(&cpuinfo, format!("Revision\t: {revision}\n")).expect("written");
    let here = |then: &str| {
        let script = format!("mount --bind {} /proc/cpuinfo && {then}", cpuinfo.display());
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", &script]);
        command
    };
    if !here("true").output().is_ok_and(|ran| ran.status.success()) {
        eprintln!("skipped: no namespaces here");
        return None;
    }
    let program = env!("CARGO_BIN_EXE_sortd");
    Some(common::finish(&mut here(&format!(
        "exec {program} check -c {file}"
    ))))
}

#[test]
fn where_the_board_is_known_lids_on_one_channel_are_refused() {
    let (_folder, file) = written(LIDS_ON_12_AND_18);
    let Some(on_a_pi_4) = check_on_a_pi("a03111", &file) else {
        return;
    };
    assert_eq!(on_a_pi_4.status, 78, "{on_a_pi_4:?}");
    assert_eq!(
        on_a_pi_4.complaint(),
        format!(
            "{file}:12:17: bins[2].servo.pin: on this Raspberry Pi, BCM 18 hangs on the same PWM channel as BCM 12 \
             (bins[1].servo.pin in line 8), and both lids would open together; give each servo a channel of its own; \
             before the Pi 5, BCM 12 and 18 share one, as 13 and 19 do"
        )
    );
    let on_a_pi_5 = check_on_a_pi("c04170", &file).expect("it went well before");
    assert_eq!(
        (on_a_pi_5.status, on_a_pi_5.err.as_str()),
        (0, ""),
        "{on_a_pi_5:?}"
    );
    assert!(!on_a_pi_5.out.contains("remark"), "{on_a_pi_5:?}");
}
