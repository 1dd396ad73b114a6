//! `trainer data fetch`.

use std::path::{Path, PathBuf};

use clap::Args;
use sortd::error::Result;

use crate::data::Sources;
use crate::data::public::{self, Digest, PublicSet, take};
use crate::places;

/// Tell where the public sets of photographs come from, and take one that you have downloaded.
///
/// Nothing is downloaded: the sets lie where their authors put them, on their terms, and some ask who you are. Without SET,
/// lists all sets with what of them is here, and which descriptions of `models/trainer/data` can be trained on now. With SET,
/// tells where it is to be had; with --from as well, copies its photographs into the data folder.
#[derive(Debug, Args)]
#[command(after_long_help = "Example:\n  \
    trainer data fetch trashnet --from ~/Downloads/dataset-resized.zip --data photographs")]
pub struct Fetch {
    /// Name of a set
    set: Option<String>,

    /// Folder or zip archive with the set's photographs, in one folder a class
    #[arg(long, value_name = "PATH", requires = "set")]
    from: Option<PathBuf>,

    /// Data folder [default: ../shared/data beside the repository]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Fetch {
    /// Tells, and takes what is given.
    ///
    /// # Errors
    /// There is no such set, what is given holds none of its photographs, or a file cannot be read or written.
    pub fn run(self) -> Result<()> {
        let data = places::data(self.data.as_deref());
        let Some(name) = &self.set else {
            return overview(&data);
        };
        let set = PublicSet::named(name)?;
        if let Some(from) = &self.from {
            let taken = take::take(&set, from, &data)?;
            say!(
                "{}: {} photographs copied into {}, {} lay there already",
                set.name,
                taken.copied,
                data.join(&set.folder).display(),
                taken.there_before
            )?;
        } else {
            tell(&set)?;
        }
        compare(&set, &data)?;
        descriptions(&data)
    }
}

/// Where a set comes from, and on which terms.
fn tell(set: &PublicSet) -> Result<()> {
    say!("{}: {}, {}", set.name, set.page, set.download)?;
    let terms = set
        .attribution
        .as_deref()
        .unwrap_or("nobody is to be named");
    say!("  licence   {}; {terms}", set.licence)?;
    if let Some(pictures) = &set.pictures {
        say!("  pictures  {pictures}")?;
    }
    if let Some(manifest) = &set.manifest {
        say!("  manifest  {manifest}: which photograph each picture was cut from")?;
    }
    say!("  classes   {}", set.classes.join(", "))?;
    say!("  sha256    {}", set.sha256)
}

/// Whether what lies here is what the figures were measured with.
fn compare(set: &PublicSet, data: &Path) -> Result<()> {
    let here = set.photographs_in(data)?.len();
    if here == 0 {
        return say!(
            "  here      none of {} photographs; they belong into {}",
            set.photographs,
            data.join(&set.folder).display()
        );
    }
    let same = Digest::of(set, data)?.0 == set.sha256;
    let verdict = if same {
        "the very ones that the figures were measured with"
    } else {
        "not all of them those that the figures were measured with, so yours will differ"
    };
    say!(
        "  here      {here} of {} photographs, {verdict}",
        set.photographs
    )
}

fn overview(data: &Path) -> Result<()> {
    say!("data folder: {}\n", data.display())?;
    say!("{:<16}{:>14}  {:<28}from", "set", "here", "licence")?;
    for set in PublicSet::all()? {
        let here = set.photographs_in(data)?.len();
        let here = format!("{here} of {}", set.photographs);
        say!(
            "{:<16}{here:>14}  {:<28}{}",
            set.name,
            set.licence,
            set.page
        )?;
    }
    say!("")?;
    descriptions(data)
}

/// Which descriptions find all that they name, and so which recipes run.
fn descriptions(data: &Path) -> Result<()> {
    say!("{:<24}{:<44}can be trained on", "description", "by")?;
    for (name, recipes) in public::recipes()? {
        let file = places::descriptions().join(&name);
        if file.is_file() {
            let verdict = verdict(&Sources::read(&file)?, data);
            say!("{name:<24}{recipes:<44}{verdict}")?;
        }
    }
    Ok(())
}

fn verdict(sources: &Sources, data: &Path) -> String {
    let missing: Vec<&str> = sources
        .sources
        .iter()
        .filter(|source| !data.join(&source.folder).is_dir())
        .map(|source| source.name.as_str())
        .collect();
    if !missing.is_empty() {
        return format!("no, missing: {}", missing.join(", "));
    }
    let tests = sources.tests.values();
    let mut uses = [&sources.train, &sources.validation, &sources.backgrounds]
        .into_iter()
        .chain(tests);
    match uses.try_for_each(|uses| sources.gather(data, uses).map(drop)) {
        Ok(()) => "yes".to_owned(),
        Err(error) => format!("no: {error}"),
    }
}
