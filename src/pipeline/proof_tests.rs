//! What becomes of a child that proves: shells play it.

use super::*;

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn limits(time: Duration) -> Limits {
    Limits {
        memory: 64 << 20,
        time,
    }
}

const AMPLE: Duration = Duration::from_secs(60);

fn refusal(script: &str) -> Error {
    prove_by(shell(script), "models/own", &limits(AMPLE)).expect_err("it is refused")
}

#[test]
fn what_the_child_answers_is_the_error_with_its_kind() {
    let error = refusal("echo 'models/own: has no labels; add some'; exit 65");
    assert_eq!(error.to_string(), "models/own: has no labels; add some");
    assert_eq!(error.kind(), Kind::Data);
    assert_eq!(refusal("echo no; exit 70").kind(), Kind::Internal);
    prove_by(shell("exit 0"), "models/own", &limits(AMPLE)).expect("it has passed");
}

#[test]
fn a_child_without_memory_is_a_refusal_with_the_figure() {
    let dying = [
        "echo 'memory allocation of 4294967296 bytes failed' >&2; kill -ABRT $$",
        "echo 'the reader stumbles: failed to allocate Layout'; exit 65",
        "kill -KILL $$",
    ];
    for script in dying {
        let error = refusal(script);
        assert_eq!(error.kind(), Kind::Data);
        let text = error.to_string();
        assert!(
            text.starts_with("models/own: it needs more than the 64 MB of memory"),
            "{text}"
        );
    }
}

#[test]
fn a_child_that_does_not_end_is_killed_and_reaped() {
    let began = Instant::now();
    let endless = shell("echo $$ >&2; trap '' TERM HUP INT; exec sleep 1000");
    let outcome = run(endless, Duration::from_secs(1)).expect("it starts");
    assert!(began.elapsed() < Duration::from_secs(30));
    let id = outcome.said.clone();
    assert!(!Path::new("/proc").join(id).exists(), "it was not reaped");
    let error = outcome
        .judge("models/own", &limits(Duration::from_secs(1)))
        .expect_err("it is refused");
    let text = error.to_string();
    assert!(text.contains("longer than 1 s"), "{text}");
}

#[test]
fn nothing_that_a_child_writes_or_leaves_running_makes_its_parent_wait() {
    // More than a pipe holds, and a process that keeps the outputs open for ever.
    let script = "head -c 3000000 /dev/zero | tr '\\0' x; sleep 1000 & echo $! >&2; exit 65";
    let began = Instant::now();
    let outcome = run(shell(script), AMPLE).expect("it starts");
    assert!(began.elapsed() < AMPLE);
    assert_eq!(outcome.answer.len() as u64, LONGEST_ANSWER);
    let left = Command::new("kill").arg(outcome.said.trim()).status();
    assert!(left.expect("there is a `kill`").success());
}

#[test]
fn another_end_is_told_with_the_last_words() {
    let text = refusal("echo something odd >&2; kill -SEGV $$").to_string();
    assert!(text.contains("signal: 11"), "{text}");
    assert!(text.contains("something odd"), "{text}");
    let text = refusal("exit 99").to_string();
    assert!(text.contains("exit status: 99"), "{text}");
}

#[test]
fn a_program_that_cannot_be_started_is_an_error_of_ours() {
    let command = Command::new("/nonexistent/sortd");
    let error = prove_by(command, "models/own", &limits(AMPLE)).expect_err("nothing starts");
    assert_eq!(error.kind(), Kind::Internal);
}

#[test]
fn own_memory_is_what_the_kernel_calls_anonymous() {
    let status = "VmRSS:\t  9000 kB\nRssAnon:\t    4096 kB\nRssFile:\t  1 kB\n";
    assert_eq!(own_memory(status), Some(4 << 20));
    assert_eq!(own_memory("VmRSS:\t 9 kB\n"), None);
    let alone = Limits::of_the_daemon().memory;
    assert!(Limits::beside_this_process().memory <= alone && alone < MEMORY_OF_THE_DAEMON);
}

#[test]
fn the_daemons_unit_and_the_limit_are_the_same() {
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/systemd/sortd.service");
    let unit = fs::read_to_string(unit).expect("the unit is there");
    let limit = format!("MemoryMax={}M", MEMORY_OF_THE_DAEMON >> 20);
    assert!(unit.lines().any(|line| line == limit), "{limit}");
}
