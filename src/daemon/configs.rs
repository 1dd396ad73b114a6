//! What clients want of the configuration: it is shown, checked, tried, kept and taken back, one wish after the other.
//!
//! A text that is tried is in force like any other, but nothing on the disk says so: after a crash, or when its time is over,
//! what was in force before is so again. To keep it is to write it down.

use std::future::pending;
use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::beside::beside;
use super::choice::Choice;
use super::config_answers::{Told, done, failed, told, unfit};
use super::offer::Offer;
use super::orders::Orders;
use super::plan_in_force::PlanInForce;
use super::trial::{Before, Trial, random_number};
use crate::config::Report;
use crate::config::committed::{Committed, Generation, Origin};
use crate::control::protocol::{
    Code, ConfigInForce, Findings, Kept, Refusal, Source, Trial as Trying,
};
use crate::control::{ConfigWish, GoBack};
use crate::error::Result;
use crate::pipeline::proof::Limits;
use crate::pipeline::{Plan, Proven, Unfit};
use crate::report::{Event, Reporter};

/// How long a configuration is tried.
const TRIAL: Duration = Duration::from_secs(120);

/// Where what was before cannot be in force again, it is tried again after this.
const AGAIN: Duration = Duration::from_secs(60);

/// The configuration's desk.
pub(super) struct Configs {
    choice: Choice,
    in_force: PlanInForce,
    orders: Orders,
    reporter: Reporter,
    trial: Option<Trial>,
    /// The number of the latest trial.
    trials: u32,
    /// The trial that was committed last, and what it became.
    committed: Option<(u32, Origin)>,
    /// How long a trial is.
    length: Duration,
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
            committed: None,
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
            ConfigWish::Back(to_what, to) => drop(to.send(self.back(to_what).await)),
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
            return self.committed_before(number);
        };
        let text = trial.text.clone();
        let kept = self.keep(move |committed, file, of_file| {
            let number = committed.commit(&text, file, of_file)?;
            Ok(Origin::Committed(number))
        });
        let origin = kept.await?;
        self.committed = Some((number, origin));
        Ok(origin.into())
    }

    /// Who asks twice, as one whose first answer was lost, is told the same twice.
    fn committed_before(&self, number: u32) -> Told<Kept> {
        match self.committed {
            Some((trial, origin)) if trial == number && origin == self.in_force.get().origin => {
                Ok(origin.into())
            }
            Some((trial, _)) if trial == number => {
                let text =
                    format!("trial {number} was committed, and something else is in force since");
                let advice = "`config.get` lists it, and `config.back` goes to it";
                Err(Refusal::new(Code::Busy, text, advice))
            }
            _ => {
                let text = format!("trial {number} is over, and nothing of it could be kept");
                let advice = "put it in force by `config.try`, see that all is well, and ask again";
                Err(Refusal::new(Code::Busy, text, advice))
            }
        }
    }

    async fn back(&mut self, to: GoBack) -> Told<Kept> {
        match to {
            GoBack::FromTrial(number) => {
                if self.trial().is_some_and(|trial| trial.number == number) {
                    return self.end_trial().await;
                }
                let text = format!("trial {number} is over");
                let advice = "look at what is in force by `config.get`";
                Err(Refusal::new(Code::Busy, text, advice))
            }
            GoBack::ToGeneration(number) => {
                if self.trial().is_some_and(|trial| trial.before.is(number)) {
                    return self.end_trial().await;
                }
                let number = self.known(number).await?;
                self.back_to(number).await
            }
            GoBack::OneStep => {
                if self.trial().is_some() {
                    return self.end_trial().await;
                }
                let number = self.one_before().await?;
                self.back_to(number).await
            }
        }
    }

    /// Puts a generation that is kept in force, and notes that it is; 0 is the file. Where it cannot be noted, what was in force
    /// is so again.
    async fn back_to(&mut self, number: u32) -> Told<Kept> {
        let committed = self.folder()?;
        let choice = self.choice.clone();
        let read = move || match number {
            0 => choice.read(),
            number => committed.text(number),
        };
        let text = done(beside("configs", read))
            .await?
            .map_err(|error| failed(&error))?;
        self.attempt(text).await?;
        let kept = self.keep(move |committed, file, of_file| match number {
            0 => committed.point_to_file().map(|()| Origin::File),
            number => {
                committed.point_to(number, file, of_file)?;
                Ok(Origin::Committed(number))
            }
        });
        match kept.await {
            Ok(origin) => Ok(origin.into()),
            Err(refusal) => {
                self.end_trial().await?;
                Err(refusal)
            }
        }
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

    /// Writes down that what is tried is kept, in place of the file as it was read last.
    async fn keep(
        &mut self,
        write: impl FnOnce(&Committed, &Path, &str) -> Result<Origin> + Send + 'static,
    ) -> Told<Origin> {
        let tried = self.in_force.get().origin;
        let committed = self.folder()?;
        let choice = self.choice.clone();
        let write = move || write(&committed, &choice.file, &choice.as_read()?);
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
        Ok(origin)
    }

    /// The folder of what was committed.
    fn folder(&self) -> Told<Committed> {
        let committed = self.choice.committed();
        committed.cloned().map_err(|error| failed(&error))
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
