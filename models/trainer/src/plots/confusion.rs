//! The confusion matrix: rows are what it was, columns what the network said.

use std::path::Path;

use plotters::element::{Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, FontTransform, RGBColor, TextStyle, WHITE};
use sortd::error::Result;

use super::canvas::{Area, BLUE, Failure, GREY, INK, paint, text};
use crate::evaluation::Evaluation;

/// Side of a cell, and the room around the matrix, in pixels.
const CELL: i32 = 118;
const LEFT: i32 = 190;
const TOP: i32 = 150;
const RIGHT: i32 = 170;
const BOTTOM: i32 = 100;

/// From which share of its row on a cell is so dark that its numbers are written in white.
const DARK: f64 = 0.5;

/// Draws the matrix of an evaluation.
///
/// # Errors
/// The picture cannot be drawn or written.
pub fn confusion(path: &Path, found: &Evaluation) -> Result<()> {
    let matrix = CELL * found.subject.labels.len().cast_signed() as i32;
    let size = (
        (LEFT + matrix + RIGHT) as u32,
        (TOP + matrix + BOTTOM) as u32,
    );
    paint(path, size, |area| {
        draw_titles(area, found, matrix)?;
        for row in 0..found.subject.labels.len() {
            draw_row(area, found, row)?;
        }
        Ok(())
    })
}

fn draw_titles(area: &Area<'_>, found: &Evaluation, side: i32) -> std::result::Result<(), Failure> {
    let title = format!("Confusion on {}", found.subject.list);
    area.draw(&Text::new(
        title,
        (LEFT, 22),
        text(34, INK, HPos::Left, VPos::Top),
    ))?;
    let summary = format!(
        "{} of {} right: {:.1} % (95 % interval {:.1} to {:.1} %)",
        found.correct,
        found.images,
        100.0 * found.accuracy,
        100.0 * found.interval.0,
        100.0 * found.interval.1
    );
    area.draw(&Text::new(
        summary,
        (LEFT, 66),
        text(23, GREY, HPos::Left, VPos::Top),
    ))?;
    let middle = side / 2;
    area.draw(&Text::new(
        "answer of the network",
        (LEFT + middle, TOP + side + 62),
        text(25, INK, HPos::Center, VPos::Top),
    ))?;
    area.draw(&Text::new("truth", (24, TOP + middle), upright(25)))?;
    let recall = text(20, GREY, HPos::Center, VPos::Bottom);
    area.draw(&Text::new(
        "found",
        (LEFT + side + RIGHT / 2, TOP - 8),
        recall,
    ))?;
    for (column, label) in found.subject.labels.iter().enumerate() {
        let place = (
            LEFT + CELL * column.cast_signed() as i32 + CELL / 2,
            TOP + side + 14,
        );
        area.draw(&Text::new(
            label.clone(),
            place,
            text(22, INK, HPos::Center, VPos::Top),
        ))?;
    }
    Ok(())
}

/// One class: its label, its cells, and which share of it was found.
fn draw_row(area: &Area<'_>, found: &Evaluation, row: usize) -> std::result::Result<(), Failure> {
    let top = TOP + CELL * row.cast_signed() as i32;
    let middle = top + CELL / 2;
    let counts = &found.confusion.counts[row];
    let total: u64 = counts.iter().sum();
    let label = Text::new(
        found.subject.labels[row].clone(),
        (LEFT - 16, middle),
        text(22, INK, HPos::Right, VPos::Center),
    );
    area.draw(&label)?;
    for (column, &count) in counts.iter().enumerate() {
        let left = LEFT + CELL * column.cast_signed() as i32;
        let share = count as f64 / total.max(1) as f64;
        let corners = [(left, top), (left + CELL, top + CELL)];
        area.draw(&Rectangle::new(corners, shade(share).filled()))?;
        area.draw(&Rectangle::new(corners, GREY.mix(0.3)))?;
        if count > 0 {
            let ink = if share > DARK { WHITE } else { INK };
            let centre = left + CELL / 2;
            let number = text(32, ink, HPos::Center, VPos::Center);
            area.draw(&Text::new(count.to_string(), (centre, middle - 12), number))?;
            let percent = text(19, ink, HPos::Center, VPos::Center);
            area.draw(&Text::new(
                format!("{:.0} %", 100.0 * share),
                (centre, middle + 24),
                percent,
            ))?;
        }
    }
    let right = LEFT + CELL * counts.len().cast_signed() as i32 + RIGHT / 2;
    let recall = found
        .confusion
        .recall(row)
        .map_or("none seen".to_owned(), |share| {
            format!("{:.0} % of {total}", 100.0 * share)
        });
    area.draw(&Text::new(
        recall,
        (right, middle),
        text(22, INK, HPos::Center, VPos::Center),
    ))
}

/// White for nothing, blue for the whole row.
fn shade(share: f64) -> RGBColor {
    let mixed = |full: u8| (255.0 - (255.0 - f64::from(full)) * share.sqrt()) as u8;
    RGBColor(mixed(BLUE.0), mixed(BLUE.1), mixed(BLUE.2))
}

/// Text that runs from below upwards.
fn upright(size: u32) -> TextStyle<'static> {
    text(size, INK, HPos::Center, VPos::Center).transform(FontTransform::Rotate270)
}
