//! Memory that is used again.
//!
//! A training step needs the same large buffers each time. Given back to the allocator they return to
//! the system, which zeroes each page anew when it is touched: a seventh of a step. So the kernels
//! take their buffers from here and put them back once nothing refers to them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::tensor::TensorData;
use burn_flex::FlexTensor;

/// Buffers with fewer numbers are left to the allocator, which is good at them.
const SMALLEST: usize = 1 << 14;

/// How many numbers are kept at most, 1 GiB; the oldest buffers go first.
const MOST: usize = 1 << 28;

static SHELF: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

fn shelf() -> MutexGuard<'static, Vec<Vec<f32>>> {
    // Nobody can leave a list of buffers half-changed.
    SHELF.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A buffer of `count` numbers that may be anything; the taker writes all of them.
pub fn take(count: usize) -> Vec<f32> {
    let known = {
        let mut shelf = shelf();
        let place = shelf.iter().rposition(|buffer| buffer.len() == count);
        place.map(|place| shelf.remove(place))
    };
    let mut buffer = known.unwrap_or_else(|| vec![0.0; count]);
    if cfg!(debug_assertions) {
        // Whoever does not write all of it shall be noticed.
        buffer.fill(f32::NAN);
    }
    buffer
}

/// Puts a buffer back.
pub fn put(buffer: Vec<f32>) {
    if buffer.len() < SMALLEST {
        return;
    }
    let mut shelf = shelf();
    shelf.push(buffer);
    let mut kept: usize = shelf.iter().map(Vec::len).sum();
    while kept > MOST {
        kept -= shelf.remove(0).len();
    }
}

/// Puts the memory of a tensor back, if nobody else refers to it.
pub fn put_tensor(tensor: FlexTensor) {
    let whole = tensor.as_slice::<f32>().map(<[f32]>::len) == Some(tensor.bytes().len() / 4);
    if tensor.is_unique() && whole && tensor.bytes().len() / 4 >= SMALLEST {
        // Foreign memory cannot become a vector; then it is just dropped.
        if let Ok(buffer) = tensor.into_data().try_into_vec::<f32>() {
            put(buffer);
        }
    }
}

/// A tensor of these numbers.
pub fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
