//! The file being read: its text, and what was found wrong with it so far.

use std::cell::RefCell;

use super::place::{Places, Position};
use super::problem::{Problem, Problems};

/// The file being read, with the problems found so far.
pub(super) struct Document<'d> {
    pub places: Places<'d>,
    problems: RefCell<Problems>,
}

impl<'d> Document<'d> {
    pub fn new(text: &'d str) -> Self {
        Self {
            places: Places::of(text),
            problems: RefCell::default(),
        }
    }

    pub fn report(&self, problem: Problem) {
        self.problems.borrow_mut().add(problem);
    }

    /// Reports a problem at a byte of the file; where it will not be told, it is not put into words.
    pub fn report_at(&self, offset: usize, problem: impl FnOnce(Position) -> Problem) {
        let position = self.places.at(offset);
        self.problems
            .borrow_mut()
            .add_at(position, || problem(position));
    }

    pub fn into_problems(self) -> Problems {
        self.problems.into_inner()
    }
}
