//! Normalisation, scale and shift, and fake quantisation.

use burn::tensor::Tensor;
use proptest::prelude::*;

use super::{assert_close, noise, numbers, with_gradients};
use crate::kernels::{Activation, fake_quantise, normalise, scale_shift, stock};

const ACTIVATIONS: [Activation; 3] = [Activation::None, Activation::Relu, Activation::Relu6];

fn check_norms(shape: [usize; 4], offset: f32) {
    let maps = noise(shape, 1) * 3.0 + offset;
    let vectors = [noise([shape[1]], 2) * 4.0, noise([shape[1]], 3) * 2.0];
    for activation in ACTIVATIONS {
        let ours = |maps, [gamma, beta]: [Tensor<1>; 2]| {
            normalise(maps, gamma, beta, 1e-3, activation).maps
        };
        let theirs = |maps, [gamma, beta]: [Tensor<1>; 2]| {
            stock::normalise(maps, gamma, beta, 1e-3, activation).maps
        };
        assert_close(
            &with_gradients(ours, &maps, &vectors),
            &with_gradients(theirs, &maps, &vectors),
        );
        let ours =
            |maps, [scale, shift]: [Tensor<1>; 2]| scale_shift(maps, scale, shift, activation);
        let theirs = |maps, [scale, shift]: [Tensor<1>; 2]| {
            stock::scale_shift(maps, scale, shift, activation)
        };
        assert_close(
            &with_gradients(ours, &maps, &vectors),
            &with_gradients(theirs, &maps, &vectors),
        );
    }
}

#[test]
fn the_statistics_are_those_of_the_batch() {
    let maps = noise([3, 4, 5, 7], 1) * 3.0 + 1.0;
    let (gamma, beta) = (noise([4], 2), noise([4], 3));
    let ours = normalise(
        maps.clone(),
        gamma.clone(),
        beta.clone(),
        1e-5,
        Activation::None,
    );
    let theirs = stock::normalise(maps, gamma, beta, 1e-5, Activation::None);
    assert_close(
        &[numbers(ours.mean), numbers(ours.variance)],
        &[numbers(theirs.mean), numbers(theirs.variance)],
    );
}

#[test]
fn a_mean_far_from_zero_does_not_swallow_the_variance() {
    let maps = noise([4, 1, 8, 8], 1) + 3000.0;
    let (gamma, beta) = (noise([1], 2), noise([1], 3));
    let far = normalise(maps, gamma.clone(), beta.clone(), 0.0, Activation::None);
    let near = normalise(noise([4, 1, 8, 8], 1), gamma, beta, 0.0, Activation::None);
    let (far, near) = (numbers(far.variance)[0], numbers(near.variance)[0]);
    assert!((far - near).abs() < 1e-3 * near, "{far} instead of {near}");
}

#[test]
fn what_is_not_a_number_stays_so() {
    let maps = noise([1, 1, 4, 4], 1) * f32::NAN;
    let (gamma, beta) = (noise([1], 2), noise([1], 3));
    for activation in ACTIVATIONS {
        let (gamma, beta) = (gamma.clone(), beta.clone());
        let maps = scale_shift(maps.clone(), gamma, beta, activation);
        assert!(numbers(maps).iter().all(|x| x.is_nan()));
    }
    assert!(
        numbers(fake_quantise(maps, 0.1, 0, -5, 5))
            .iter()
            .all(|x| x.is_nan())
    );
}

#[test]
fn halves_are_rounded_to_even_and_what_is_clamped_has_no_gradient() {
    let values = [-0.5, 0.5, 1.5, 2.5, 3.49, 3.51, -2.6, 10.0];
    let maps = Tensor::<1>::from_floats(values, &noise([1], 1).device());
    let maps = maps.reshape([1, 1, 2, 4]).require_grad();
    let result = fake_quantise(maps.clone(), 1.0, -1, -3, 2);
    let gradient = maps.grad(&result.clone().sum().backward()).unwrap();
    assert_eq!(numbers(result), [0.0, 0.0, 2.0, 2.0, 3.0, 3.0, -2.0, 3.0]);
    assert_eq!(numbers(gradient), [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, ..ProptestConfig::default() })]

    #[test]
    fn any_normalisation(
        shape in prop::array::uniform2(2_usize..9),
        size in prop::array::uniform2(1_usize..9),
        offset in -5.0_f32..5.0,
    ) {
        check_norms([shape[0], shape[1], size[0], size[1]], offset);
    }

    #[test]
    fn fake_quantisation_is_that_of_burns_operators_to_the_last_bit(
        shape in prop::array::uniform4(1_usize..9),
        scale in 0.001_f32..0.5,
        zero_point in -128_i32..128,
    ) {
        let values = noise(shape, 1) * 20.0;
        let ours = |values, []: [Tensor<1>; 0]| fake_quantise(values, scale, zero_point, -128, 127);
        let theirs =
            |values, []: [Tensor<1>; 0]| stock::fake_quantise(values, scale, zero_point, -128, 127);
        prop_assert_eq!(
            with_gradients(ours, &values, &[]),
            with_gradients(theirs, &values, &[])
        );
    }
}
