//! The layer beside burn's own.

use burn::module::{Module, Param};
use burn::nn::{BatchNorm, BatchNormConfig};

use super::{assert_close, noise, numbers};
use crate::kernels::{Activation, batch_norm};

fn layer() -> BatchNorm {
    let mut norm = BatchNormConfig::new(3).init(&noise([1], 1).device());
    norm.gamma = Param::from_tensor(noise([3], 5));
    norm.beta = Param::from_tensor(noise([3], 6));
    norm
}

#[test]
fn running_statistics_follow_the_batches_as_in_burns_layer() {
    let (ours, theirs) = (layer(), layer());
    for seed in 0..3 {
        let maps = noise([4, 3, 5, 5], seed) * 2.0 + 1.0;
        let expected = numbers(theirs.forward(maps.clone()));
        let found = numbers(batch_norm(&ours, maps, Activation::None));
        assert_close(&[found], &[expected]);
    }
    let statistics = |norm: &BatchNorm| {
        let mean = numbers(norm.running_mean.value_sync());
        vec![mean, numbers(norm.running_var.value_sync())]
    };
    assert_close(&statistics(&ours), &statistics(&theirs));
    // And what they are used for: a network at rest, and a frozen one.
    let maps = noise([4, 3, 5, 5], 9);
    let at_rest = maps.clone().without_autodiff();
    let expected = numbers(theirs.valid().forward(at_rest.clone()));
    let found = numbers(batch_norm(&ours.valid(), at_rest, Activation::None));
    assert_close(&[found], std::slice::from_ref(&expected));
    let found = numbers(batch_norm(&ours.freeze(), maps, Activation::None));
    assert_close(&[found], &[expected]);
}
