//! Dates as `2026-11-25`, and those that HTTP writes.
//!
//! The calendar is that of Howard Hinnant, *chrono-compatible low-level date algorithms* (2013): years
//! are counted from March, so that the leap day is their last.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Seconds of a day.
const DAY: u64 = 86_400;

/// The day of `time` in UTC, as `2026-11-25`; 1970-01-01 for what lies before.
#[must_use]
pub fn day(time: SystemTime) -> String {
    let days = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
        / DAY;
    // Days since the first of March of the year 0.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Days from 1970-01-01 to a date; none for one before or one that does not exist.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let from_march = (month + 9) % 12;
    let year = year - u64::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    (era * 146_097 + of_era).checked_sub(719_468)
}

/// Reads the form of date that HTTP demands, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
#[must_use]
pub fn http_date(text: &str) -> Option<SystemTime> {
    let (_, rest) = text.trim().split_once(", ")?;
    let mut parts = rest.split(' ');
    let day = parts.next()?.parse().ok()?;
    let name = parts.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? as u64 + 1;
    let year = parts.next()?.parse().ok()?;
    let mut time = parts.next()?.split(':').map(str::parse::<u64>);
    let mut below = |limit: u64| time.next()?.ok().filter(|number| *number < limit);
    let (hours, minutes, seconds) = (below(24)?, below(60)?, below(61)?);
    if parts.next()? != "GMT" {
        return None;
    }
    let seconds = days(year, month, day)? * DAY + hours * 3600 + minutes * 60 + seconds;
    Some(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// How long `Retry-After` asks to wait: a number of seconds, or a date (RFC 9110, 10.2.3).
#[must_use]
pub fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = http_date(text)?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_795_564_800, "2026-11-25"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(day(at(seconds)), expected);
        }
    }

    #[test]
    fn http_s_own_example_is_read() {
        let date = http_date("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date, Some(at(784_111_777)));
        for wrong in [
            "",
            "Sun, 06 Nov",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "x, 1 Jan 1900 00:00:00 GMT",
        ] {
            assert_eq!(http_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let now = at(784_111_777 - 30);
        assert_eq!(retry_after(" 120 ", now), Some(Duration::from_secs(120)));
        let date = retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now);
        assert_eq!(date, Some(Duration::from_secs(30)));
        assert_eq!(retry_after("soon", now), None);
    }

    proptest! {
        #[test]
        fn a_day_is_read_back(number in 0_u64..2_000_000) {
            let text = day(at(number * DAY));
            let mut parts = text.split('-').map(|part| part.parse::<u64>().unwrap());
            let (year, month, date) =
                (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
            prop_assert_eq!(days(year, month, date), Some(number));
        }

        #[test]
        fn no_text_upsets_the_reader(text in ".{0,60}") {
            let _ = retry_after(&text, UNIX_EPOCH);
        }
    }
}
