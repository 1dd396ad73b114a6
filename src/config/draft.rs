//! A configuration on its way to being accepted: as much of it as could be read, and what is wrong.

use std::io;
use std::path::Path;

use toml::de::DeTable;

use super::Config;
use super::check;
use super::document::Document;
use super::place::Position;
use super::problem::{Problem, Problems, Report};
use super::table::Table;
use crate::files;

/// A configuration with the problems that were found so far.
///
/// It lets checks that need more than the file, such as those against a model, add to the same report.
#[derive(Debug)]
pub struct Draft {
    config: Config,
    problems: Problems,
}

/// A file larger than this is not a configuration.
pub const LARGEST_FILE: u64 = 1 << 20;

impl Draft {
    /// Reads a file.
    ///
    /// # Errors
    /// Nothing can be said of what it means: it cannot be read, or it is no TOML.
    pub fn load(file: &Path) -> Result<Self, Report> {
        let text = text_of(file)?;
        Self::parse(&text, file)
    }

    /// Reads the text of a configuration; `file` names it in messages and anchors relative paths.
    ///
    /// # Errors
    /// It is empty, or no TOML.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Report> {
        if text.trim().is_empty() {
            let todo = "start from config/sortd.toml, which explains every key";
            return Err(at(
                file,
                Position::START,
                "the file is empty".into(),
                todo.into(),
            ));
        }
        let document = Document::new(text);
        let (tree, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            document.report_at(error.span().map_or(0, |span| span.start), |position| {
                Problem {
                    position,
                    key: String::new(),
                    what: error
                        .message()
                        .split_whitespace()
                        .collect::<Vec<_>>()
                        .join(" "),
                    todo: "correct the TOML syntax here".into(),
                }
            });
        }
        // After a syntax error the tree has holes; its complaints about missing keys would mislead.
        if !errors.is_empty() {
            return Err(document.into_problems().into_report(file.into()));
        }
        let config = Config::read(&Table::root(&document, tree.get_ref()), file);
        let mut problems = document.into_problems();
        check::across_tables(&config, &mut problems);
        Ok(Self { config, problems })
    }

    /// A configuration that was accepted before, for further checks.
    #[must_use]
    pub fn of(config: Config) -> Self {
        Self {
            config,
            problems: Problems::default(),
        }
    }

    /// What could be read, with defaults in place of what could not.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Adds a problem.
    pub fn report(&mut self, problem: Problem) {
        self.problems.add(problem);
    }

    /// Checks the bins against the labels of a model; `empty` is the label for an empty drop zone.
    pub fn check_labels(&mut self, labels: &[String], empty: Option<&str>) {
        check::unknown_labels(&self.config, labels, empty, &mut self.problems);
        // A bin that could not be read, or a misspelt label, leaves labels over that are not forgotten.
        if self.problems.is_empty()
            && let Some(left) = check::labels_left_over(&self.config, labels, empty)
        {
            self.problems.add(left);
        }
    }

    /// The configuration, if nothing is wrong with it.
    ///
    /// # Errors
    /// What is wrong, by place.
    pub fn finish(self) -> Result<Config, Report> {
        if self.problems.is_empty() {
            Ok(self.config)
        } else {
            Err(self.problems.into_report(self.config.file))
        }
    }
}

/// The text of a configuration's file.
///
/// # Errors
/// It cannot be read, or is no text.
pub fn text_of(file: &Path) -> Result<String, Report> {
    read_text(file).map_err(|(position, what, todo)| at(file, position, what, todo))
}

/// A report of one problem of the file as a whole.
fn at(file: &Path, position: Position, what: String, todo: String) -> Report {
    let key = String::new();
    let problem = Problem {
        position,
        key,
        what,
        todo,
    };
    Report::new(file.into(), vec![problem])
}

type Unreadable = (Position, String, String);

fn read_text(file: &Path) -> Result<String, Unreadable> {
    let start = Position::START;
    let unreadable = |error: io::Error| {
        let todo = match error.kind() {
            io::ErrorKind::NotFound => "write one, or name another with --config FILE",
            io::ErrorKind::PermissionDenied => "let the user that runs sortd read it",
            io::ErrorKind::InvalidInput | io::ErrorKind::IsADirectory => "name a regular file",
            _ => "check the file and the disk",
        };
        (start, format!("cannot be read: {error}"), todo.to_owned())
    };
    let bytes = files::read_at_most(file, LARGEST_FILE)
        .map_err(unreadable)?
        .ok_or_else(|| {
            (
                start,
                format!("more than {LARGEST_FILE} bytes are no configuration"),
                "name the right file".to_owned(),
            )
        })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        (
            Position::of(&before, valid),
            "not UTF-8 text".to_owned(),
            "save the file as UTF-8".to_owned(),
        )
    })?;
    Ok(text)
}
