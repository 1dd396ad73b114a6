//! `trainer data import`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use sortd::error::{Error, Result};

use crate::data::import::clock::{Clock, MachineClock};
use crate::data::import::collection::Collection;
use crate::data::import::crawl::{self, Terms};
use crate::data::import::starter::{self, SOURCES};
use crate::data::import::visit::Guest;
use crate::data::import::web::{Manners, Web};
use crate::data::import::{Limits, Summary, date, folders, list};
use crate::data::tree::Tree;
use crate::files;

/// Build a data set of your own from photographs in folders or on the web.
///
/// What comes in is checked, set upright, and freed of what cameras write into photographs beside the
/// picture: where and when it was taken, by which camera and whom. The picture itself is copied byte
/// for byte; only one that lies on its side is encoded anew. Your photographs are not changed.
///
/// An import can be interrupted and run again: what is there is not fetched again, and what you have
/// deleted from DIR stays away. DIR/manifest.csv says where each picture came from; DIR/sources.toml
/// describes the set for training.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
    trainer data import --out own --from photographs --licence CC0-1.0\n  \
    trainer data import --out own --urls list.txt --contact me@example.org\n\n\
    photographs/ holds one folder a class, such as photographs/glass/IMG_0001.jpg. A line of list.txt\n\
    is class<TAB>address[<TAB>licence[<TAB>source]], such as\n  \
    glass<TAB>https://example.org/bottle.jpg<TAB>CC-BY-4.0<TAB>Jane Doe\n\n\
    Sites are asked as their robots.txt allows, one thing at a time and with a pause. That a picture can\n\
    be fetched does not mean that you may use it: write its licence down.")]
pub struct Import {
    /// Folder of the data set, made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Take the photographs of these folders, each with one folder a class
    #[arg(long, value_name = "FOLDER", num_args = 1.., required_unless_present = "urls", conflicts_with = "urls")]
    from: Vec<PathBuf>,

    /// Fetch the pictures of this list of addresses
    #[arg(long, value_name = "LIST")]
    urls: Option<PathBuf>,

    /// Licence of the pictures that the list says none for, by its SPDX name
    #[arg(long, value_name = "NAME")]
    licence: Option<String>,

    /// Look again at pictures that an earlier import left out
    #[arg(long)]
    retry: bool,

    /// Pixels that the shorter side needs
    #[arg(long, value_name = "PIXELS", default_value_t = Limits::default().least_side)]
    min_side: u32,

    /// Largest file, in millions of bytes
    #[arg(long, value_name = "N", default_value_t = Limits::default().most_bytes / 1_000_000, value_parser = clap::value_parser!(u64).range(1..=200))]
    max_megabytes: u64,

    /// Largest picture, in millions of pixels
    #[arg(long, value_name = "N", default_value_t = Limits::default().most_pixels / 1_000_000, value_parser = clap::value_parser!(u64).range(1..=150))]
    max_megapixels: u64,

    /// Pause between two requests to one site; longer where its robots.txt says so
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = pause, conflicts_with = "from")]
    delay: f64,

    /// E-mail or web address by which a site's keeper may reach you; it is sent with each request
    #[arg(long, value_name = "ADDRESS", conflicts_with = "from")]
    contact: Option<String>,

    /// Fetch from private networks too, such as a camera or a server of your own
    #[arg(long, conflicts_with = "from")]
    allow_local: bool,

    /// Longest silence of a site
    #[arg(long, value_name = "SECONDS", default_value_t = 20, hide = true, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

/// A pause that a site can live with.
fn pause(text: &str) -> std::result::Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.5..=3600.0).contains(&seconds) {
        Ok(seconds)
    } else {
        Err("must lie in 0.5 to 3600".to_owned())
    }
}

