//! `sortd stats`: what a running daemon has counted over months.

mod table;

use std::time::{SystemTime, UNIX_EPOCH};

use clap::ValueEnum;

use super::{Sockets, output};
use crate::control::client::Client;
use crate::control::memory::{Grouping, Query, Stats};
use crate::control::protocol::Request;
use crate::error::{Error, Result};
use crate::time_zone::TimeZone;

/// Days that are told where nothing else is asked for.
const DAYS: u32 = 30;

/// More than the memory keeps.
const MOST_DAYS: i64 = 10_000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What the rows are.
    #[arg(long, value_enum, default_value_t = By::Bin)]
    by: By,
    /// The last days, today among them [default: 30].
    #[arg(long, value_name = "N", conflicts_with_all = ["from", "to"], value_parser = clap::value_parser!(u32).range(1..=MOST_DAYS))]
    days: Option<u32>,
    /// From when on: a day (2026-11-30), a minute of one ("2026-11-30 14:00") or seconds since 1970.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until when.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Print comma-separated values, a row for each.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print one JSON object, as docs/protocol.md describes it.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sockets: Sockets,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    Bin,
    Label,
    Hour,
    Day,
    Outcome,
}

impl From<By> for Grouping {
    fn from(by: By) -> Self {
        match by {
            By::Bin => Self::Bin,
            By::Label => Self::Label,
            By::Hour => Self::Hour,
            By::Day => Self::Day,
            By::Outcome => Self::Outcome,
        }
    }
}

pub(super) fn stats(args: &Args) -> Result<()> {
    let zone = TimeZone::of_the_machine();
    let query = query(args, now(), &zone)?;
    let stats: Stats = Client::connect(args.sockets.folder())?.ask(&Request::Stats(query))?;
    if args.json {
        return output::json(&stats);
    }
    if args.csv {
        return output::lines(table::csv(&stats).trim_end());
    }
    output::lines(table::told(&query, &stats, &zone).trim_end())
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs().cast_signed())
}

/// What is asked at the second `now`.
fn query(args: &Args, now: i64, zone: &TimeZone) -> Result<Query> {
    let read = |text: &Option<String>| match text {
        Some(text) => zone
            .read(text)
            .and_then(|second| second.try_into().ok())
            .map(Some)
            .ok_or_else(|| no_time(text)),
        None => Ok(None),
    };
    let (mut from, to): (Option<u64>, Option<u64>) = (read(&args.from)?, read(&args.to)?);
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        return Err(
            Error::usage("the time to which it is asked is not after the one from which")
                .advice("write the earlier time behind --from"),
        );
    }
    if from.is_none() && to.is_none() {
        let days = args.days.unwrap_or(DAYS);
        from = zone.days_before(now, days - 1).try_into().ok();
    }
    let by = args.by.into();
    Ok(Query { from, to, by })
}

fn no_time(text: &str) -> Error {
    Error::usage(format!("\"{text}\" is no time since 1970"))
        .advice("write a day, as in 2026-11-30, a minute of one, as in \"2026-11-30 14:00\", or seconds since 1970")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_796_044_800;

    fn asked(days: Option<u32>, from: Option<&str>, to: Option<&str>) -> Result<Query> {
        let args = Args {
            by: By::Day,
            days,
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            csv: false,
            json: false,
            sockets: Sockets { sockets: None },
        };
        query(&args, NOW, &TimeZone::utc())
    }

    #[test]
    fn days_are_whole_and_today_is_one() {
        let midnight = (NOW / 86_400 * 86_400) as u64;
        let from = |days| asked(days, None, None).expect("asked").from;
        assert_eq!(from(Some(1)), Some(midnight));
        assert_eq!(from(Some(2)), Some(midnight - 86_400));
        assert_eq!(from(None), Some(midnight - 29 * 86_400));
        let until = asked(None, None, Some("2026-11-30")).expect("asked");
        assert_eq!((until.from, until.to), (None, Some(midnight)));
    }

    #[test]
    fn what_makes_no_sense_is_said_with_its_cure() {
        for (from, to) in [
            (Some("tomorrow"), None),
            (Some("1969-12-31"), None),
            (Some("2026-11-30"), Some("2026-11-30")),
        ] {
            let error = asked(None, from, to).expect_err("no sense");
            assert_eq!(error.kind().exit_code(), 2, "{error}");
            assert!(error.to_string().contains("; write"), "{error}");
        }
    }
}
