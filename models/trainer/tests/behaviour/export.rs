//! The exported network answers what the trained one answers.

use burn::module::Module;
use burn::tensor::{Device, Distribution, Tensor};
use sortd_trainer::bundle;
use sortd_trainer::data::batches::to_tensor;
use sortd_trainer::evaluation::rows;
use sortd_trainer::nets::Network;

use crate::tiny;

#[test]
fn tract_runs_the_exported_network_to_the_same_logits() {
    let network = tiny::network(3);
    let training = Device::flex().autodiff();
    // A few forward passes give the normalisations running statistics that are worth folding.
    for _ in 0..5 {
        let noise = Tensor::random([4, 3, 64, 64], Distribution::Normal(0.2, 0.7), &training);
        let _ = network.forward(noise);
    }
    let network = network.valid();
    let compiled = bundle::compile(&network.deployed(), tiny::SIDE, "tiny").unwrap();

    let side = tiny::SIDE as usize;
    let mut spread: f32 = 0.0;
    for picture in 0..4_usize {
        let pixels: Vec<u8> = (0..side * side * 3)
            .map(|place| ((place * (picture * 7 + 3)) % 251) as u8)
            .collect();
        let expected = rows(network.forward(to_tensor(&pixels, side, &Device::flex()).unwrap()));
        let found = compiled.exported.logits(&pixels).unwrap();
        for (found, expected) in found.iter().zip(&expected[0]) {
            assert!((found - expected).abs() < 1e-4, "{found} for {expected}");
            spread = spread.max(expected.abs());
        }
    }
    assert!(spread > 1e-3, "logits that are all nothing prove nothing");
}
