//! The sum of two feature maps, either of which may be smaller by a whole factor (Big-Little merge).

use super::rows::Scratch;
use crate::classify::int8::pool::Pool;
use crate::classify::int8::requant::Range;
use crate::classify::int8::shape::Shape;

/// A quantised operand: its values are `(byte - zero) * scale`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::classify::int8) struct Operand {
    /// The byte that stands for zero.
    pub zero: i8,
    /// Its scale, divided by that of the result.
    pub scale: f32,
    /// How many pixels of the result, each way, one of its pixels covers (nearest upsampling).
    pub upsample: usize,
}

impl Operand {
    #[inline]
    fn value(self, byte: i8) -> f32 {
        (i32::from(byte) - i32::from(self.zero)) as f32 * self.scale
    }
}

/// Adds two maps.
#[derive(Debug)]
pub(in crate::classify::int8) struct Add {
    /// The result.
    pub output: Shape,
    /// What is added.
    pub operands: [Operand; 2],
    /// The result's zero point and limits.
    pub range: Range,
}

impl Add {
    /// Adds `a` and `b` into `out`.
    pub fn run(&self, a: &[i8], b: &[i8], out: &mut [i8], pool: &Pool, scratch: &mut [Scratch]) {
        let Shape {
            width, channels, ..
        } = self.output;
        let [first, second] = self.operands;
        let out = &mut out[..self.output.len()];
        let work = 2 * out.len();
        pool.bands(out, self.output.row(), work, scratch, |rows, out, _| {
            for (y, out) in rows.zip(out.chunks_exact_mut(self.output.row())) {
                let a = row_of(a, y, width, channels, first);
                let b = row_of(b, y, width, channels, second);
                if first.upsample == 1 && second.upsample == 1 {
                    self.add(a, b, out);
                    continue;
                }
                for (x, out) in out.chunks_exact_mut(channels).enumerate() {
                    let a = &a[x / first.upsample * channels..];
                    let b = &b[x / second.upsample * channels..];
                    self.add(a, b, out);
                }
            }
        });
    }

    #[inline]
    fn add(&self, a: &[i8], b: &[i8], out: &mut [i8]) {
        let [first, second] = self.operands;
        for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
            *out = self.range.byte(first.value(*a) + second.value(*b));
        }
    }
}

fn row_of(map: &[i8], y: usize, width: usize, channels: usize, operand: Operand) -> &[i8] {
    let row = width / operand.upsample * channels;
    &map[y / operand.upsample * row..][..row]
}
