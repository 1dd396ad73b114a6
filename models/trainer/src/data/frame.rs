//! The square picture that is being made, with the cover of its item.

use image::RgbImage;

use crate::data::pyramid::Pixel;

/// A square picture in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Width and height in pixels.
    pub side: usize,
    /// Red, green, blue and the cover of the item, by rows.
    pub pixels: Vec<Pixel>,
}

/// A rectangle in a frame, in pixels: left, top, right, bottom.
pub type Extent = [f32; 4];

impl Frame {
    /// Lays `item` over this picture as its cover says; this picture's own cover is lost.
    pub fn lay(&mut self, item: &Self) {
        for (under, over) in self.pixels.iter_mut().zip(&item.pixels) {
            *under = match over[3] {
                0 => [under[0], under[1], under[2], 0],
                255 => *over,
                cover => {
                    let mut mixed = blend(*under, *over, u32::from(cover));
                    mixed[3] = cover;
                    mixed
                }
            };
        }
    }

    /// The box around what is at least half covered; the whole frame where nothing is.
    #[must_use]
    pub fn item(&self) -> Extent {
        let (mut low, mut high) = ([usize::MAX; 2], [0; 2]);
        for (row, pixels) in self.pixels.chunks_exact(self.side).enumerate() {
            let covered = |pixel: &Pixel| pixel[3] >= 128;
            let Some(first) = pixels.iter().position(covered) else {
                continue;
            };
            let last = pixels.iter().rposition(covered).unwrap_or(first);
            low = [low[0].min(first), low[1].min(row)];
            high = [high[0].max(last + 1), high[1].max(row + 1)];
        }
        if high[0] == 0 {
            return [0.0, 0.0, self.side as f32, self.side as f32];
        }
        [low[0], low[1], high[0], high[1]].map(|place| place as f32)
    }

    /// The picture without its cover.
    ///
    /// # Panics
    /// Never: a frame has as many pixels as its side says.
    #[must_use]
    pub fn into_picture(self) -> RgbImage {
        let bytes = self
            .pixels
            .iter()
            .flat_map(|[red, green, blue, _]| [*red, *green, *blue])
            .collect();
        let side = self.side as u32;
        RgbImage::from_raw(side, side, bytes).expect("a frame has side * side pixels")
    }

    /// Takes the colours of `picture`, which must be of this size, and keeps the cover.
    pub fn recolour(&mut self, picture: &RgbImage) {
        for (pixel, new) in self.pixels.iter_mut().zip(picture.as_raw().chunks_exact(3)) {
            pixel[..3].copy_from_slice(new);
        }
    }
}

/// `under` where `cover` is 0, `over` where it is 255, mixed between.
#[must_use]
pub fn blend(under: Pixel, over: Pixel, cover: u32) -> Pixel {
    std::array::from_fn(|channel| {
        let (under, over) = (u32::from(under[channel]), u32::from(over[channel]));
        ((under * (255 - cover) + over * cover + 127) / 255) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_lies_over_the_ground_as_far_as_it_covers() {
        let mut ground = Frame {
            side: 2,
            pixels: vec![[10, 20, 30, 255]; 4],
        };
        let item = Frame {
            side: 2,
            pixels: vec![
                [0, 0, 0, 0],
                [110, 120, 130, 255],
                [110, 120, 130, 128],
                [9; 4],
            ],
        };
        ground.lay(&item);
        assert_eq!(ground.pixels[0], [10, 20, 30, 0]);
        assert_eq!(ground.pixels[1], [110, 120, 130, 255]);
        assert_eq!(ground.pixels[2], [60, 70, 80, 128]);
        assert_eq!(ground.item().map(|place| place as i32), [0, 0, 2, 2]);
    }
}
