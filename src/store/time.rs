//! The machine's clock, and whether it can be believed.
//!
//! A Pi has no clock that goes on without power. Until it has heard of the time from the network, it goes on from where it
//! was switched off. The kernel knows whether its clock is set (`adjtimex`), but the daemon's unit may not ask it
//! (`ProtectClock=`), so it is told by files that others leave.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clock of a machine that runs this program shows no time before 2026.
pub(super) const EARLIEST_S: i64 = 1_767_225_600;

/// A hardware clock that shows the same as the system's within this confirms it.
const SAME_S: u64 = 3600;

/// A clock that differs by more than this from one that only goes on has jumped.
const JUMP_MS: u64 = 3_600_000;

/// Milliseconds since 1970 by the machine's clock.
pub(super) fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_millis() as i64)
}

/// Whether a machine's clock is set that shows `now_s`; `root` is the folder `/`.
///
/// systemd-timesyncd leaves a file once it has heard of the time; where it does not run, as on a PC, another program or the
/// machine itself is trusted. A hardware clock that shows the same time is as good as a network.
pub(super) fn is_set(now_s: i64, root: &Path) -> bool {
    let timesync = root.join("run/systemd/timesync");
    let heard = !timesync.is_dir() || timesync.join("synchronized").exists();
    now_s >= EARLIEST_S && (heard || hardware_clock(root).is_some_and(|clock| same(clock, now_s)))
}

fn hardware_clock(root: &Path) -> Option<i64> {
    let text = fs::read_to_string(root.join("sys/class/rtc/rtc0/since_epoch")).ok()?;
    text.trim().parse().ok()
}

const fn same(clock: i64, now_s: i64) -> bool {
    clock.abs_diff(now_s) <= SAME_S
}

/// Since when the machine's clock has gone on without a jump.
#[derive(Debug)]
pub(super) struct Steady {
    /// The clock, less one that only goes on.
    offset_ms: i64,
    origin: Instant,
    since: Instant,
}

impl Steady {
    pub const fn new(now: Instant, clock_ms: i64) -> Self {
        Self {
            offset_ms: clock_ms,
            origin: now,
            since: now,
        }
    }

    /// For how long the clock has been steady, which shows `clock_ms`. One that is not set is not steady.
    pub fn for_long(&mut self, now: Instant, clock_ms: i64, set: bool) -> Duration {
        let offset_ms = clock_ms.saturating_sub((now - self.origin).as_millis() as i64);
        if !set || offset_ms.abs_diff(self.offset_ms) > JUMP_MS {
            (self.offset_ms, self.since) = (offset_ms, now);
        }
        now - self.since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_796_044_800;

    #[test]
    fn a_clock_is_set_once_the_network_or_a_hardware_clock_confirms_it() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path();
        assert!(
            is_set(NOW, path),
            "nothing here sets the clock but its owner"
        );
        assert!(!is_set(1_000, path), "no clock shows 1970");
        let timesync = path.join("run/systemd/timesync");
        fs::create_dir_all(&timesync).expect("made");
        assert!(!is_set(NOW, path), "it waits for the network");
        let rtc = path.join("sys/class/rtc/rtc0");
        fs::create_dir_all(&rtc).expect("made");
        for (clock, set) in [(NOW - 60, true), (86_400, false)] {
            fs::write(rtc.join("since_epoch"), format!("{clock}\n")).expect("written");
            assert_eq!(is_set(NOW, path), set, "{clock}");
        }
        fs::write(timesync.join("synchronized"), "").expect("written");
        assert!(is_set(NOW, path));
        assert!(!is_set(1_000, path));
    }

    #[test]
    fn a_clock_that_jumps_or_is_not_set_is_not_steady() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut steady = Steady::new(start, 0);
        let ms = |seconds: i64| seconds * 1000;
        assert_eq!(steady.for_long(at(60), ms(61), true).as_secs(), 60);
        let ahead = 10_000_000;
        assert_eq!(steady.for_long(at(120), ms(ahead), true).as_secs(), 0);
        assert_eq!(steady.for_long(at(180), ms(ahead + 60), true).as_secs(), 60);
        assert_eq!(
            steady.for_long(at(240), ms(ahead + 120), false).as_secs(),
            0
        );
        assert_eq!(
            steady.for_long(at(300), ms(ahead + 180), true).as_secs(),
            60
        );
    }
}