impl Import {
    /// Imports.
    ///
    /// # Errors
    /// A folder or the list is missing, a file cannot be written, or not one picture is there in the
    /// end.
    pub fn run(self) -> Result<()> {
        self.require_apart()?;
        // What is given is looked at before anything is made.
        for folder in &self.from {
            Tree::open(folder)?;
        }
        let list = self.urls.as_deref().map(files::read_text).transpose()?;
        let mut collection = Collection::open(&self.out)?;
        let outcome = match &list {
            Some(text) => self.fetch(text, &mut collection),
            None => self.gather(&mut collection),
        };
        // What came in before something failed is written down too.
        collection.write_manifest()?;
        say!("{}", outcome?.to_string().trim_end())?;
        self.close(&collection)
    }

    fn gather(&self, collection: &mut Collection) -> Result<Summary> {
        let today = date::day(MachineClock::default().date());
        let (limits, terms) = (self.limits(), self.terms());
        folders::gather(&self.from, &limits, &today, collection, &terms, &mut tell)
    }

    fn fetch(&self, text: &str, collection: &mut Collection) -> Result<Summary> {
        let (lines, bad) = list::parse(text);
        for line in &bad {
            tell(format!("line {}: {}", line.number, line.refusal));
        }
        let silence = Duration::from_secs(self.timeout);
        let manners = Manners {
            contact: self.contact.clone(),
            allow_local: self.allow_local,
            silence,
            whole: 6 * silence,
        };
        let guest = Guest {
            web: &Web::new(&manners)?,
            clock: &MachineClock::default(),
            delay: Duration::from_secs_f64(self.delay),
            limits: &self.limits(),
        };
        let mut summary = crawl::crawl(lines, &guest, collection, &self.terms(), &mut tell)?;
        for line in bad {
            summary.leave_out(line.refusal.reason);
        }
        Ok(summary)
    }

    fn limits(&self) -> Limits {
        Limits {
            most_bytes: self.max_megabytes * 1_000_000,
            most_pixels: self.max_megapixels * 1_000_000,
            least_side: self.min_side.max(1),
        }
    }

    fn terms(&self) -> Terms {
        Terms {
            licence: self.licence.clone(),
            retry: self.retry,
        }
    }

    /// The collection must not lie among the photographs that it is made from.
    fn require_apart(&self) -> Result<()> {
        let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let out = whole(&self.out);
        match self.from.iter().find(|from| out.starts_with(whole(from))) {
            Some(from) => Err(Error::usage(format!(
                "{} lies in {}, from which photographs are taken",
                self.out.display(),
                from.display()
            ))
            .advice("choose a folder beside it for --out")),
            None => Ok(()),
        }
    }

    /// Writes the description, and says what is there and what to do next.
    fn close(&self, collection: &Collection) -> Result<()> {
        let out = self.out.display();
        let classes = collection.classes();
        if classes.is_empty() {
            return Err(Error::data(format!("{out} holds no picture"))
                .advice("look at the reasons above and at `trainer data import --help`"));
        }
        let counts: Vec<String> = classes
            .iter()
            .map(|(class, count)| format!("{class} {count}"))
            .collect();
        say!("{out} holds {}", counts.join(", "))?;
        let unknown = collection
            .present()
            .filter(|picture| picture.licence.is_none())
            .count();
        if unknown > 0 {
            say!("{unknown} have no licence (--licence NAME states one); do not pass them on")?;
        }
        let file = self.out.join(SOURCES);
        if !starter::write(&self.out, collection)? {
            say!("{} was there and is left as it is", file.display())?;
        }
        let above = match self.out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        say!(
            "next, look it over:\n  trainer data check {out} --sheet sheet.png\nthen train a network:\n  \
             trainer train --data {} --sources {} --run runs/{}",
            above.display(),
            file.display(),
            starter::name(&self.out)
        )
    }
}

/// Says why a picture was left out.
#[allow(
    clippy::needless_pass_by_value,
    reason = "whoever gathers hands the words over"
)]
fn tell(what: String) {
    eprintln!("left out: {what}");
}
