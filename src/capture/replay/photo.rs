//! One photograph: where it comes from, and its pixels as a [`Frame`].

use std::borrow::Cow;
use std::fs::DirEntry;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Instant;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};

use super::{MOST_PIXELS, empty, unreadable};
use crate::capture::jpeg::{Step, Walk};
use crate::capture::{Frame, PixelFormat};
use crate::error::{Error, Result};
use crate::files;

/// No photograph of 50 megapixels is larger than this.
const MOST_BYTES: u64 = 256 << 20;

/// A photograph that has not been read yet.
#[derive(Debug, Clone)]
pub struct Photo {
    name: String,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    File(PathBuf),
    Embedded(Cow<'static, [u8]>),
}

impl Photo {
    /// A photograph in a file; it is named by its path.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self {
            name: path.display().to_string(),
            content: Content::File(path.to_owned()),
        }
    }

    /// A photograph in memory, such as one inside the binary.
    pub fn embedded(name: impl Into<String>, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        Self {
            name: name.into(),
            content: Content::Embedded(bytes.into()),
        }
    }

    /// The photographs of a folder and of the folders in it, in the order of their paths.
    ///
    /// Only `.jpg`, `.jpeg` and `.png` count; whether they are photographs shows when they are read.
    ///
    /// # Errors
    /// The folder cannot be read, or there is no such file in it.
    pub fn folder(path: &Path) -> Result<Vec<Self>> {
        let mut files = Vec::new();
        for entry in entries(path)? {
            if entry.is_dir() {
                files.extend(entries(&entry)?);
            } else {
                files.push(entry);
            }
        }
        let photos: Vec<_> = files
            .iter()
            .filter(|file| is_photo(file))
            .map(|f| Self::file(f))
            .collect();
        if photos.is_empty() {
            return Err(
                Error::data(format!("{} holds no photograph", path.display()))
                    .advice("put .jpg, .jpeg or .png files into it, or into folders in it"),
            );
        }
        Ok(photos)
    }

    /// Its path, or the name that it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads and decodes the photograph, upright, as RGB.
    ///
    /// # Errors
    /// It is missing, empty, cut off, larger than [`MOST_PIXELS`] or no photograph at all.
    pub fn read(&self) -> Result<Frame> {
        Ok(as_frame(self.decode()?))
    }

    /// As [`Self::read`], made smaller (never larger) to fit into `width` and `height`.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_within(&self, width: u32, height: u32) -> Result<Frame> {
        let image = self.decode()?;
        let fits = image.width() <= width && image.height() <= height;
        let image = if fits {
            image
        } else {
            image.thumbnail(width.max(1), height.max(1))
        };
        Ok(as_frame(image))
    }

    fn decode(&self) -> Result<DynamicImage> {
        let bytes = self.bytes()?;
        self.refuse_cut_off(&bytes)?;
        let damaged = |error| {
            if matches!(error, ImageError::Limits(_)) {
                let most = MOST_PIXELS / 1_000_000;
                let what = format!(
                    "{} asks for more memory than {most} million pixels",
                    self.name
                );
                return Error::data(what).advice("make it smaller");
            }
            Error::data(format!(
                "{}: the photograph is damaged or cut off",
                self.name
            ))
            .caused_by(error)
            .advice("copy it again, or take it away")
        };
        let reader = ImageReader::new(Cursor::new(&*bytes))
            .with_guessed_format()
            .expect("a cursor over memory does not fail");
        if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png)) {
            return Err(
                Error::data(format!("{} is no JPEG or PNG photograph", self.name))
                    .advice("convert it, or take it away"),
            );
        }
        let mut decoder = reader.into_decoder().map_err(damaged)?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > MOST_PIXELS {
            return Err(too_large(&self.name, width, height));
        }
        // A phone stores how it was held instead of turning the pixels.
        let orientation = decoder.orientation().map_err(damaged)?;
        let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
        image.apply_orientation(orientation);
        Ok(image)
    }

    fn bytes(&self) -> Result<Cow<'_, [u8]>> {
        let path = match &self.content {
            Content::Embedded(bytes) => return Ok(Cow::Borrowed(bytes)),
            Content::File(path) => path,
        };
        match files::read_at_most(path, MOST_BYTES).map_err(|error| unreadable(path, error))? {
            None => Err(Error::data(format!(
                "{} has more than {} MB, too many for a photograph",
                path.display(),
                MOST_BYTES >> 20
            ))
            .advice("give smaller photographs")),
            Some(bytes) if bytes.is_empty() => Err(empty(path)),
            Some(bytes) => Ok(bytes.into()),
        }
    }

    /// A JPEG decoder fills what is missing with grey, and the result would be classified.
    fn refuse_cut_off(&self, bytes: &[u8]) -> Result<()> {
        let jpeg = bytes.starts_with(&[0xFF, 0xD8, 0xFF]);
        if jpeg && matches!(Walk::default().advance(bytes), Step::More) {
            return Err(
                Error::data(format!("{}: the photograph is cut off", self.name))
                    .advice("copy it again, or take it away"),
            );
        }
        Ok(())
    }
}

fn as_frame(image: DynamicImage) -> Frame {
    let image = image.into_rgb8();
    let (width, height) = image.dimensions();
    let (data, captured_at) = (image.into_raw(), Instant::now());
    Frame {
        data,
        format: PixelFormat::Rgb8,
        width,
        height,
        captured_at,
    }
}

pub(super) fn too_large(name: &str, width: u32, height: u32) -> Error {
    let most = MOST_PIXELS / 1_000_000;
    Error::data(format!(
        "{name} says that it has {width}x{height} pixels, more than {most} million"
    ))
    .advice("make it smaller")
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = files::entries(folder).map_err(|error| unreadable(folder, error))?;
    Ok(entries.iter().map(DirEntry::path).collect())
}

fn is_photo(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|e| {
            ["jpg", "jpeg", "png"]
                .iter()
                .any(|known| e.eq_ignore_ascii_case(known))
        })
}
