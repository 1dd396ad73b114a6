//! The contact sheet of a check: some pictures of each class, and what looks wrong side by side.

use std::path::{Path, PathBuf};

use image::{RgbImage, imageops};
use sortd::error::Result;
use sortd::panics;

use super::check_sheet::{self, ClassRow, Pair, THUMB};
use crate::data::check::Checked;
use crate::data::check::finding::{Severity, Suspect};
use crate::data::check::survey::Seen;
use crate::data::photo;

/// Pictures of each class on the sheet.
const EACH: usize = 12;

/// Pairs on the sheet; more than that nobody looks at in one sitting.
const PAIRS: usize = 90;

/// Draws the sheet to `file`.
///
/// # Errors
/// It cannot be drawn or written.
pub fn check(file: &Path, folders: &[PathBuf], checked: &Checked) -> Result<()> {
    let rows: Vec<ClassRow> = folders
        .iter()
        .enumerate()
        .flat_map(|(number, root)| class_rows(number, root, &checked.seen))
        .collect();
    let pairs: Vec<Pair> = checked
        .suspects
        .iter()
        .take(PAIRS)
        .map(|suspect| pair(suspect, &checked.seen))
        .collect();
    let left_out = checked.suspects.len() - pairs.len();
    check_sheet::check_sheet(file, &rows, &pairs, left_out)
}

fn class_rows(number: usize, root: &Path, seen: &[Seen]) -> Vec<ClassRow> {
    let here: Vec<&Seen> = seen.iter().filter(|file| file.folder == number).collect();
    let set = name(root);
    here.chunk_by(|one, other| one.class == other.class)
        .map(|class| {
            let shown = class.len().min(EACH);
            ClassRow {
                label: class[0].class.clone(),
                note: format!("{} in {set}", class.len()),
                pictures: (0..shown)
                    .map(|place| thumbnail(&class[place * class.len() / shown].path))
                    .collect(),
            }
        })
        .collect()
}

fn pair(suspect: &Suspect, seen: &[Seen]) -> Pair {
    let side = |place: usize| {
        let path = &seen[place].path;
        (thumbnail(path), seen[place].class.clone(), name(path))
    };
    Pair {
        title: suspect.kind.title().to_owned(),
        note: suspect.note.clone(),
        grave: suspect.kind.severity() == Severity::Error,
        sides: [side(suspect.first), side(suspect.second)],
    }
}

/// The last part of a path.
fn name(path: &Path) -> String {
    let whole = || path.display().to_string();
    path.file_name()
        .map_or_else(whole, |name| name.to_string_lossy().into_owned())
}

/// A picture that fits the sheet; an empty one where the file cannot be read.
fn thumbnail(path: &Path) -> RgbImage {
    let read = panics::contained(|| photo::decode(path));
    let Ok(Ok(picture)) = read else {
        return RgbImage::from_pixel(THUMB, THUMB, image::Rgb([235, 235, 235]));
    };
    let (width, height) = picture.dimensions();
    let scale = f64::from(THUMB) / f64::from(width.max(height));
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).clamp(1, THUMB);
    imageops::thumbnail(&picture, scaled(width), scaled(height))
}
