//! What is wrong with a configuration, where, and what to do about it.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use super::place::Position;
use crate::error::{Error, Kind};
use crate::visible::visible;

/// So many problems of a file are told; what is wrong with the rest shows when those are corrected.
pub const MOST_TOLD: usize = 200;

/// A value together with its key path and its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its key path, such as `bins[2].led.pin`.
    pub key: String,
    /// Where it stands.
    pub position: Position,
}

impl<T> Located<T> {
    /// A problem with this value.
    pub fn problem(&self, what: impl Into<String>, todo: impl Into<String>) -> Problem {
        Problem {
            position: self.position,
            key: self.key.clone(),
            what: what.into(),
            todo: todo.into(),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where.
    pub position: Position,
    /// The key path; empty where the file as a whole is meant.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do; empty where `what` says it already.
    pub todo: String,
}

/// The problems of a file while they are found: the first by place, and how many there are besides. So a file
/// in which everything is wrong costs no more memory and no more words than are told.
#[derive(Debug, Default)]
pub(super) struct Problems {
    first: BTreeSet<Problem>,
    more: usize,
}

impl Problems {
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    pub fn add(&mut self, problem: Problem) {
        self.add_at(problem.position, || problem);
    }

    /// Adds a problem at this place; where it will not be told, it is not even put into words.
    pub fn add_at(&mut self, position: Position, problem: impl FnOnce() -> Problem) {
        if self.is_beyond(position) {
            self.more += 1;
        } else if self.first.insert(problem()) && self.first.len() > MOST_TOLD {
            self.first.pop_last();
            self.more += 1;
        }
    }

    /// Whether there are enough problems before this place.
    fn is_beyond(&self, position: Position) -> bool {
        self.first.len() >= MOST_TOLD
            && self
                .first
                .last()
                .is_some_and(|last| last.position < position)
    }

    pub fn into_report(self, file: PathBuf) -> Report {
        Report {
            file,
            problems: self.first.into_iter().collect(),
            more: self.more,
        }
    }
}

/// What is wrong with one file, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The file, as the user named it.
    pub file: PathBuf,
    /// The first problems by place, [`MOST_TOLD`] at most.
    pub problems: Vec<Problem>,
    /// How many there are besides.
    pub more: usize,
}

impl Report {
    /// A report of these problems, sorted by place.
    #[must_use]
    pub fn new(file: PathBuf, problems: Vec<Problem>) -> Self {
        let mut sorted = Problems::default();
        for problem in problems {
            sorted.add(problem);
        }
        sorted.into_report(file)
    }
}

impl fmt::Display for Report {
    /// One line a problem: `file:line:column: key: what; todo`; and one more where there are too many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display().to_string();
        let file = visible(&file);
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let Position { line, column } = problem.position;
            write!(f, "{file}:{line}:{column}: ")?;
            if !problem.key.is_empty() {
                write!(f, "{}: ", visible(&problem.key))?;
            }
            f.write_str(&visible(&problem.what))?;
            if !problem.todo.is_empty() {
                write!(f, "; {}", visible(&problem.todo))?;
            }
        }
        match self.more {
            0 => Ok(()),
            1 => write!(f, "\n{file}: 1 more problem; correct these first"),
            more => write!(f, "\n{file}: {more} more problems; correct these first"),
        }
    }
}

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        Self::of_lines(Kind::Config, &report.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: usize) -> Problem {
        Problem {
            position: Position { line, column: 1 },
            key: "k".into(),
            what: "is wrong".into(),
            todo: String::new(),
        }
    }

    #[test]
    fn the_first_by_place_are_told_and_the_others_counted() {
        let mut lines: Vec<usize> = (1..=MOST_TOLD + 31).collect();
        lines.reverse();
        let report = Report::new("f".into(), lines.iter().map(|line| at(*line)).collect());
        let told: Vec<usize> = report.problems.iter().map(|p| p.position.line).collect();
        assert_eq!(told, (1..=MOST_TOLD).collect::<Vec<_>>());
        let text = report.to_string();
        assert!(text.starts_with("f:1:1: k: is wrong\nf:2:1: "), "{text}");
        assert!(
            text.ends_with(":1: k: is wrong\nf: 31 more problems; correct these first"),
            "{text}"
        );
    }

    #[test]
    fn what_is_not_told_is_not_put_into_words() {
        let mut problems = Problems::default();
        let mut worded = 0;
        for line in 1..=10 * MOST_TOLD {
            problems.add_at(at(line).position, || {
                worded += 1;
                at(line)
            });
        }
        assert_eq!((worded, problems.more), (MOST_TOLD, 9 * MOST_TOLD));
    }

    #[test]
    fn the_same_is_told_once() {
        assert_eq!(
            Report::new("f".into(), vec![at(1), at(1)]).problems.len(),
            1
        );
    }
}
