//! A shell script in place of `rpicam-vid`.

use std::fmt::Write;

use super::*;

const DEADLINE: Duration = Duration::from_secs(30);
const WANTED: Wanted = Wanted {
    width: 128,
    height: 64,
    fps: 10,
};

/// A shell command that writes small JPEG pictures, all in one piece; each has one byte of content.
fn pictures(contents: &[u8]) -> String {
    let head =
        b"\xFF\xD8\xFF\xC0\0\x0B\x08\0\x30\0\x40\x01\x01\x11\0\xFF\xDA\0\x08\x01\x01\0\0\x3F\0";
    let mut command = "printf '".to_owned();
    for content in contents {
        for byte in [head, &[*content, 0xFF, 0xD9][..]].concat() {
            write!(command, "\\{byte:03o}").unwrap();
        }
    }
    command + "'\n"
}

fn picture(content: u8) -> String {
    pictures(&[content])
}

/// Opens a camera whose program is this script. It goes to the shell as an argument: a script in a
/// file that has just been written may still be "busy".
fn open_with(
    script: &str,
    encoding: RpicamEncoding,
    deadline: Duration,
) -> Result<Box<dyn Camera>> {
    let command = ["sh", "-c", script, "rpicam-vid"]
        .map(OsString::from)
        .to_vec();
    RpicamOpener::new(1, encoding, WANTED, deadline)
        .with_command(command)
        .open()
}

fn open(script: &str) -> Result<Box<dyn Camera>> {
    open_with(script, RpicamEncoding::Mjpeg, DEADLINE)
}

fn failure<T>(result: Result<T>) -> String {
    result.err().expect("it fails").to_string()
}

fn empty() -> Frame {
    Frame::empty(Instant::now())
}

#[test]
fn of_pictures_that_came_together_only_the_newest_is_seen() {
    let mut camera = open(&format!("{} exec sleep 60", pictures(&[1, 2, 3]))).unwrap();
    let mut frame = empty();
    assert!(matches!(camera.capture(&mut frame), Ok(Captured::Frame)));
    assert_eq!(
        (frame.format, frame.width, frame.height),
        (PixelFormat::Mjpeg, 64, 48)
    );
    assert_eq!(frame.data[frame.data.len() - 3], 3);
}

#[test]
fn pictures_come_out_between_garbage() {
    let garbage = "printf 'Preview window unavailable\\n\\377'\n";
    let script = format!(
        "{garbage} {} {garbage} {} exec sleep 60",
        picture(1),
        picture(2)
    );
    let mut camera = open(&script).unwrap();
    let mut frame = empty();
    // Both may come at once, and then the first is never seen.
    while frame.data.iter().nth_back(2) != Some(&2) {
        assert!(matches!(camera.capture(&mut frame), Ok(Captured::Frame)));
    }
}

#[test]
fn the_child_is_asked_for_what_the_configuration_wants() {
    let script = "echo \"$@\" >&2; exit 3";
    let error = failure(open(script));
    let options = "--camera 1 --nopreview --timeout 0 --codec mjpeg --width 128 --height 64 \
                   --framerate 10 --flush --output -";
    assert!(
        error.contains(&format!(
            "ended with exit status 3; its last words: {options}"
        )),
        "{error}"
    );
}

#[test]
fn raw_frames_are_as_wide_as_needs_no_padding() {
    let odd = Wanted {
        width: 700,
        height: 481,
        fps: 10,
    };
    let fitted = fitting(odd, RpicamEncoding::Yuv420);
    assert_eq!((fitted.width, fitted.height), (768, 482));
    assert_eq!(fitting(WANTED, RpicamEncoding::Yuv420), WANTED);
    assert_eq!(fitting(odd, RpicamEncoding::Mjpeg).width, 700);
}

