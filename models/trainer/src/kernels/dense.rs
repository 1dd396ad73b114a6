//! Convolution over several channels, as matrix products over the columns of [`columns`].
//!
//! Images go in *tiles* of several where their feature maps are small, so that the matrices are wide enough,
//! and tiles in *blocks*, each of which adds up its own part of the gradient of the weights. Both depend on
//! the shapes only.

use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::buffers;
use super::columns::{gather, plain, roll_up, scatter, unroll};
use super::planes::values;
use super::product::{Matrix, product};
use super::sizes::Sizes;

/// A tile has at least so many columns, if there are so many images.
const COLUMNS: usize = 128;

/// More blocks than this would only add up more partial gradients.
const BLOCKS: usize = 8;

/// How the images are cut, and the sizes of one group's matrices.
#[derive(Debug)]
struct Plan<'a> {
    sizes: &'a Sizes,
    /// Images in a tile.
    tile: usize,
    /// Output channels of a group.
    outputs: usize,
    /// Numbers that one output position of a group sees.
    depth: usize,
}

impl<'a> Plan<'a> {
    fn new(sizes: &'a Sizes) -> Self {
        let groups = sizes.sliding.groups;
        Self {
            sizes,
            tile: COLUMNS.div_ceil(sizes.output_plane()).min(sizes.images),
            outputs: sizes.outputs / groups,
            depth: sizes.channels / groups * sizes.side * sizes.side,
        }
    }

    /// Images in a block.
    fn block(&self) -> usize {
        let tiles = self.sizes.images.div_ceil(self.tile);
        tiles.div_ceil(BLOCKS) * self.tile
    }

    /// Numbers of an image of the input.
    fn input(&self) -> usize {
        self.sizes.channels * self.sizes.input_plane()
    }

    /// Numbers of an image of the output.
    fn output(&self) -> usize {
        self.sizes.outputs * self.sizes.output_plane()
    }

    /// Calls `with` with the columns of a tile's feature maps.
    fn with_columns<R>(&self, maps: &[f32], with: impl FnOnce(&[f32]) -> R) -> R {
        let images = maps.len() / self.input();
        if plain(self.sizes) && images == 1 {
            return with(maps);
        }
        let mut columns = buffers::take(self.depth_of_all() * images * self.sizes.output_plane());
        unroll(self.sizes, maps, &mut columns);
        let result = with(&columns);
        buffers::put(columns);
        result
    }

    /// Calls `with` with a tile of the output, its channels' rows in one piece.
    fn with_rows<R>(&self, maps: &[f32], with: impl FnOnce(&[f32]) -> R) -> R {
        if maps.len() == self.output() {
            return with(maps);
        }
        let mut rows = buffers::take(maps.len());
        gather(
            maps,
            self.sizes.outputs,
            self.sizes.output_plane(),
            &mut rows,
        );
        let result = with(&rows);
        buffers::put(rows);
        result
    }

    fn depth_of_all(&self) -> usize {
        self.depth * self.sizes.sliding.groups
    }

    /// The matrix of weights of each group.
    fn kernels<'k>(&self, kernel: &'k [f32]) -> impl Iterator<Item = Matrix<'k>> {
        let (outputs, depth) = (self.outputs, self.depth);
        kernel
            .chunks_exact(outputs * depth)
            .map(move |group| Matrix::new(group, outputs, depth))
    }
}

/// The convolution.
pub fn forward(sizes: &Sizes, maps: &FlexTensor, kernel: &FlexTensor) -> FlexTensor {
    let plan = Plan::new(sizes);
    let (maps, kernel) = (values(maps), values(kernel));
    let mut result = buffers::take(sizes.images * plan.output());
    result
        .par_chunks_mut(plan.tile * plan.output())
        .zip(maps.par_chunks(plan.tile * plan.input()))
        .for_each(|(result, maps)| {
            plan.with_columns(maps, |columns| {
                if result.len() == plan.output() {
                    return multiply(&plan, kernel, columns, result);
                }
                let mut rows = buffers::take(result.len());
                multiply(&plan, kernel, columns, &mut rows);
                scatter(&rows, sizes.outputs, sizes.output_plane(), result);
                buffers::put(rows);
            });
        });
    buffers::tensor(result, sizes.output_shape())
}

/// rows = weights · columns, group by group.
fn multiply(plan: &Plan<'_>, kernel: &[f32], columns: &[f32], rows: &mut [f32]) {
    let width = rows.len() / plan.sizes.outputs;
    let groups = rows.chunks_exact_mut(plan.outputs * width);
    let columns = columns.chunks_exact(plan.depth * width);
    for ((rows, kernel), columns) in groups.zip(plan.kernels(kernel)).zip(columns) {
        product(rows, kernel, Matrix::new(columns, plan.depth, width), false);
    }
}

