//! One photograph: where it comes from, and its pixels as a [`Frame`].

use std::borrow::Cow;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};
use std::time::Instant;

use image::DynamicImage;

use super::decode::decode;
use super::{empty, unreadable};
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
    /// Only `.jpg`, `.jpeg`, `.jfif` and `.png` count, and no name that begins with a dot; whether they are photographs shows when they are read.
    ///
    /// # Errors
    /// The folder cannot be read, or there is no such file in it.
    pub fn folder(path: &Path) -> Result<Vec<Self>> {
        let mut files = Vec::new();
        for entry in entries(path)? {
            if is_hidden(&entry) {
                continue;
            }
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
                    .advice("put .jpg, .jpeg, .jfif or .png files into it, or into folders in it"),
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
    /// It is missing, empty, cut off, larger than [`MOST_PIXELS`](super::MOST_PIXELS) or no photograph at all.
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
        decode(&self.name, &self.bytes()?)
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

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = files::entries(folder).map_err(|error| unreadable(folder, error))?;
    Ok(entries.iter().map(DirEntry::path).collect())
}

/// Whether a name in a folder begins with a dot, as what systems keep beside files does: `._can.jpg` and
/// `.DS_Store` of a Mac, `.Trashes` of a memory stick.
#[must_use]
pub fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether a file in a folder is named like a photograph.
#[must_use]
pub fn is_photo(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    !is_hidden(path)
        && ending.is_some_and(|ending| {
            ["jpg", "jpeg", "jfif", "png"]
                .iter()
                .any(|known| ending.eq_ignore_ascii_case(known))
        })
}
