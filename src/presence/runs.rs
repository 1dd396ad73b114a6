//! The foreground as people can be shown it: rectangles, each one row high.

use crate::preprocess::{GRID_HEIGHT, GRID_WIDTH, Region};

/// The runs of neighbours in a row that are marked, in fractions of the drop zone, from above and from the left.
pub(super) fn runs(marked: &[bool]) -> Vec<Region> {
    let mut found = Vec::new();
    for (row, cells) in marked.chunks(GRID_WIDTH).enumerate() {
        let mut column = 0;
        for run in cells.chunk_by(|one, next| one == next) {
            if run[0] {
                found.push(Region {
                    left: column as f32 / GRID_WIDTH as f32,
                    top: row as f32 / GRID_HEIGHT as f32,
                    width: run.len() as f32 / GRID_WIDTH as f32,
                    height: 1.0 / GRID_HEIGHT as f32,
                });
            }
            column += run.len();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_marked_cell_is_in_one_run_and_no_other_cell_in_any(
            marked in proptest::collection::vec(any::<bool>(), GRID_WIDTH * GRID_HEIGHT)
        ) {
            let mut times = vec![0; marked.len()];
            for run in runs(&marked) {
                let at = |place: f32, side: usize| (place * side as f32).round() as usize;
                let row = at(run.top, GRID_HEIGHT);
                let first = at(run.left, GRID_WIDTH);
                for column in first..first + at(run.width, GRID_WIDTH) {
                    times[row * GRID_WIDTH + column] += 1;
                }
            }
            for (marked, times) in marked.iter().zip(times) {
                prop_assert_eq!(usize::from(*marked), times);
            }
        }
    }
}
