//! The little linear algebra that the heads need.

/// Solves `matrix · x = right` for a symmetric positive matrix by Cholesky's decomposition; `right` and the result
/// have `columns` numbers a row. Rows that depend on those before them are left out.
pub fn solve_symmetric(matrix: &[f64], right: &[f64], columns: usize) -> Vec<f64> {
    let rows = right.len() / columns;
    let lower = cholesky(matrix, rows);
    let mut solved = right.to_vec();
    for row in 0..rows {
        eliminate(
            &mut solved,
            columns,
            row,
            (0..row).map(|other| (other, lower[row * rows + other])),
        );
        divide(
            &mut solved[row * columns..][..columns],
            lower[row * rows + row],
        );
    }
    for row in (0..rows).rev() {
        let below = (row + 1..rows).map(|other| (other, lower[other * rows + row]));
        eliminate(&mut solved, columns, row, below);
        divide(
            &mut solved[row * columns..][..columns],
            lower[row * rows + row],
        );
    }
    solved
}

/// The lower triangle whose product with its transpose is `matrix`.
fn cholesky(matrix: &[f64], rows: usize) -> Vec<f64> {
    let mut lower = vec![0.0; rows * rows];
    for row in 0..rows {
        for column in 0..=row {
            let known: f64 = (0..column)
                .map(|at| lower[row * rows + at] * lower[column * rows + at])
                .sum();
            let rest = matrix[row * rows + column] - known;
            lower[row * rows + column] = if row == column {
                rest.max(0.0).sqrt()
            } else if lower[column * rows + column] > 0.0 {
                rest / lower[column * rows + column]
            } else {
                0.0
            };
        }
    }
    lower
}

/// Takes others, times these factors, from a row.
fn eliminate(
    numbers: &mut [f64],
    columns: usize,
    row: usize,
    others: impl Iterator<Item = (usize, f64)>,
) {
    for (other, factor) in others {
        for column in 0..columns {
            numbers[row * columns + column] -= factor * numbers[other * columns + column];
        }
    }
}

fn divide(row: &mut [f64], divisor: f64) {
    for number in row {
        *number = if divisor > 0.0 {
            *number / divisor
        } else {
            0.0
        };
    }
}

/// What no eigenvalue of a symmetric matrix of `rows` rows exceeds: its largest sum of a row's sizes.
pub fn largest_eigenvalue_bound(matrix: &[f64], rows: usize) -> f64 {
    let sums = matrix
        .chunks_exact(rows)
        .map(|row| row.iter().map(|number| number.abs()).sum());
    sums.fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_solved_gives_the_right_side_again() {
        let matrix = [4.0, 2.0, 0.6, 2.0, 3.0, 0.4, 0.6, 0.4, 2.0];
        let right = [1.0, -2.0, 0.5, 3.0, -1.0, 0.25];
        let solved = solve_symmetric(&matrix, &right, 2);
        for row in 0..3 {
            for column in 0..2 {
                let found: f64 = (0..3)
                    .map(|at| matrix[row * 3 + at] * solved[at * 2 + column])
                    .sum();
                assert!((found - right[row * 2 + column]).abs() < 1e-12, "{found}");
            }
        }
    }

    #[test]
    fn rows_that_are_alike_are_solved_as_one() {
        let solved = solve_symmetric(&[1.0, 1.0, 1.0, 1.0], &[2.0, 2.0], 1);
        assert_eq!(solved, [2.0, 0.0]);
    }
}
