//! Tensors seen as slices, and slices cut into the parts that run at the same time.
//!
//! How the work is cut depends on the shapes alone, never on the number of threads, and sums that
//! cross parts are added in the order of the parts: the result is the same to the last bit however
//! the threads interleave.

use burn_flex::FlexTensor;

/// About how many numbers one part should have: enough to outweigh its scheduling.
pub const PART: usize = 1 << 14;

/// The tensor with its numbers in one piece and in order.
pub fn contiguous(tensor: &FlexTensor) -> FlexTensor {
    match tensor.as_slice::<f32>() {
        Some(_) => tensor.clone(),
        None => tensor.to_contiguous(),
    }
}

/// The tensor with memory of its own that holds nothing else, ready for being overwritten; without a
/// copy if it has that already.
pub fn owned(tensor: FlexTensor) -> FlexTensor {
    let contiguous = tensor.to_contiguous();
    drop(tensor);
    contiguous
}

/// The numbers of a contiguous tensor.
///
/// # Panics
/// The tensor is not contiguous or not of 32-bit floats.
pub fn values(tensor: &FlexTensor) -> &[f32] {
    tensor
        .as_slice::<f32>()
        .expect("kernels are only given contiguous tensors of 32-bit floats")
}

/// The shape of a tensor of `D` dimensions.
pub fn shape<const D: usize>(tensor: &FlexTensor) -> [usize; D] {
    tensor.layout().shape().dims::<D>()
}

/// How many planes of `plane` numbers make a part.
pub fn planes_a_part(plane: usize) -> usize {
    (PART / plane.max(1)).max(1)
}

/// Cuts feature maps into groups of `group` channels: one list for each group, with one slice for each image.
pub fn by_channels(
    maps: &mut [f32],
    [images, channels, plane]: [usize; 3],
    group: usize,
) -> Vec<Vec<&mut [f32]>> {
    let groups = channels.div_ceil(group);
    let mut parts: Vec<Vec<&mut [f32]>> = Vec::with_capacity(groups);
    parts.resize_with(groups, || Vec::with_capacity(images));
    for image in maps.chunks_mut((channels * plane).max(1)) {
        for (part, slice) in parts
            .iter_mut()
            .zip(image.chunks_mut((group * plane).max(1)))
        {
            part.push(slice);
        }
    }
    parts
}

/// How many channels make a part when each channel's numbers of all images are worked on together.
pub fn channels_a_part([images, _, plane]: [usize; 3]) -> usize {
    planes_a_part(images * plane)
}
