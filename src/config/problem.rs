//! What is wrong with a configuration, where, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use crate::error::Error;

/// A place in the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
}

impl Position {
    /// The place of the byte `offset` in `text`; an offset beyond the end is the end.
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

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

/// Everything that is wrong with one file, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The file, as the user named it.
    pub file: PathBuf,
    /// The problems.
    pub problems: Vec<Problem>,
}

impl Report {
    /// A report of these problems, sorted by place.
    #[must_use]
    pub fn new(file: PathBuf, mut problems: Vec<Problem>) -> Self {
        problems.sort();
        problems.dedup();
        Self { file, problems }
    }
}

impl fmt::Display for Report {
    /// One line a problem: `file:line:column: key: what; todo`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let Position { line, column } = problem.position;
            write!(f, "{}:{line}:{column}: ", self.file.display())?;
            if !problem.key.is_empty() {
                write!(f, "{}: ", visible(&problem.key))?;
            }
            f.write_str(&visible(&problem.what))?;
            if !problem.todo.is_empty() {
                write!(f, "; {}", visible(&problem.todo))?;
            }
        }
        Ok(())
    }
}

/// The text with its control characters as escapes: quoted keys and values may hold line breaks and
/// terminal commands, and a problem is one line.
fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escape = c.is_control().then(|| c.escape_default());
            let plain = (!c.is_control()).then_some(c);
            escape.into_iter().flatten().chain(plain)
        })
        .collect()
}

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        Self::config(report.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = "a = 1\nkürzel = 2\n";
        assert_eq!(Position::of(text, 0), Position { line: 1, column: 1 });
        let two = text.find('2').unwrap();
        assert_eq!(
            Position::of(text, two),
            Position {
                line: 2,
                column: 10
            }
        );
        assert_eq!(Position::of(text, 999), Position { line: 3, column: 1 });
    }
}
