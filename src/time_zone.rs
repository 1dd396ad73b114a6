//! Hours and days as clocks on walls show them: the machine's time zone.
//!
//! Times are kept as seconds since 1970, UTC. Only what is counted by the hour or the day, and what people read, knows of
//! the zone.

use jiff::{Timestamp, ZonedDateTime, civil, tz};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A time zone.
#[derive(Debug, Clone)]
pub struct TimeZone(tz::TimeZone);

impl TimeZone {
    /// That of the machine; UTC where it has none.
    #[must_use]
    pub fn of_the_machine() -> Self {
        Self(tz::TimeZone::try_system().unwrap_or(tz::TimeZone::UTC))
    }

    /// UTC.
    #[must_use]
    pub const fn utc() -> Self {
        Self(tz::TimeZone::UTC)
    }

    /// The second at which the hour began in which `second` lies. In a zone that is off by half an hour, hours begin there.
    #[must_use]
    pub fn hour_of(&self, second: i64) -> i64 {
        let offset = Timestamp::from_second(second)
            .map_or(0, |time| i64::from(self.0.to_offset(time).seconds()));
        let local = second.saturating_add(offset);
        local
            .saturating_sub(local.rem_euclid(HOUR))
            .saturating_sub(offset)
    }

    /// The second at which the day began in which `second` lies.
    #[must_use]
    pub fn day_of(&self, second: i64) -> i64 {
        let day = self.zoned(second).and_then(|time| time.start_of_day().ok());
        day.map_or_else(
            || second.saturating_sub(second.rem_euclid(DAY)),
            |day| day.timestamp().as_second(),
        )
    }

    /// The second at which the day began that lies `days` before the one of `second`.
    #[must_use]
    pub fn days_before(&self, second: i64, days: u32) -> i64 {
        // A day may have 23 or 25 hours, so the middle of the other day is looked for first.
        let noon = self.day_of(second).saturating_add(DAY / 2);
        self.day_of(noon.saturating_sub(i64::from(days) * DAY))
    }

    /// The day of `second`: `2026-11-30`.
    #[must_use]
    pub fn date(&self, second: i64) -> String {
        self.written(second, "%Y-%m-%d")
    }

    /// The hour and minute of `second` with its day: `2026-11-30 14:00`.
    #[must_use]
    pub fn minute(&self, second: i64) -> String {
        self.written(second, "%Y-%m-%d %H:%M")
    }

    /// What people write: a day (`2026-11-30`, its beginning), a minute of one (`2026-11-30 14:00`) or seconds since 1970.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<i64> {
        if let Ok(second) = text.parse::<u32>() {
            return Some(second.into());
        }
        let time: civil::DateTime = text.parse().ok()?;
        let time = time.to_zoned_datetime(self.0.clone()).ok()?;
        Some(time.timestamp().as_second())
    }

    fn written(&self, second: i64, format: &str) -> String {
        self.zoned(second)
            .map_or_else(String::new, |time| time.strftime(format).to_string())
    }

    fn zoned(&self, second: i64) -> Option<ZonedDateTime> {
        let time = Timestamp::from_second(second).ok()?;
        Some(time.to_zoned_datetime(self.0.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn zone(rule: &str) -> TimeZone {
        TimeZone(tz::TimeZone::posix(rule).expect("a rule"))
    }

    #[test]
    fn hours_and_days_begin_where_the_zone_has_them() {
        // 2026-11-30 13:20:00 UTC.
        let second = 1_796_044_800;
        assert_eq!(TimeZone::utc().minute(second), "2026-11-30 13:20");
        let india = zone("<+0530>-5:30");
        assert_eq!(india.minute(second), "2026-11-30 18:50");
        assert_eq!(india.minute(india.hour_of(second)), "2026-11-30 18:00");
        assert_eq!(india.minute(india.day_of(second)), "2026-11-30 00:00");
        assert_eq!(india.date(india.day_of(second)), "2026-11-30");
    }

    #[test]
    fn a_day_of_25_hours_is_one_day() {
        let berlin = zone("CET-1CEST,M3.5.0,M10.5.0/3");
        let late = berlin.read("2026-10-25 23:30").expect("a time");
        let early = berlin.read("2026-10-25").expect("a day");
        assert_eq!(late - early, 24 * HOUR + HOUR / 2);
        assert_eq!(berlin.day_of(late), early);
        assert_eq!(berlin.date(berlin.days_before(late, 1)), "2026-10-24");
        assert_eq!(berlin.date(berlin.days_before(late, 7)), "2026-10-18");
    }

    #[test]
    fn what_is_no_time_is_none() {
        assert_eq!(TimeZone::utc().read("1796044800"), Some(1_796_044_800));
        for text in ["", "yesterday", "2026-13-01", "-1", "2026-11-30 25:00"] {
            assert_eq!(TimeZone::utc().read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_second_has_an_hour_and_a_day(second in any::<i64>()) {
            for zone in [TimeZone::utc(), zone("<+0545>-5:45")] {
                let hour = zone.hour_of(second / 2);
                prop_assert!(hour <= second / 2 && second / 2 - hour < HOUR);
                let _ = (zone.hour_of(second), zone.day_of(second), zone.days_before(second, 9));
                let _ = (zone.date(second), zone.minute(second));
            }
        }

        #[test]
        fn no_time_is_read_badly(text in ".{0,40}") {
            let _ = TimeZone::utc().read(&text);
        }
    }
}
