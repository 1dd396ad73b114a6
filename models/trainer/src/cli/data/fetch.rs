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
    say!("  classes   {}", set.classes.join(", "))
}

/// Whether what lies here is what the figures were measured with.
fn compare(set: &PublicSet, data: &Path) -> Result<()> {
    let here = set.count(data)?;
    let root = data.join(&set.folder);
    if here == 0 {
        return say!(
            "  here      none of {} photographs; they belong into {}",
            set.photographs,
            root.display()
        );
    }
    let same = Digest::of(&root)?.0 == set.sha256;
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
        let here = format!("{} of {}", set.count(data)?, set.photographs);
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

/// Which descriptions name nothing that is not here, and so which recipes run.
fn descriptions(data: &Path) -> Result<()> {
    say!("{:<24}{:<44}can be trained on", "description", "by")?;
    for (name, recipes) in public::recipes()? {
        let file = places::descriptions().join(&name);
        if !file.is_file() {
            continue;
        }
        let missing: Vec<String> = Sources::read(&file)?
            .sources
            .into_iter()
            .filter(|source| !data.join(&source.folder).is_dir())
            .map(|source| source.name)
            .collect();
        let verdict = if missing.is_empty() {
            "yes".to_owned()
        } else {
            format!("no, missing: {}", missing.join(", "))
        };
        say!("{name:<24}{recipes:<44}{verdict}")?;
    }
    Ok(())
}
