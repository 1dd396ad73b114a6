//! Tests of reading what others name: whatever it is, nobody waits for it.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::time::Instant;

use rustix::fs::{CWD, FileType as Kind, Mode, mknodat};

use super::*;

/// A folder with a pipe in it that nobody writes into.
fn pipe() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    mknodat(CWD, &pipe, Kind::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    (folder, pipe)
}

#[test]
fn what_is_no_regular_file_is_refused_and_not_waited_for() {
    let (folder, pipe) = pipe();
    let socket = folder.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let link = folder.path().join("link");
    symlink(&pipe, &link).unwrap();
    for (path, what) in [
        (pipe.as_path(), "a pipe"),
        (&link, "a pipe"),
        (&socket, "a socket"),
        (Path::new("/dev/zero"), "a device"),
        (Path::new("/dev/null"), "a device"),
        (folder.path(), "Is a directory"),
    ] {
        for outcome in [
            read_at_most(path, 1000).map(|_| ()),
            read_start(path, 10).map(|_| ()),
            open(path).map(|_| ()),
        ] {
            let error = outcome.unwrap_err();
            assert!(error.to_string().contains(what), "{path:?}: {error}");
        }
    }
}

#[test]
fn links_that_lead_nowhere_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let (dangling, circle) = (folder.path().join("dangling"), folder.path().join("circle"));
    symlink("nothing", &dangling).unwrap();
    symlink(&circle, &circle).unwrap();
    let error = read_at_most(&dangling, 10).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    let error = read_at_most(&circle, 10).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(Errno::LOOP.raw_os_error()));
}

#[test]
fn a_file_of_the_kernel_is_not_read() {
    // It says that it is regular and has no length, as /proc/kmsg does, which gives each message once.
    assert_eq!(
        read_at_most(Path::new("/proc/self/status"), 10).unwrap(),
        Some(Vec::new())
    );
    assert_eq!(
        read_start(Path::new("/proc/self/status"), 10).unwrap(),
        Vec::<u8>::new()
    );
}

#[test]
fn the_limit_itself_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("four");
    fs::write(&file, b"abcd").unwrap();
    assert_eq!(read_at_most(&file, 4).unwrap(), Some(b"abcd".to_vec()));
    assert_eq!(read_at_most(&file, 3).unwrap(), None);
    assert_eq!(read_start(&file, 3).unwrap(), b"abc");
    assert_eq!(read_start(&file, 9).unwrap(), b"abcd");
}

#[test]
fn a_disk_that_does_not_answer_is_not_waited_for() {
    let (release, held) = sync_channel::<()>(0);
    let asked = Instant::now();
    let error = within(Duration::from_millis(20), move || {
        let _ = held.recv();
        Ok(())
    })
    .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(asked.elapsed() < PATIENCE);
    drop(release);
}

#[test]
fn a_folder_is_told_from_what_is_none() {
    let (folder, pipe) = pipe();
    assert!(is_folder(folder.path()));
    assert!(!is_folder(&pipe));
    fs::write(folder.path().join("a"), "").unwrap();
    let found = entries(folder.path()).unwrap();
    let names: Vec<_> = found.iter().map(DirEntry::file_name).collect();
    assert_eq!(names, ["a", "pipe"]);
    assert!(entries(&pipe).is_err());
}

#[test]
fn a_file_is_replaced_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept");
    write_durably(&file, b"old", 0o600).unwrap();
    write_durably(&file, b"new", 0o600).unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"new");
    // A draft that cannot be made leaves the file alone.
    fs::create_dir(with_ending(&file, ".new")).unwrap();
    write_durably(&file, b"newer", 0o600).expect_err("a folder is in the way");
    assert_eq!(fs::read(&file).unwrap(), b"new");
}

#[test]
fn what_stands_in_the_place_of_a_draft_is_not_written_through() {
    let (folder, pipe) = pipe();
    write_through(&pipe, b"text", 0o600).unwrap();
    assert_eq!(fs::read(&pipe).unwrap(), b"text");
    let (other, link) = (folder.path().join("other"), folder.path().join("kept.new"));
    fs::write(&other, "of others").unwrap();
    symlink(&other, &link).unwrap();
    write_durably(&folder.path().join("kept"), b"text", 0o600).unwrap();
    assert_eq!(fs::read(&other).unwrap(), b"of others");
}
