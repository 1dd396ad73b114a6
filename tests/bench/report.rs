//! `models/BENCHMARKS.md`: two sections, each written by its own command.
//!
//! A section lies between two comments, which readers of the page do not see. Writing one leaves the
//! rest of the file as it is.

use std::fmt::Write;
use std::io::ErrorKind;
use std::path::Path;

use sortd::error::{Error, Result};

/// A section that a command writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Times on this machine.
    Time,
    /// Counted aarch64 instructions.
    Instructions,
}

impl Section {
    const ALL: [Self; 2] = [Self::Time, Self::Instructions];

    const fn command(self) -> &'static str {
        match self {
            Self::Time => "make bench",
            Self::Instructions => "make bench-arm",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Time => "Time and memory",
            Self::Instructions => "Instructions on a Pi's processors",
        }
    }

    fn begin(self) -> String {
        format!(
            "<!-- begin: written by `{}`; do not edit -->",
            self.command()
        )
    }

    fn end(self) -> String {
        format!("<!-- end: `{}` -->", self.command())
    }
}

/// Replaces a section of `file`, which is made where it is missing; without a file, prints it.
pub fn publish(file: Option<&Path>, section: Section, text: &str) -> Result<()> {
    if let Some(file) = file {
        write(file, section, text)?;
        eprintln!("bench: written into {}", file.display());
        return Ok(());
    }
    println!("{text}");
    Ok(())
}

fn write(file: &Path, section: Section, text: &str) -> Result<()> {
    let old = match std::fs::read_to_string(file) {
        Ok(old) => old,
        Err(error) if error.kind() == ErrorKind::NotFound => empty(),
        Err(error) => {
            return Err(Error::data(format!("{} cannot be read", file.display()))
                .caused_by(error)
                .advice("check its permissions"));
        }
    };
    let new = replaced(&old, section, text).ok_or_else(|| {
        Error::data(format!(
            "{} has no place for the section of `{}`",
            file.display(),
            section.command()
        ))
        .advice("remove the file, or put the section's two comments back")
    })?;
    std::fs::write(file, new).map_err(|error| {
        Error::unavailable(format!("{} cannot be written", file.display()))
            .caused_by(error)
            .advice("check its permissions")
    })
}

/// A page whose sections were not written yet.
fn empty() -> String {
    let mut page = String::from(
        "# Benchmarks\n\nsortd's integer kernels beside the engines that a Pi user would otherwise pick. \
         All figures are written by the commands that measure them.\n",
    );
    for section in Section::ALL {
        _ = write!(
            page,
            "\n## {}\n\n{}\nNot measured yet: run `{}`.\n{}\n",
            section.title(),
            section.begin(),
            section.command(),
            section.end()
        );
    }
    page
}

fn replaced(page: &str, section: Section, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(&section.begin())?;
    let (_, after) = rest.split_once(&section.end())?;
    Some(format!(
        "{before}{}\n{}\n{}{after}",
        section.begin(),
        text.trim(),
        section.end()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_other_one_stays() {
        let page = empty();
        let page = replaced(&page, Section::Time, "times").expect("there is a place");
        let page = replaced(&page, Section::Instructions, "counts").expect("there is a place");
        let page = replaced(&page, Section::Time, "other times").expect("there is a place");
        assert!(page.contains("other times\n<!-- end: `make bench` -->"));
        assert!(page.contains("counts\n<!-- end: `make bench-arm` -->"));
        assert!(!page.contains("-->\ntimes"));
        assert!(!page.contains("Not measured yet"));
    }

    #[test]
    fn writing_twice_is_writing_once() {
        let once = replaced(&empty(), Section::Time, "times").expect("there is a place");
        assert_eq!(replaced(&once, Section::Time, "times"), Some(once));
    }

    #[test]
    fn a_page_without_the_comments_is_refused() {
        assert_eq!(replaced("# Figures\n", Section::Time, "times"), None);
    }
}
