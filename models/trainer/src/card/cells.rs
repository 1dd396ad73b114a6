//! What stands in the cells of the tables.

use crate::data::material::Framing;
use crate::evaluation::Subject;

pub(super) fn framing(subject: &Subject) -> &'static str {
    match subject.framing {
        Framing::Whole => "whole",
        Framing::Item => "item",
    }
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

pub(super) fn interval((low, high): (f64, f64)) -> String {
    format!("{:.1} to {:.1} %", 100.0 * low, 100.0 * high)
}