#[test]
fn raw_frames_are_cut_by_their_size() {
    let size = 128 * 64 * 3 / 2;
    let script =
        format!("head -c {size} /dev/zero; head -c {size} /dev/zero | tr '\\0' a; exec sleep 60");
    let mut camera = open_with(&script, RpicamEncoding::Yuv420, DEADLINE).unwrap();
    let mut frame = empty();
    loop {
        assert!(matches!(camera.capture(&mut frame), Ok(Captured::Frame)));
        assert_eq!((frame.data.len(), frame.format), (size, PixelFormat::I420));
        if frame.data.iter().all(|byte| *byte == b'a') {
            break;
        }
        assert!(
            frame.data.iter().all(|byte| *byte == 0),
            "frames are not mixed"
        );
    }
}

#[test]
fn a_child_that_ends_at_once_is_told_with_its_last_words() {
    let error = failure(open(
        "echo first >&2; echo 'ERROR: *** no cameras available ***' >&2; exit 255",
    ));
    assert!(
        error.contains("(camera 1) ended with exit status 255"),
        "{error}"
    );
    assert!(
        error.contains("last words: ERROR: *** no cameras available ***;"),
        "{error}"
    );
    assert!(error.contains("rpicam-hello --list-cameras"), "{error}");
}

#[test]
fn a_child_that_dies_later_is_told_with_its_signal() {
    let mut camera = open(&format!("{} kill -9 $$", picture(1))).unwrap();
    let mut frame = empty();
    assert!(matches!(camera.capture(&mut frame), Ok(Captured::Frame)));
    let error = failure(camera.capture(&mut frame));
    assert!(error.contains("was killed by signal 9"), "{error}");
}

#[test]
fn a_child_that_falls_silent_or_writes_no_picture_fails_at_the_deadline() {
    let brief = Duration::from_millis(100);
    let mut camera = open_with("echo hello; exec sleep 60", RpicamEncoding::Mjpeg, brief).unwrap();
    assert!(failure(camera.capture(&mut empty())).contains("wrote nothing for"));
    let mut camera = open_with("exec yes garbage", RpicamEncoding::Mjpeg, brief).unwrap();
    assert!(failure(camera.capture(&mut empty())).contains("wrote no picture for 0.1 s"));
}

#[test]
fn a_flood_on_standard_error_holds_nobody() {
    let script = format!(
        "head -c 1000000 /dev/zero | tr '\\0' e >&2; {} exec sleep 60",
        picture(1)
    );
    let mut camera = open(&script).unwrap();
    assert!(matches!(camera.capture(&mut empty()), Ok(Captured::Frame)));
}

#[test]
fn damaged_pictures_are_skipped() {
    let damaged = "printf '\\377\\330\\377\\300\\000\\000'\n";
    let mut camera = open(&format!("{damaged} {} exec sleep 60", picture(5))).unwrap();
    let mut skipped = 0;
    loop {
        match camera.capture(&mut empty()).unwrap() {
            Captured::Skipped(error) => {
                skipped += 1;
                assert!(error.to_string().contains("a damaged picture"), "{error}");
            }
            Captured::Frame => break,
            Captured::End => panic!("a camera has no end"),
        }
        // The picture may have been taken together with what was damaged before it.
    }
    assert!(skipped <= 1);
}

#[test]
fn a_missing_program_is_told_with_how_to_install_it() {
    let opener = RpicamOpener::new(0, RpicamEncoding::Mjpeg, WANTED, DEADLINE);
    let missing = vec!["/nowhere/rpicam-vid".into()];
    let error = failure(opener.with_command(missing).open());
    assert!(
        error.contains("/nowhere/rpicam-vid is not installed"),
        "{error}"
    );
    assert!(error.contains("apt install rpicam-apps"), "{error}");
}

#[test]
fn closing_the_camera_ends_the_child() {
    let folder = tempfile::tempdir().unwrap();
    let pid_file = folder.path().join("pid");
    let script = format!("echo $$ > {}; echo up; exec sleep 600", pid_file.display());
    let camera = open(&script).unwrap();
    let pid = std::fs::read_to_string(&pid_file).unwrap();
    drop(camera);
    // Killed and reaped: not even a zombie is left.
    assert!(!std::path::Path::new("/proc").join(pid.trim()).exists());
}
