//! What is to be in force: the file that was named, or the generation that was committed in its place.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::committed::{Committed, Origin};
use crate::config::text_of;
use crate::error::{Error, Result};
use crate::pipeline::Plan;
use crate::pipeline::proof::Limits;

/// Where configurations come from; clones share what was read.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// The file that was named.
    pub file: PathBuf,
    /// What was committed, where there is a folder to keep that in.
    pub committed: Option<Committed>,
    /// What the file held when it was read last.
    last_read: Arc<Mutex<String>>,
}

impl Choice {
    /// A file that was not read yet, and what was committed in its place, where there is a folder to keep that in.
    pub fn new(file: PathBuf, committed: Option<Committed>) -> Self {
        Self {
            file,
            committed,
            last_read: Arc::default(),
        }
    }

    /// What the file holds.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self) -> Result<String> {
        let text = text_of(&self.file)?;
        let mut last_read = self
            .last_read
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        last_read.clone_from(&text);
        Ok(text)
    }

    /// The same, where it is what was read last: what is committed in place of the file would hide a change that nobody read.
    ///
    /// # Errors
    /// The file cannot be read, or was changed meanwhile.
    pub fn as_read(&self) -> Result<String> {
        let text = text_of(&self.file)?;
        let last_read = self
            .last_read
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *last_read == text {
            return Ok(text);
        }
        Err(Error::unavailable(format!(
            "{} was changed and not read since",
            self.file.display()
        ))
        .advice("ask for a reload, which reads it, and then try and commit again"))
    }

    /// What is in force at the start. Where what was committed cannot be, the file is, with the reason.
    ///
    /// # Errors
    /// The file cannot be in force either.
    pub fn at_start(&self, limits: &Limits) -> Result<(Plan, Option<Error>)> {
        let of_file = self.read()?;
        let passed_over = match self.in_its_place(&of_file, limits) {
            Ok(Some(plan)) => return Ok((plan, None)),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        let plan = parse(&of_file, &self.file, Origin::File, limits)?;
        Ok((plan, passed_over))
    }

    /// What is to be in force now.
    ///
    /// # Errors
    /// It cannot be, whichever it is.
    pub fn load(&self, limits: &Limits) -> Result<Plan> {
        let of_file = self.read()?;
        let committed = self.in_its_place(&of_file, limits)?;
        committed.map_or_else(|| parse(&of_file, &self.file, Origin::File, limits), Ok)
    }

    /// The generation that stands in place of the file, which holds `of_file`.
    fn in_its_place(&self, of_file: &str, limits: &Limits) -> Result<Option<Plan>> {
        let Some(committed) = &self.committed else {
            return Ok(None);
        };
        let Some(number) = committed.in_force(&self.file, of_file)? else {
            return Ok(None);
        };
        let text = committed.text(number);
        let plan =
            text.and_then(|text| parse(&text, &self.file, Origin::Committed(number), limits));
        plan.map(Some).map_err(|error| {
            let file = self.file.display();
            let what =
                format!("generation {number}, committed in place of {file}, cannot be in force");
            Error::new(error.kind(), what).caused_by(error)
        })
    }

    /// The folder of what was committed.
    ///
    /// # Errors
    /// There is none.
    pub fn committed(&self) -> Result<&Committed> {
        self.committed.as_ref().ok_or_else(|| {
            Error::unavailable("this daemon has no folder to keep a configuration in")
                .advice("start it with `--state DIR`, or by its unit")
        })
    }
}

fn parse(text: &str, file: &Path, origin: Origin, limits: &Limits) -> Result<Plan> {
    Ok(Plan::parse_proven(text, file, origin, limits)?)
}
