//! The contact sheet of a data set: a row of pictures for each class, then pairs side by side.

use std::path::Path;

use image::RgbImage;
use plotters::element::{Rectangle, Text};
use plotters::prelude::BitMapElement;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};
use sortd::error::Result;

use super::canvas::{Area, BLUE, Failure, GREY, INK, ORANGE, paint, text};

/// Longer side of each picture, in pixels.
pub const THUMB: u32 = 112;

const GAP: i32 = 8;
const CELL: i32 = THUMB.cast_signed() + GAP;

/// Room for a class's label, left of its row.
const LABELS: i32 = 200;

/// The sheet's margin, and the height of a heading.
const MARGIN: i32 = 24;
const HEADING: i32 = 56;

/// Width of the sheet: twelve pictures in a row.
const WIDTH: i32 = 2 * MARGIN + LABELS + 12 * CELL;

/// A pair with its frame, and its title and captions.
const PAIR: (i32, i32) = (2 * CELL + GAP, CELL + 88);
const PAIRS_ACROSS: i32 = (WIDTH - 2 * MARGIN) / (PAIR.0 + GAP);

/// Letters of a caption that fit below a picture.
const CAPTION: usize = 19;

/// Some pictures of a class.
#[derive(Debug, Clone)]
pub struct ClassRow {
    /// The class.
    pub label: String,
    /// How many there are, and where.
    pub note: String,
    /// At most twelve pictures, each side of at most [`THUMB`].
    pub pictures: Vec<RgbImage>,
}

/// Two pictures to be looked at side by side.
#[derive(Debug, Clone)]
pub struct Pair {
    /// What is wrong with them.
    pub title: String,
    /// How alike they are.
    pub note: String,
    /// Whether it must be mended.
    pub grave: bool,
    /// Picture, class and file name of each.
    pub sides: [(RgbImage, String, String); 2],
}

/// Draws `rows`, then `pairs`, and says that `left_out` more pairs are not on the sheet.
///
/// # Errors
/// Drawing fails or the file cannot be written.
pub fn check_sheet(path: &Path, rows: &[ClassRow], pairs: &[Pair], left_out: usize) -> Result<()> {
    let classes = HEADING + CELL * rows.len().cast_signed() as i32 + MARGIN;
    let lines = (pairs.len().cast_signed() as i32 + PAIRS_ACROSS - 1) / PAIRS_ACROSS;
    let height = 2 * MARGIN + classes + HEADING + lines * (PAIR.1 + GAP);
    paint(path, (WIDTH as u32, height as u32), |area| {
        heading(area, MARGIN, "Some pictures of each class")?;
        for (number, row) in (0..).zip(rows) {
            draw_row(area, row, MARGIN + HEADING + CELL * number)?;
        }
        let top = MARGIN + classes;
        heading(area, top, &pairs_heading(pairs.len(), left_out))?;
        for (number, pair) in (0..).zip(pairs) {
            let x = MARGIN + number % PAIRS_ACROSS * (PAIR.0 + GAP);
            let y = top + HEADING + number / PAIRS_ACROSS * (PAIR.1 + GAP);
            draw_pair(area, pair, (x, y))?;
        }
        Ok(())
    })
}

fn pairs_heading(shown: usize, left_out: usize) -> String {
    match (shown, left_out) {
        (0, _) => "No two pictures look the same".to_owned(),
        (_, 0) => "Pairs to look at".to_owned(),
        (shown, left_out) => format!(
            "Pairs to look at: the {shown} most doubtful of {}",
            shown + left_out
        ),
    }
}

fn heading(area: &Area<'_>, top: i32, words: &str) -> std::result::Result<(), Failure> {
    let style = text(30, INK, HPos::Left, VPos::Top);
    area.draw(&Text::new(words, (MARGIN, top), style))
}

