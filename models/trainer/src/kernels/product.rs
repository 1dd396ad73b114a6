//! The matrix product, the one place where the kernels call a function that the compiler cannot check.

use gemm::{Parallelism, gemm};

/// A matrix of which each row lies in one piece, or its transpose.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Sees `values` as `rows` rows of `columns` numbers.
    ///
    /// # Panics
    /// There are not exactly so many numbers.
    pub fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(Some(values.len()), rows.checked_mul(columns), "numbers");
        Self {
            values,
            rows,
            columns,
            row_stride: columns,
            column_stride: 1,
        }
    }

    /// The same numbers with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        Self {
            values: self.values,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }
}

/// Writes `left`·`right` into `into`, row by row, or adds it to what is there. Runs on the calling
/// thread only, so that the sums do not depend on how many threads there are.
///
/// # Panics
/// The three shapes do not fit each other.
pub fn product(into: &mut [f32], left: Matrix<'_>, right: Matrix<'_>, add: bool) {
    let (rows, columns, depth) = (left.rows, right.columns, left.columns);
    assert_eq!(depth, right.rows, "depth of a matrix product");
    assert_eq!(
        Some(into.len()),
        rows.checked_mul(columns),
        "size of a matrix product"
    );
    let kept = if add { 1.0 } else { 0.0 };
    #[allow(unsafe_code, reason = "the crate takes raw pointers")]
    #[allow(
        clippy::cast_possible_wrap,
        reason = "a stride is at most the length of its slice"
    )]
    // SAFETY: `Matrix` can only be made with exactly rows × columns numbers, and its strides are those
    // of a row-major matrix or of its transpose, so every element that is read lies in its slice. The
    // result has exactly rows × columns numbers, checked above, and is written row by row. As a
    // unique reference it overlaps neither operand. All pointers stay valid during the call. A slice
    // is at most `isize::MAX` bytes, so no stride that is used overflows.
    unsafe {
        gemm(
            rows,
            columns,
            depth,
            into.as_mut_ptr(),
            1,
            columns as isize,
            add,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            kept,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_matrices_and_of_their_transposes() {
        let tall = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let left = Matrix::new(&tall, 3, 2);
        let mut result = vec![f32::NAN; 9];
        product(&mut result, left, left.transposed(), false);
        assert_eq!(result, [5., 11., 17., 11., 25., 39., 17., 39., 61.]);
        let mut result = vec![1.0; 4];
        product(&mut result, left.transposed(), left, true);
        assert_eq!(result, [36.0, 45.0, 45.0, 57.0]);
    }

    #[test]
    fn nothing_summed_is_zero() {
        let mut result = vec![f32::NAN; 2];
        product(
            &mut result,
            Matrix::new(&[], 2, 0),
            Matrix::new(&[], 0, 1),
            false,
        );
        assert_eq!(result, [0.0; 2]);
    }

    #[test]
    #[should_panic(expected = "size of a matrix product")]
    fn a_result_of_the_wrong_size_is_refused() {
        let one = Matrix::new(&[1.0], 1, 1);
        product(&mut [0.0; 2], one, one, false);
    }
}