/// The gradients of feature maps and weights.
pub fn backward(
    sizes: &Sizes,
    maps: &FlexTensor,
    kernel: &FlexTensor,
    gradient: FlexTensor,
    wanted: [bool; 2],
) -> [Option<FlexTensor>; 2] {
    let plan = Plan::new(sizes);
    let (known, weights, slopes) = (values(maps), values(kernel), values(&gradient));
    let block = plan.block();
    let mut into_maps = wanted[0].then(|| buffers::take(known.len()));
    let blocks = sizes.images.div_ceil(block);
    let mut parts: Vec<Option<&mut [f32]>> = match &mut into_maps {
        Some(into) => into.chunks_mut(block * plan.input()).map(Some).collect(),
        None => (0..blocks).map(|_| None).collect(),
    };
    let sums: Vec<Vec<f32>> = parts
        .par_iter_mut()
        .zip(known.par_chunks(block * plan.input()))
        .zip(slopes.par_chunks(block * plan.output()))
        .map(|((into, known), slopes)| {
            let mut sums = Vec::new();
            let mut into = into.as_deref_mut();
            let tiles = known.chunks(plan.tile * plan.input());
            for (number, known) in tiles.enumerate() {
                let from = number * plan.tile;
                let images = known.len() / plan.input();
                let slopes = &slopes[from * plan.output()..][..images * plan.output()];
                plan.with_rows(slopes, |rows| {
                    if wanted[1] {
                        add_to_kernel(&plan, known, rows, &mut sums, weights.len());
                    }
                    if let Some(into) = into.as_deref_mut() {
                        let into = &mut into[from * plan.input()..][..known.len()];
                        back_to_maps(&plan, weights, rows, into);
                    }
                });
            }
            sums
        })
        .collect();
    drop(parts);
    buffers::put_tensor(gradient);
    let [height, width] = sizes.input;
    let shape = [sizes.images, sizes.channels, height, width];
    let side = sizes.side;
    let depth = sizes.channels / sizes.sliding.groups;
    [
        into_maps.map(|into| buffers::tensor(into, shape)),
        wanted[1].then(|| buffers::tensor(added_up(sums), [sizes.outputs, depth, side, side])),
    ]
}

/// sums += rows · columnsᵀ, group by group. The first tile of a block makes the sums.
fn add_to_kernel(
    plan: &Plan<'_>,
    known: &[f32],
    rows: &[f32],
    sums: &mut Vec<f32>,
    numbers: usize,
) {
    let add = !sums.is_empty();
    if !add {
        *sums = buffers::take(numbers);
    }
    let width = rows.len() / plan.sizes.outputs;
    plan.with_columns(known, |columns| {
        let sums = sums.chunks_exact_mut(plan.outputs * plan.depth);
        let rows = rows.chunks_exact(plan.outputs * width);
        let columns = columns.chunks_exact(plan.depth * width);
        for ((sums, rows), columns) in sums.zip(rows).zip(columns) {
            let columns = Matrix::new(columns, plan.depth, width).transposed();
            product(sums, Matrix::new(rows, plan.outputs, width), columns, add);
        }
    });
}

/// The feature maps' gradient: kernelᵀ · rows, brought back from columns to feature maps.
fn back_to_maps(plan: &Plan<'_>, kernel: &[f32], rows: &[f32], into: &mut [f32]) {
    let width = rows.len() / plan.sizes.outputs;
    let multiply = |columns: &mut [f32]| {
        let columns = columns.chunks_exact_mut(plan.depth * width);
        let rows = rows.chunks_exact(plan.outputs * width);
        for ((columns, kernel), rows) in columns.zip(plan.kernels(kernel)).zip(rows) {
            let rows = Matrix::new(rows, plan.outputs, width);
            product(columns, kernel.transposed(), rows, false);
        }
    };
    if plain(plan.sizes) && into.len() == plan.input() {
        return multiply(into);
    }
    let mut columns = buffers::take(plan.depth_of_all() * width);
    multiply(&mut columns);
    if plain(plan.sizes) {
        scatter(
            &columns,
            plan.sizes.channels,
            plan.sizes.input_plane(),
            into,
        );
    } else {
        roll_up(plan.sizes, &columns, into);
    }
    buffers::put(columns);
}

/// The sum of the blocks' gradients, in the order of the blocks.
fn added_up(blocks: Vec<Vec<f32>>) -> Vec<f32> {
    let mut blocks = blocks.into_iter();
    let mut sum = blocks.next().unwrap_or_default();
    for block in blocks {
        sum.iter_mut()
            .zip(&block)
            .for_each(|(sum, part)| *sum += part);
        buffers::put(block);
    }
    sum
}
