//! Photographs in memory: decoding, squeezing to the model's square, and the reduced copies that
//! training varies.

use std::path::{Path, PathBuf};

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{GrayImage, RgbImage};
use rayon::prelude::*;
use sortd::error::{Error, Result};

use super::augment::segment;
use super::tree::Item;

/// Photographs, and those that could not be read.
#[derive(Debug)]
pub struct Loaded<T> {
    /// What was read, in the order of the list.
    pub photos: Vec<T>,
    /// Files that could not be read, and why.
    pub skipped: Vec<(PathBuf, String)>,
}

/// A photograph exactly as the daemon would show it to the model, with its label.
#[derive(Debug, Clone)]
pub struct Squeezed {
    /// `side * side * 3` bytes, R, G, B by rows.
    pub pixels: Vec<u8>,
    /// Its class.
    pub label: usize,
    /// Its file.
    pub path: PathBuf,
}

/// A reduced photograph that training cuts its inputs from.
#[derive(Debug, Clone)]
pub struct Reduced {
    /// The picture.
    pub picture: RgbImage,
    /// How much of each pixel is item and not board, 0..=255; none where the item could not be told
    /// from the board.
    pub item: Option<GrayImage>,
    /// Its class.
    pub label: usize,
}

/// Reads a photograph.
///
/// # Errors
/// The file cannot be read or is no JPEG or PNG picture.
pub fn decode(path: &Path) -> Result<RgbImage> {
    let picture = image::ImageReader::open(path)
        .and_then(image::ImageReader::with_guessed_format)
        .map_err(|error| Error::data(format!("cannot read {}", path.display())).caused_by(error))?
        .decode()
        .map_err(|error| {
            Error::data(format!("{} is not a picture", path.display())).caused_by(error)
        })?;
    Ok(picture.into_rgb8())
}

/// Resizes a picture to `width` × `height` as the daemon does: bilinear convolution on 8-bit RGB,
/// the aspect given up where the sizes ask for it.
///
/// # Errors
/// A side is zero.
pub fn resize(picture: &RgbImage, width: u32, height: u32) -> Result<RgbImage> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::internal(format!("cannot resize to {width}x{height}: {error}"))
    };
    let source = ImageRef::new(
        picture.width(),
        picture.height(),
        picture.as_raw(),
        PixelType::U8x3,
    )
    .map_err(|error| failed(&error))?;
    let mut target = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new()
        .resize(&source, &mut target, &options)
        .map_err(|error| failed(&error))?;
    RgbImage::from_raw(width, height, target.into_vec()).ok_or_else(|| failed(&"wrong size"))
}

/// Reads photographs as the model sees them when no item's box is known: squeezed whole to a square.
///
/// # Errors
/// Not one of them can be read.
pub fn load_squeezed(items: &[Item], side: u32) -> Result<Loaded<Squeezed>> {
    load(items, |item| {
        let pixels = resize(&decode(&item.path)?, side, side)?.into_raw();
        Ok(Squeezed {
            pixels,
            label: item.label,
            path: item.path.clone(),
        })
    })
}

/// Reads photographs for training, reduced so that the shorter side has `short_side` pixels, and
/// finds the item on each.
///
/// # Errors
/// Not one of them can be read.
pub fn load_reduced(items: &[Item], short_side: u32) -> Result<Loaded<Reduced>> {
    load(items, |item| {
        let picture = reduce(&decode(&item.path)?, short_side)?;
        let mask = segment::item_on_board(&picture);
        Ok(Reduced {
            picture,
            item: mask,
            label: item.label,
        })
    })
}

/// Reads pictures without items, reduced so that the shorter side has at most `short_side` pixels.
///
/// # Errors
/// Not one of them can be read.
pub fn load_backgrounds(paths: &[PathBuf], short_side: u32) -> Result<Loaded<RgbImage>> {
    let items: Vec<Item> = paths
        .iter()
        .map(|path| Item {
            path: path.clone(),
            label: 0,
        })
        .collect();
    load(&items, |item| reduce(&decode(&item.path)?, short_side))
}

/// Reduces a picture so that its shorter side has `short_side` pixels; a smaller one stays.
fn reduce(picture: &RgbImage, short_side: u32) -> Result<RgbImage> {
    let (width, height) = picture.dimensions();
    let scale = f64::from(short_side) / f64::from(width.min(height));
    if scale >= 1.0 {
        return Ok(picture.clone());
    }
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    resize(picture, scaled(width), scaled(height))
}

fn load<T: Send>(items: &[Item], read: impl Fn(&Item) -> Result<T> + Sync) -> Result<Loaded<T>> {
    let read: Vec<_> = items
        .par_iter()
        .map(|item| (item.path.clone(), read(item)))
        .collect();
    let mut loaded = Loaded {
        photos: Vec::with_capacity(items.len()),
        skipped: Vec::new(),
    };
    for (path, result) in read {
        match result {
            Ok(photo) => loaded.photos.push(photo),
            Err(error) => loaded.skipped.push((path, error.to_string())),
        }
    }
    match loaded.skipped.first() {
        Some((_, first)) if loaded.photos.is_empty() => Err(Error::data(format!(
            "none of the {} photographs can be read; the first: {first}",
            items.len()
        ))),
        _ => Ok(loaded),
    }
}

impl<T> Loaded<T> {
    /// Says on stderr which files were left out.
    pub fn report_skipped(&self, what: &str) {
        for (_, reason) in &self.skipped {
            eprintln!("skipped: {reason}");
        }
        if !self.skipped.is_empty() {
            eprintln!(
                "{what}: {} files could not be read and are left out",
                self.skipped.len()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_photograph_is_skipped_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let good = folder.path().join("good.png");
        let bad = folder.path().join("bad.jpg");
        RgbImage::from_pixel(40, 30, image::Rgb([9, 8, 7]))
            .save(&good)
            .unwrap();
        std::fs::write(&bad, b"not a picture").unwrap();
        let items = [
            Item {
                path: bad.clone(),
                label: 0,
            },
            Item {
                path: good,
                label: 1,
            },
        ];
        let loaded = load_squeezed(&items, 16).unwrap();
        assert_eq!(loaded.photos.len(), 1);
        assert_eq!(loaded.photos[0].pixels[..3], [9, 8, 7]);
        assert_eq!(loaded.skipped[0].0, bad);
        assert!(load_squeezed(&items[..1], 16).is_err());
    }
}
