//! Photographs in memory: decoding, squeezing to the model's square, and the reduced copies that
//! training augments.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{GrayImage, RgbImage};
use rayon::prelude::*;
use sortd::error::{Error, Result};
use sortd::preprocess::{Region, VIEWS, View};

use super::frame::Extent;
use super::pyramid::Pyramid;
use super::segment;
use super::strip::{self, Flaw};
use super::tree::Item;
use crate::files;

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

/// What is known about the item on a photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// There is one, and the picture's cover says where.
    Found,
    /// There is one somewhere; it could not be told from what it lies on.
    Unfound,
    /// There is none.
    Nothing,
}

/// A reduced photograph that training crops its inputs from.
#[derive(Debug, Clone)]
pub struct Reduced {
    /// The picture, covered by its item where that was found and else by all that is seen.
    pub picture: Pyramid,
    /// What is known about the item.
    pub content: Content,
    /// The box around the item, or the whole picture.
    pub extent: Extent,
    /// Mean colour along the picture's edge, where there is an item: that of what it lies on.
    pub rim: Option<[f32; 3]>,
    /// Its class.
    pub label: usize,
    /// How often it is drawn, relative to others.
    pub weight: f64,
    /// Its file; none of what is only a part of one.
    pub file: Option<PathBuf>,
}

/// How much of a photograph's margin fades where the item was not found, as a share of its sides.
const FADE: f32 = 0.12;

impl Reduced {
    /// A photograph of an item, which is looked for.
    #[must_use]
    pub fn of_item(picture: &RgbImage, label: usize) -> Self {
        let mask = segment::item_on_board(picture);
        let (width, height) = picture.dimensions();
        let whole = [0.0, 0.0, width as f32, height as f32];
        let pyramid = Pyramid::new(picture, mask.as_ref(), FADE);
        Self {
            extent: mask.as_ref().map_or(whole, covered),
            content: match mask {
                Some(_) => Content::Found,
                None => Content::Unfound,
            },
            rim: Some(rim(picture)),
            picture: pyramid,
            label,
            weight: 1.0,
            file: None,
        }
    }

    /// A picture without an item.
    #[must_use]
    pub fn of_nothing(picture: &RgbImage, label: usize) -> Self {
        let (width, height) = picture.dimensions();
        Self {
            picture: Pyramid::new(picture, None, FADE),
            content: Content::Nothing,
            extent: [0.0, 0.0, width as f32, height as f32],
            rim: None,
            label,
            weight: 1.0,
            file: None,
        }
    }
}

/// The box around what is at least half covered.
#[must_use]
pub fn covered(mask: &GrayImage) -> Extent {
    let (mut low, mut high) = ([f32::MAX; 2], [0.0_f32; 2]);
    for (x, y, _) in mask
        .enumerate_pixels()
        .filter(|(_, _, cover)| cover.0[0] >= 128)
    {
        let (x, y) = (x as f32, y as f32);
        low = [low[0].min(x), low[1].min(y)];
        high = [high[0].max(x + 1.0), high[1].max(y + 1.0)];
    }
    if low[0] > high[0] {
        return [0.0, 0.0, mask.width() as f32, mask.height() as f32];
    }
    [low[0], low[1], high[0], high[1]]
}

/// Mean colour of a picture's outermost pixels.
fn rim(picture: &RgbImage) -> [f32; 3] {
    let (width, height) = picture.dimensions();
    let on_rim = |x: u32, y: u32| x < 3 || y < 3 || x + 3 >= width || y + 3 >= height;
    let (mut sums, mut count) = ([0.0_f32; 3], 0.0_f32);
    for (_, _, pixel) in picture
        .enumerate_pixels()
        .filter(|(x, y, _)| on_rim(*x, *y))
    {
        for (sum, value) in sums.iter_mut().zip(pixel.0) {
            *sum += f32::from(value);
        }
        count += 1.0;
    }
    sums.map(|sum| sum / count.max(1.0))
}

