//! Fetches one picture as a polite guest: asks what the site's robots.txt allows, waits its turn, and
//! follows a few redirects, each of which must be allowed too.

use std::time::Duration;

use url::Url;

use super::clock::Clock;
use super::robots::{self, Robots};
use super::schedule::Schedule;
use super::web::{AGENT, Answer, Wanted, Web};
use super::{Limits, Reason, Refusal, date, list};

/// Redirects that are followed.
const MOST_REDIRECTS: usize = 5;

/// How long a busy site rests when it does not say.
const REST: Duration = Duration::from_secs(30);

/// A guest of the web.
pub struct Guest<'a> {
    /// Whom it asks.
    pub web: &'a Web,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// Pause between two requests to one site.
    pub delay: Duration,
    /// What a picture must keep within.
    pub limits: &'a Limits,
}

/// A picture that could not be fetched now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Why.
    pub refusal: Refusal,
    /// The site that is busy, and how long it asks to be left alone.
    pub rest: Option<Box<(Url, Duration)>>,
}

impl From<Refusal> for Missed {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            rest: None,
        }
    }
}

impl Guest<'_> {
    /// Fetches what lies at `url`.
    ///
    /// # Errors
    /// It may not be fetched, is not there, or the site does not answer.
    pub fn fetch(&self, schedule: &mut Schedule, url: &Url) -> Result<Vec<u8>, Missed> {
        let mut url = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            self.require_leave(schedule, &url)?;
            let wanted = Wanted::Picture(self.limits.most_bytes);
            let answer = self.ask(schedule, &url, wanted)?;
            match answer.status {
                200 => return Ok(answer.body),
                301 | 302 | 303 | 307 | 308 => url = target(&url, &answer)?,
                status => return Err(self.missed(&url, status, &answer)),
            }
        }
        let detail = format!("more than {MOST_REDIRECTS} redirects");
        Err(Refusal::new(Reason::Redirects, detail).into())
    }

    /// Asks when it is the site's turn, and lets it rest afterwards.
    fn ask(&self, schedule: &mut Schedule, url: &Url, wanted: Wanted) -> Result<Answer, Refusal> {
        let wait = schedule.ready_at(url).saturating_sub(self.clock.now());
        if !wait.is_zero() {
            self.clock.pause(wait);
        }
        let answer = self.web.ask(url, wanted);
        let asked = schedule.robots(url).and_then(Robots::delay);
        let pause = asked.map_or(self.delay, |delay| delay.max(self.delay));
        schedule.rest_until(url, self.clock.now() + pause);
        let silent =
            |refusal: &Refusal| matches!(refusal.reason, Reason::Unreachable | Reason::Slow);
        schedule.note(url, !answer.as_ref().is_err_and(silent));
        answer
    }

    /// Checks that the site's robots.txt lets `url` be fetched; reads it where it is not known yet.
    fn require_leave(&self, schedule: &mut Schedule, url: &Url) -> Result<(), Missed> {
        if schedule.robots(url).is_none() {
            let rules = self.read_robots(schedule, url)?;
            if let Some(delay) = rules.delay() {
                schedule.rest_until(url, self.clock.now() + delay);
            }
            schedule.learn(url, rules);
        }
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        match schedule.robots(url) {
            Some(rules) if !rules.allows(&path) => {
                let detail = format!("robots.txt of {} forbids it", url.authority());
                Err(Refusal::new(Reason::Forbidden, detail).into())
            }
            _ => Ok(()),
        }
    }

    /// Reads a site's rules (RFC 9309, 2.3.1): one that has none allows everything, one that cannot
    /// tell them allows nothing for now.
    fn read_robots(&self, schedule: &mut Schedule, url: &Url) -> Result<Robots, Missed> {
        let mut at = url.join("/robots.txt").map_err(|error| {
            Refusal::new(
                Reason::BadAddress,
                format!("{url} has no robots.txt: {error}"),
            )
        })?;
        for _ in 0..=MOST_REDIRECTS {
            let answer = self.ask(schedule, &at, Wanted::Text(robots::MOST_BYTES as u64))?;
            match answer.status {
                200 => {
                    let text = String::from_utf8_lossy(&answer.body);
                    return Ok(Robots::parse(&text, AGENT));
                }
                301 | 302 | 303 | 307 | 308 => at = target(&at, &answer)?,
                429 | 500..=599 => return Err(self.missed(&at, answer.status, &answer)),
                _ => return Ok(Robots::everything()),
            }
        }
        Ok(Robots::everything())
    }

    fn missed(&self, url: &Url, status: u16, answer: &Answer) -> Missed {
        let reason = match status {
            429 | 503 => Reason::Busy,
            500..=599 => Reason::Unreachable,
            _ => Reason::NotGiven,
        };
        let asked = answer.retry_after.as_deref();
        let asked = asked.and_then(|text| date::retry_after(text, self.clock.date()));
        let rest = (reason == Reason::Busy).then(|| Box::new((url.clone(), asked.unwrap_or(REST))));
        Missed {
            refusal: Refusal::new(reason, format!("{} answers {status}", url.authority())),
            rest,
        }
    }
}

/// Where an answer redirects to.
fn target(url: &Url, answer: &Answer) -> Result<Url, Refusal> {
    let location = answer.location.as_deref().unwrap_or_default();
    if location.is_empty() {
        let detail = "a redirect that does not say where to";
        return Err(Refusal::new(Reason::NotGiven, detail));
    }
    let target = url.join(location).map_err(|error| {
        let detail = format!("a redirect to `{location}`: {error}");
        Refusal::new(Reason::BadAddress, detail)
    })?;
    list::check_address(&target)?;
    Ok(target)
}
