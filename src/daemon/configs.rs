//! What clients want of the configuration: it is shown, checked, tried, kept and taken back, one wish after the other.
//!
//! A text that is tried is in force like any other, but nothing on the disk says so: after a crash, or when its time is over,
//! what was in force before is so again. To keep it is to write it down.

use std::future::pending;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::beside::beside;
use super::choice::Choice;
use super::config_answers::{failed, told, unfit};
use super::offer::Offer;
use super::orders::Orders;
use super::plan_in_force::PlanInForce;
use crate::config::committed::{Committed, Generation, Origin};
use crate::config::{Report, text_of};
use crate::control::ConfigWish;
use crate::control::protocol::{
    Code, ConfigInForce, Findings, Kept, Refusal, Source, Trial as Trying,
};
use crate::error::Result;
use crate::pipeline::proof::Limits;
use crate::pipeline::{Plan, Proven, Unfit};
use crate::report::{Event, Reporter};

/// How long a configuration is tried.
const TRIAL: Duration = Duration::from_secs(120);

/// Where what was before cannot be in force again, it is tried again after this.
const AGAIN: Duration = Duration::from_secs(60);

/// A disk and a model that work are read and proven within this.
const LONGEST: Duration = Duration::from_secs(45);

/// What clients are told.
type Told<T> = std::result::Result<T, Refusal>;

/// The configuration's desk.
pub(super) struct Configs {
    choice: Choice,
    in_force: PlanInForce,
    orders: Orders,
    reporter: Reporter,
    trial: Option<Trial>,
    /// The number of the latest trial.
    trials: u32,
    /// How long a trial is.
    length: Duration,
}

/// A configuration that is tried.
struct Trial {
    number: u32,
    text: String,
    until: Instant,
    before: Before,
}

impl Trial {
    /// What clients are told of it.
    fn told(&self) -> Trying {
        let left = self.until.saturating_duration_since(Instant::now());
        Trying {
            trial: self.number,
            seconds: left.as_secs(),
        }
    }
}

/// What was in force before it.
#[derive(Clone)]
struct Before {
    text: String,
    origin: Origin,
}

impl Before {
    /// Whether it is the generation of this number; 0 is the file.
    fn is(&self, number: u32) -> bool {
        match self.origin {
            Origin::File => number == 0,
            Origin::Committed(committed) => committed == number,
            Origin::Tried(_) => false,
        }
    }
}

impl Configs {
    /// A desk at which nothing is tried.
    pub fn new(choice: Choice, in_force: PlanInForce, orders: Orders, reporter: Reporter) -> Self {
        Self {
            choice,
            in_force,
            orders,
            reporter,
            trial: None,
            trials: random_number(),
            length: TRIAL,
        }
    }

    /// Grants wishes, and ends trials in time, until nobody can wish any more.
    pub async fn serve(mut self, mut wishes: mpsc::Receiver<ConfigWish>) {
        loop {
            let until = self.trial.as_ref().map(|trial| trial.until);
            tokio::select! {
                wish = wishes.recv() => match wish {
                    Some(wish) => self.grant(wish).await,
                    None => return,
                },
                () = reached(until) => self.trial_is_over().await,
            }
        }
    }

    /// Whoever asked may have gone; then nobody is answered.
    async fn grant(&mut self, wish: ConfigWish) {
        match wish {
            ConfigWish::Get(to) => drop(to.send(self.shown().await)),
            ConfigWish::Check(text, to) => drop(to.send(self.findings(text).await)),
            ConfigWish::Try(text, to) => drop(to.send(self.tried(text).await)),
            ConfigWish::Commit(trial, to) => drop(to.send(self.commit(trial).await)),
            ConfigWish::Back(number, to) => drop(to.send(self.back(number).await)),
        }
    }

    async fn shown(&self) -> Told<ConfigInForce> {
        let in_force = self.in_force.get();
        let generations = self.generations().await?;
        Ok(ConfigInForce {
            text: in_force.config.text.clone(),
            file: self.choice.file.display().to_string(),
            source: in_force.origin.into(),
            trying: self.trial().map(Trial::told),
            generations: generations
                .iter()
                .map(|generation| told(generation, in_force.origin))
                .collect(),
        })
    }

