//! The picture that the network is shown.

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub width: usize,
    /// Height.
    pub height: usize,
}

/// A picture of exactly the model's input size: rows of `R G B` bytes.
///
/// What the network computes with (scaled floats or shifted integers) is the classifier's matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInput {
    size: Size,
    pixels: Vec<u8>,
}

impl ModelInput {
    /// A black picture.
    #[must_use]
    pub fn new(size: Size) -> Self {
        Self {
            size,
            pixels: vec![0; size.width * size.height * 3],
        }
    }

    /// Its size.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Its bytes, `height * width * 3`.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Turns it left to right, as in a mirror.
    pub fn mirror(&mut self) {
        for row in self.pixels.chunks_exact_mut(self.size.width * 3) {
            let (pixels, _) = row.as_chunks_mut::<3>();
            pixels.reverse();
        }
    }

    /// Its bytes, for writing.
    #[must_use]
    pub fn pixels_mut(&mut self) -> &mut [u8] {
        &mut self.pixels
    }
}
