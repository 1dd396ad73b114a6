//! The runs that a run goes back to, and what they were trained on.

use std::path::Path;

use sortd::error::{Error, Result};

use crate::config::StartConfig;
use crate::data::Sources;
use crate::run_folder::RunFolder;

/// `run` and every run that it goes back to: what it started from, what it was blended with, and so on.
/// They lie side by side.
///
/// # Errors
/// One of them is not there, or its configuration cannot be read.
pub fn of(run: &RunFolder) -> Result<Vec<RunFolder>> {
    let (mut open, mut family) = (vec![run.clone()], Vec::new());
    while let Some(run) = open.pop() {
        // A name that was used again can make runs go back to each other.
        if family.contains(&run) {
            continue;
        }
        let start = run.config()?.network.start;
        let runs = (!start.is_no_run()).then_some(start.from);
        for name in runs.into_iter().chain(start.blend.map(|blend| blend.with)) {
            let parent = run.root().with_file_name(&name);
            open.push(RunFolder::open(&parent).map_err(|error| unknown(&run, &name, error))?);
        }
        family.push(run);
    }
    Ok(family)
}

fn unknown(run: &RunFolder, name: &str, error: Error) -> Error {
    Error::data(format!(
        "{} started from {name}, which is not beside it, so nobody can say whose work is in its weights",
        run.root().display()
    ))
    .caused_by(error)
    .advice("put that run back")
}

/// Makes sure that nothing that `sources` measure on, in validation or in a test, was trained on
/// by one of the `ancestors` or by what they go back to. What of that is not there any more is told, and not
/// looked at.
///
/// # Errors
/// Something was, or a configuration cannot be read.
pub fn refuse_leakage<'a>(
    ancestors: impl Iterator<Item = &'a RunFolder>,
    sources: &Sources,
    data: &Path,
) -> Result<()> {
    let mut known = vec![sources.clone()];
    for ancestor in ancestors {
        let family = of(ancestor).unwrap_or_else(|error| {
            eprintln!("note: {error}; what was trained on before is not looked at");
            vec![ancestor.clone()]
        });
        for run in family {
            let theirs = run.config()?.data.sources;
            if !known.contains(&theirs) {
                refuse_trained_on(&run, &theirs, sources, data)?;
                known.push(theirs);
            }
        }
    }
    Ok(())
}

fn refuse_trained_on(
    run: &RunFolder,
    theirs: &Sources,
    sources: &Sources,
    data: &Path,
) -> Result<()> {
    let run = run.root().display();
    let trained_on = match theirs.trained_on(data) {
        Ok(trained_on) => trained_on,
        Err(error) => {
            eprintln!("note: what {run} was trained on is not looked at: {error}");
            return Ok(());
        }
    };
    match sources.measured_among(data, &trained_on)? {
        Some(found) => Err(Error::data(format!("{run} was trained on {found}")).advice(
            "start from a run, and name a --teacher, that is measured on the same photographs",
        )),
        None => Ok(()),
    }
}

/// Whether one of a family started from `ImageNet`'s weights.
///
/// # Errors
/// A configuration cannot be read.
pub fn starts_from_imagenet(family: &[RunFolder]) -> Result<bool> {
    for run in family {
        if run.config()?.network.start.from == StartConfig::IMAGENET {
            return Ok(true);
        }
    }
    Ok(false)
}