    async fn findings(&self, text: String) -> Told<Findings> {
        let file = self.choice.file.clone();
        let check = move || Proven::parse(&text, &file, &Limits::beside_this_process());
        match done(beside("check", check)).await? {
            Ok(_) => Ok(Report::new(self.choice.file.clone(), Vec::new()).into()),
            Err(Unfit::Wrong(report)) => Ok(report.into()),
            Err(Unfit::Failed(error)) => Err(failed(&error)),
        }
    }

    async fn tried(&mut self, text: String) -> Told<Trying> {
        let trial = self.attempt(text).await?;
        let seconds = self.length.as_secs();
        self.reporter.report(&Event::ConfigTried { seconds });
        Ok(Trying { trial, seconds })
    }

    async fn commit(&mut self, number: u32) -> Told<Kept> {
        let Some(trial) = self.trial().filter(|trial| trial.number == number) else {
            let text = format!("trial {number} is over, and nothing of it could be kept");
            let advice = "put it in force by `config.try`, see that all is well, and ask again";
            return Err(Refusal::new(Code::Busy, text, advice));
        };
        let text = trial.text.clone();
        self.keep(move |committed, file, of_file| {
            let number = committed.commit(&text, file, of_file)?;
            Ok(Origin::Committed(number))
        })
        .await
    }

    async fn back(&mut self, number: Option<u32>) -> Told<Kept> {
        let ends_trial = |trial: &Trial| number.is_none_or(|number| trial.before.is(number));
        if self.trial().is_some_and(ends_trial) {
            return self.end_trial().await;
        }
        let number = match number {
            Some(number) => self.known(number).await?,
            None => self.one_before().await?,
        };
        let file = self.choice.file.clone();
        let committed = self
            .choice
            .committed()
            .map_err(|error| failed(&error))?
            .clone();
        let read = move || match number {
            0 => Ok(text_of(&file)?),
            number => committed.text(number),
        };
        let text = done(beside("configs", read))
            .await?
            .map_err(|error| failed(&error))?;
        self.attempt(text).await?;
        self.keep(move |committed, file, of_file| match number {
            0 => committed.point_to_file().map(|()| Origin::File),
            number => {
                committed.point_to(number, file, of_file)?;
                Ok(Origin::Committed(number))
            }
        })
        .await
    }

    /// The number of the configuration before the one in force; 0 is the file.
    async fn one_before(&self) -> Told<u32> {
        let Origin::Committed(number) = self.in_force.get().origin else {
            let advice = "name the generation, which `config.get` lists";
            return Err(Refusal::new(
                Code::Busy,
                "the file itself is in force",
                advice,
            ));
        };
        let before = self.generations().await?.into_iter().rev();
        let mut before = before.map(|generation| generation.number);
        Ok(before.find(|found| *found < number).unwrap_or(0))
    }

    /// This number, where it is the file's or that of a generation that is kept.
    async fn known(&self, number: u32) -> Told<u32> {
        let generations = self.generations().await?;
        let is_kept = generations.iter().any(|kept| kept.number == number);
        if number == 0 || is_kept {
            return Ok(number);
        }
        let text = format!("there is no generation {number}");
        let advice = "`config.get` lists those that are kept; 0 is the file";
        Err(Refusal::new(Code::BadRequest, text, advice))
    }

    /// Those that are kept, from the oldest to the newest; none where there is no folder to keep them in.
    async fn generations(&self) -> Told<Vec<Generation>> {
        let Some(committed) = self.choice.committed.clone() else {
            return Ok(Vec::new());
        };
        let listed = done(beside("configs", move || committed.list())).await?;
        listed.map_err(|error| failed(&error))
    }

    /// The trial that is under way; a configuration that was read again meanwhile has ended it.
    fn trial(&self) -> Option<&Trial> {
        let origin = self.in_force.get().origin;
        let trial = self.trial.as_ref();
        trial.filter(|trial| origin == Origin::Tried(trial.number))
    }