fn draw_row(area: &Area<'_>, row: &ClassRow, top: i32) -> std::result::Result<(), Failure> {
    let middle = top + THUMB.cast_signed() / 2;
    let label = text(24, INK, HPos::Left, VPos::Bottom);
    area.draw(&Text::new(row.label.as_str(), (MARGIN, middle), label))?;
    let note = text(18, GREY, HPos::Left, VPos::Top);
    area.draw(&Text::new(row.note.as_str(), (MARGIN, middle + 4), note))?;
    for (number, picture) in (0..).zip(&row.pictures) {
        draw_picture(area, picture, (MARGIN + LABELS + CELL * number, top))?;
    }
    Ok(())
}

fn draw_pair(area: &Area<'_>, pair: &Pair, (x, y): (i32, i32)) -> std::result::Result<(), Failure> {
    let colour = if pair.grave { ORANGE } else { BLUE };
    let corners = [(x, y), (x + PAIR.0, y + PAIR.1)];
    area.draw(&Rectangle::new(corners, colour.mix(0.6)))?;
    let line = |words: &str, size, ink: RGBColor, place| {
        area.draw(&Text::new(
            words.to_owned(),
            place,
            text(size, ink, HPos::Left, VPos::Top),
        ))
    };
    line(&pair.title, 18, colour, (x + GAP, y + 8))?;
    line(&pair.note, 14, GREY, (x + GAP, y + 29))?;
    for (number, (picture, class, file)) in (0..).zip(&pair.sides) {
        let (left, top) = (x + GAP + CELL * number, y + 46);
        draw_picture(area, picture, (left, top))?;
        let below = top + THUMB.cast_signed() + 3;
        line(&shortened(class), 16, INK, (left, below))?;
        line(&shortened(file), 13, GREY, (left, below + 19))?;
    }
    Ok(())
}

/// Draws a picture in the middle of its square.
fn draw_picture(
    area: &Area<'_>,
    picture: &RgbImage,
    (x, y): (i32, i32),
) -> std::result::Result<(), Failure> {
    let (width, height) = picture.dimensions();
    let middle = |side: u32| (THUMB.cast_signed() - side.cast_signed()) / 2;
    let place = (x + middle(width), y + middle(height));
    let bytes = picture.as_raw().as_slice();
    match BitMapElement::with_ref(place, (width, height), bytes) {
        Some(element) => area.draw(&element),
        None => Ok(()),
    }
}

/// What fits below a picture; of a long name the end tells more than the beginning.
fn shortened(name: &str) -> String {
    let letters = name.chars().count();
    if letters <= CAPTION {
        return name.to_owned();
    }
    let end: String = name.chars().skip(letters + 1 - CAPTION).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_and_every_pair_is_on_the_sheet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        let picture = |red: u8| RgbImage::from_pixel(40, 90, image::Rgb([red, 1, 2]));
        let side = |red| (picture(red), "glass".to_owned(), "a.jpg".to_owned());
        let row = ClassRow {
            label: "glass".to_owned(),
            note: "2".to_owned(),
            pictures: vec![picture(10), picture(60)],
        };
        let pair = Pair {
            title: "alike".to_owned(),
            note: String::new(),
            grave: false,
            sides: [side(110), side(160)],
        };
        check_sheet(&path, &[row], &[pair], 3).unwrap();
        let sheet = image::open(&path).unwrap().into_rgb8();
        for red in [10, 60, 110, 160] {
            let count = sheet.pixels().filter(|p| p.0 == [red, 1, 2]).count();
            assert_eq!(count, 40 * 90, "{red}");
        }
    }

    #[test]
    fn a_long_name_is_cut_at_its_beginning() {
        assert_eq!(shortened("glass1.jpg"), "glass1.jpg");
        let name = "a-very-long-name-indeed-0001.jpg";
        assert_eq!(shortened(name).chars().count(), CAPTION);
        assert!(name.ends_with(shortened(name).trim_start_matches('…')));
    }
}
