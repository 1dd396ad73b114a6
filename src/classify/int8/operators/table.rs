//! Functions of single bytes, and what only moves bytes.

use crate::classify::int8::shape::Shape;

/// A byte for each byte.
pub(in crate::classify::int8) type ByteTable = [i8; 256];

/// The place of a byte in a table: as a number without sign.
#[inline]
pub(in crate::classify::int8) fn place(byte: i8) -> usize {
    usize::from(byte.cast_unsigned())
}

/// The bytes in the order of their places in a table.
pub(in crate::classify::int8) fn all_bytes() -> impl Iterator<Item = i8> {
    (0..=u8::MAX).map(u8::cast_signed)
}

/// The camera's pixels as the network's first bytes.
#[derive(Debug, PartialEq)]
pub(in crate::classify::int8) enum Pixels {
    /// The byte is the pixel less 128.
    Moved,
    /// One table a channel.
    Tables(Box<[ByteTable; 3]>),
}

impl Pixels {
    /// The tables, or less if they say no more than that.
    pub fn new(tables: Box<[ByteTable; 3]>) -> Self {
        let moved = |table: &ByteTable| table.iter().copied().eq(i8::MIN..=i8::MAX);
        if tables.iter().all(moved) {
            Self::Moved
        } else {
            Self::Tables(tables)
        }
    }

    /// Converts `pixels`, three bytes each.
    pub fn run(&self, pixels: &[u8], out: &mut [i8]) {
        match self {
            Self::Moved => {
                for (out, pixel) in out.iter_mut().zip(pixels) {
                    *out = (pixel ^ 0x80).cast_signed();
                }
            }
            Self::Tables(tables) => {
                for (out, pixel) in out.chunks_exact_mut(3).zip(pixels.chunks_exact(3)) {
                    for ((out, pixel), table) in out.iter_mut().zip(pixel).zip(&**tables) {
                        *out = table[usize::from(*pixel)];
                    }
                }
            }
        }
    }
}

/// Looks each byte up, as a byte or as a number, and repeats pixels.
#[derive(Debug)]
pub(in crate::classify::int8) struct Lookup<T> {
    /// What becomes of each byte.
    pub table: Box<[T; 256]>,
    /// The result.
    pub output: Shape,
    /// How many pixels, each way, become of one.
    pub upsample: usize,
}

impl<T: Copy> Lookup<T> {
    /// Looks up `input`.
    pub fn run(&self, input: &[i8], out: &mut [T]) {
        let Shape {
            width, channels, ..
        } = self.output;
        let narrow = width / self.upsample * channels;
        for (y, out) in out.chunks_exact_mut(self.output.row()).enumerate() {
            let input = &input[y / self.upsample * narrow..][..narrow];
            for (x, out) in out.chunks_exact_mut(channels).enumerate() {
                let input = &input[x / self.upsample * channels..];
                for (out, byte) in out.iter_mut().zip(input) {
                    *out = self.table[place(*byte)];
                }
            }
        }
    }
}

/// Puts maps of the same size behind each other, pixel by pixel.
#[derive(Debug)]
pub(in crate::classify::int8) struct Concat {
    /// Channels of each map, and what becomes of its bytes.
    pub parts: Vec<(usize, Box<ByteTable>)>,
}

impl Concat {
    /// Joins `inputs`, one a part.
    pub fn run<'a>(&self, inputs: impl Iterator<Item = &'a [i8]>, out: &mut [i8]) {
        let all: usize = self.parts.iter().map(|(channels, _)| channels).sum();
        let mut begin = 0;
        for (input, (channels, table)) in inputs.zip(&self.parts) {
            let pixels = input.chunks_exact(*channels);
            for (out, input) in out.chunks_exact_mut(all).zip(pixels) {
                for (out, byte) in out[begin..].iter_mut().zip(input) {
                    *out = table[place(*byte)];
                }
            }
            begin += channels;
        }
    }
}

/// Puts each pixel's channels into another order.
#[derive(Debug)]
pub(in crate::classify::int8) struct Reorder {
    /// Where each channel of the result comes from.
    pub from: Vec<usize>,
}

impl Reorder {
    /// Reorders `input`.
    pub fn run(&self, input: &[i8], out: &mut [i8]) {
        let channels = self.from.len();
        let pixels = input.chunks_exact(channels);
        for (out, input) in out.chunks_exact_mut(channels).zip(pixels) {
            for (out, from) in out.iter_mut().zip(&self.from) {
                *out = input[*from];
            }
        }
    }
}