    /// Puts a text in force until the trial is over; answers with the trial's number.
    async fn attempt(&mut self, text: String) -> Told<u32> {
        let in_force = self.in_force.get();
        let before = self.trial().map_or_else(
            || Before {
                text: in_force.config.text.clone(),
                origin: in_force.origin,
            },
            |trial| trial.before.clone(),
        );
        self.trials = self.trials.wrapping_add(1);
        let number = self.trials;
        let origin = Origin::Tried(number);
        self.put_in_force(text.clone(), origin).await?;
        self.trial = Some(Trial {
            number,
            text,
            until: Instant::now() + self.length,
            before,
        });
        Ok(number)
    }

    /// Writes down that what is tried is kept.
    async fn keep(
        &mut self,
        write: impl FnOnce(&Committed, &Path, &str) -> Result<Origin> + Send + 'static,
    ) -> Told<Kept> {
        let tried = self.in_force.get().origin;
        let committed = self
            .choice
            .committed()
            .map_err(|error| failed(&error))?
            .clone();
        let file = self.choice.file.clone();
        let write = move || write(&committed, &file, &text_of(&file)?);
        let origin = done(beside("configs", write))
            .await?
            .map_err(|error| failed(&error))?;
        self.trial = None;
        if !self.in_force.keep(tried, origin) {
            let advice = "ask for a reload, which puts it in force";
            let text = "it is kept, but a configuration was read again meanwhile";
            return Err(Refusal::new(Code::Busy, text, advice));
        }
        let generation = match origin {
            Origin::Committed(number) => number,
            Origin::File | Origin::Tried(_) => 0,
        };
        self.reporter.report(&Event::ConfigCommitted { generation });
        Ok(origin.into())
    }

    async fn trial_is_over(&mut self) {
        if self.trial().is_none() {
            self.trial = None;
            return;
        }
        self.reporter.report(&Event::ConfigTrialOver);
        if let Err(refusal) = self.end_trial().await {
            self.reporter.report(&Event::ConfigRefused {
                error: refusal.to_string(),
            });
        }
    }

    /// Puts in force what was before the trial; where that cannot be, it is tried again later.
    async fn end_trial(&mut self) -> Told<Source> {
        let Some(trial) = &mut self.trial else {
            return Ok(self.in_force.get().origin.into());
        };
        trial.until = Instant::now() + AGAIN;
        let Before { text, origin } = trial.before.clone();
        self.put_in_force(text, origin).await?;
        self.trial = None;
        Ok(origin.into())
    }

    /// Proves a text, and waits until the loop has taken it over.
    async fn put_in_force(&self, text: String, origin: Origin) -> Told<()> {
        let file = self.choice.file.clone();
        let load = move || {
            let limits = Limits::beside_this_process();
            Plan::parse_proven(&text, &file, origin, &limits).map(Box::new)
        };
        let plan = done(beside("reload", load)).await?.map_err(unfit)?;
        let (offer, outcome) = Offer::told(plan);
        self.orders.reload(offer);
        let outcome = outcome.await.map_err(|_| {
            let text = "another configuration was read at the same time, or the daemon ends";
            let advice = "look at what is in force, and try again";
            Refusal::new(Code::Busy, text, advice)
        })?;
        outcome.map_err(|error| failed(&error))
    }
}

/// Trials are numbered from here, so that who tried something before a restart does not keep what another tried after it.
fn random_number() -> u32 {
    // The standard library seeds this from the system's random numbers.
    RandomState::new().hash_one(()) as u32
}

/// What a thread beside comes to, if it does in time.
async fn done<T>(working: Result<oneshot::Receiver<T>>) -> Told<T> {
    let working = working.map_err(|error| failed(&error))?;
    let late = || {
        let text = format!(
            "the disk or the model takes longer than {} s",
            LONGEST.as_secs()
        );
        Refusal::new(
            Code::Unavailable,
            text,
            "look at the disk, and take a smaller model",
        )
    };
    let done = timeout(LONGEST, working).await.map_err(|_| late())?;
    done.map_err(|_| {
        let text = "reading the configuration stumbled over a defect";
        Refusal::new(Code::Unavailable, text, "report the log's last lines")
    })
}

/// Returns at an instant; never without one.
async fn reached(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => pending().await,
    }
}

#[cfg(test)]
#[path = "configs_tests.rs"]
mod tests;
