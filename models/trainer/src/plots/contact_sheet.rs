//! Many small pictures with a word below each.

use std::path::Path;

use image::RgbImage;
use plotters::prelude::BitMapElement;
use plotters::style::text_anchor::{HPos, VPos};
use sortd::error::{Error, Result};

use super::canvas::{INK, paint, text};

/// Space around each picture, and the height of its word, in pixels.
const GAP: u32 = 4;
const WORD: u32 = 14;

/// A picture and what stands below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// The picture.
    pub picture: RgbImage,
    /// A word or two.
    pub caption: String,
}

/// Draws `tiles`, which have one size, row by row on a sheet that is a little wider than high.
///
/// # Errors
/// There is no tile, drawing fails, or the file cannot be written.
pub fn contact_sheet(path: &Path, tiles: &[Tile]) -> Result<()> {
    let Some(first) = tiles.first() else {
        return Err(Error::data(format!(
            "there is nothing to draw on {}",
            path.display()
        )));
    };
    let (width, height) = first.picture.dimensions();
    let (across, down) = (width + GAP, height + WORD + GAP);
    let columns = ((tiles.len() as f64 * 1.5).sqrt().ceil() as u32).max(1);
    let rows = (tiles.len() as u32).div_ceil(columns);
    let size = (columns * across + GAP, rows * down + GAP);
    paint(path, size, |area| {
        for (place, tile) in (0_u32..).zip(tiles) {
            let x = (GAP + place % columns * across).cast_signed();
            let y = (GAP + place / columns * down).cast_signed();
            let bytes = tile.picture.as_raw().as_slice();
            if let Some(picture) = BitMapElement::with_ref((x, y), tile.picture.dimensions(), bytes)
            {
                area.draw(&picture)?;
            }
            let below = (
                x + (width / 2).cast_signed(),
                y + (height + 1).cast_signed(),
            );
            let style = text(WORD - 2, INK, HPos::Center, VPos::Top);
            area.draw_text(&tile.caption, &style, below)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_on_the_sheet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        let tile = |red: u8| Tile {
            picture: RgbImage::from_pixel(20, 20, image::Rgb([red, 0, 0])),
            caption: "glass".to_owned(),
        };
        contact_sheet(
            &path,
            &(0..5).map(|number| tile(50 * number)).collect::<Vec<_>>(),
        )
        .unwrap();
        let sheet = image::open(&path).unwrap().into_rgb8();
        for red in [0, 50, 100, 150, 200] {
            let count = sheet
                .pixels()
                .filter(|pixel| pixel.0 == [red, 0, 0])
                .count();
            assert!(count >= 390, "{red}: {count}");
        }
        assert!(contact_sheet(&path, &[]).is_err());
    }
}