/// Reads a photograph.
///
/// # Errors
/// The file cannot be read, is no JPEG or PNG picture, or ends before the picture does.
pub fn decode(path: &Path) -> Result<RgbImage> {
    let bytes = files::read(path)?;
    // The decoder would fill the rest of a half-received photograph with grey.
    if strip::jpeg::strip(&bytes) == Err(Flaw::CutOff) {
        let what = format!("{} ends before the picture does", path.display());
        return Err(Error::data(what));
    }
    let picture = image::ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
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
        Ok(Reduced::of_item(&picture, item.label))
    })
}

/// Reduces a picture so that its shorter side has `short_side` pixels; a smaller one stays.
///
/// # Errors
/// It cannot be resized.
pub fn reduce(picture: &RgbImage, short_side: u32) -> Result<RgbImage> {
    let (width, height) = picture.dimensions();
    let scale = f64::from(short_side) / f64::from(width.min(height));
    if scale >= 1.0 {
        return Ok(picture.clone());
    }
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    resize(picture, scaled(width), scaled(height))
}

/// Cuts a photograph to its item with a margin; whole where the item is not found. The item is looked
/// for on a copy whose shorter side has `short_side` pixels.
///
/// # Errors
/// The picture cannot be resized.
pub fn cut_to_item(picture: &RgbImage, short_side: u32) -> Result<RgbImage> {
    /// Margin on each side, as a share of the item's side.
    const MARGIN: f32 = 0.1;
    let small = reduce(picture, short_side)?;
    let Some(mask) = segment::item_on_board(&small) else {
        return Ok(picture.clone());
    };
    let scale = picture.width() as f32 / small.width() as f32;
    let [left, top, right, bottom] = covered(&mask).map(|place| place * scale);
    let (across, down) = ((right - left) * MARGIN, (bottom - top) * MARGIN);
    let (x, y) = (
        (left - across).max(0.0) as u32,
        (top - down).max(0.0) as u32,
    );
    let far = |place: f32, length: u32| (place as u32).min(length);
    let width = far(right + across, picture.width())
        .saturating_sub(x)
        .max(1);
    let height = far(bottom + down, picture.height())
        .saturating_sub(y)
        .max(1);
    Ok(image::imageops::crop_imm(picture, x, y, width, height).to_image())
}

/// A photograph as a view of the daemon shows it.
#[must_use]
pub fn seen_as(picture: RgbImage, view: View) -> RgbImage {
    if view == VIEWS[0] {
        return picture;
    }
    let part = view.of(&Region::WHOLE);
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let [x, y] = [part.left * width, part.top * height].map(|place| place.round() as u32);
    let [across, down] =
        [part.width * width, part.height * height].map(|length| length.round() as u32);
    let seen = image::imageops::crop_imm(&picture, x, y, across.max(1), down.max(1)).to_image();
    if view.mirrored {
        image::imageops::flip_horizontal(&seen)
    } else {
        seen
    }
}

fn load<T: Send>(items: &[Item], read: impl Fn(&Item) -> Result<T> + Sync) -> Result<Loaded<T>> {
    load_each(items, |item| &item.path, read)
}

/// Reads something from each of `items`, on all processors.
///
/// # Errors
/// Not one of them can be read.
pub fn load_each<I: Sync, T: Send>(
    items: &[I],
    path: impl Fn(&I) -> &PathBuf + Sync,
    read: impl Fn(&I) -> Result<T> + Sync,
) -> Result<Loaded<T>> {
    let read: Vec<_> = items
        .par_iter()
        .map(|item| (path(item).clone(), read(item)))
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
    fn half_a_photograph_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("half.jpg");
        RgbImage::from_fn(90, 70, |x, y| image::Rgb([2 * x as u8, 3 * y as u8, 9]))
            .save(&file)
            .unwrap();
        assert!(decode(&file).is_ok());
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(&file, &bytes[..bytes.len() * 3 / 4]).unwrap();
        let error = decode(&file).unwrap_err().to_string();
        assert!(error.contains("half.jpg ends before"), "{error}");
    }

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
