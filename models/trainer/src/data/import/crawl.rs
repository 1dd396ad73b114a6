//! Fetches a list of addresses, one at a time, each when it is its site's turn.

use std::collections::VecDeque;
use std::time::Duration;

use sortd::error::Result;

use super::collection::{Collection, Origin};
use super::list::Line;
use super::schedule::Schedule;
use super::visit::{Guest, Missed};
use super::{Reason, Refusal, Summary, date};

/// Times that a busy site is asked for one picture.
const MOST_TRIES: u32 = 3;

/// A site that asks for a longer rest is left for the next import.
const LONGEST_REST: Duration = Duration::from_secs(600);

/// What is the same for all pictures of an import.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// The licence of pictures that say none.
    pub licence: Option<String>,
    /// Look again at what was left out for good.
    pub retry: bool,
}

/// Fetches `lines` into `collection`; `tell` hears of each picture that is left out.
///
/// # Errors
/// A file cannot be written. What is wrong with a picture or a site stops nothing.
pub fn crawl(
    lines: Vec<Line>,
    guest: &Guest<'_>,
    collection: &mut Collection,
    terms: &Terms,
    tell: &mut dyn FnMut(String),
) -> Result<Summary> {
    let mut summary = Summary::default();
    let mut waiting: VecDeque<(Line, u32)> = VecDeque::new();
    for line in lines {
        match collection.known(&key(&line)) {
            Some(true) => summary.there_before += 1,
            Some(false) if !terms.retry => summary.left_out_before += 1,
            _ => waiting.push_back((line, 1)),
        }
    }
    let mut schedule = Schedule::default();
    while let Some((line, tries)) = next(&mut waiting, &schedule) {
        // The same address may stand in the list twice.
        if collection.known(&key(&line)) == Some(true) {
            summary.leave_out(Reason::Duplicate);
            continue;
        }
        let fetched = if schedule.given_up(&line.url) {
            let detail = "the site failed too often";
            Err(Refusal::new(Reason::Unreachable, detail).into())
        } else {
            guest.fetch(&mut schedule, &line.url)
        };
        let refusal = match fetched {
            Ok(bytes) => {
                let origin = origin(&line, guest, terms);
                match collection.take(origin, &bytes, guest.limits)? {
                    Ok(_) => {
                        summary.kept += 1;
                        continue;
                    }
                    Err(refusal) => refusal,
                }
            }
            Err(missed) => {
                if rests(&missed, guest, &mut schedule) && tries < MOST_TRIES {
                    waiting.push_back((line, tries + 1));
                    continue;
                }
                collection.leave_out(key(&line), &missed.refusal)?;
                missed.refusal
            }
        };
        tell(format!("line {}: {}: {refusal}", line.number, line.url));
        summary.leave_out(refusal.reason);
    }
    Ok(summary)
}

/// Lets a busy site rest; false where it is not busy or asks for more time than there is.
fn rests(missed: &Missed, guest: &Guest<'_>, schedule: &mut Schedule) -> bool {
    match missed.rest.as_deref() {
        Some((url, rest)) if *rest <= LONGEST_REST => {
            schedule.rest_until(url, guest.clock.now() + *rest);
            true
        }
        _ => false,
    }
}

/// The line whose site is ready first; of several the one that stands first.
fn next(waiting: &mut VecDeque<(Line, u32)>, schedule: &Schedule) -> Option<(Line, u32)> {
    let turn = |place: &usize| schedule.ready_at(&waiting[*place].0.url);
    let first = (0..waiting.len()).min_by_key(turn)?;
    waiting.remove(first)
}

fn key(line: &Line) -> String {
    format!("{}\t{}", line.class, line.url)
}

fn origin(line: &Line, guest: &Guest<'_>, terms: &Terms) -> Origin {
    Origin {
        key: key(line),
        class: line.class.clone(),
        source_image: line.url.to_string(),
        licence: line.licence.clone().or_else(|| terms.licence.clone()),
        source: line.source.clone(),
        fetched: date::day(guest.clock.date()),
    }
}
