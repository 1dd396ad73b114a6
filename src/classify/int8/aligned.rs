//! Memory that begins on a cache line.

use std::ops::Deref;

const LINE: usize = 64;

/// Constant values that begin on a cache line, so that no vector load crosses two of them.
#[derive(Debug)]
pub(super) struct Aligned<T> {
    values: Vec<T>,
    start: usize,
}

impl<T: Copy + Default> Aligned<T> {
    /// Copies `values` to an aligned place.
    pub fn new(values: &[T]) -> Self {
        let line = LINE / size_of::<T>();
        let mut moved = vec![T::default(); values.len() + line];
        let start = match moved.as_ptr().align_offset(LINE) {
            offset if offset < line => offset,
            _ => 0,
        };
        moved[start..start + values.len()].copy_from_slice(values);
        moved.truncate(start + values.len());
        Self {
            values: moved,
            start,
        }
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.start..]
    }
}
