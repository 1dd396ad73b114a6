//! Shapes and costs against figures that were not taken from this program.

use burn::tensor::{Device, Tensor};
use sortd_trainer::nets::Network;
use sortd_trainer::nets::cost::cost;
use sortd_trainer::nets::mobilenet_v1::MobileNetV1Config;

/// Side of the input, input channels, output channels and stride of each block of width 0.25 at
/// 128 × 128, written down from the paper's table.
const BLOCKS: [(u64, u64, u64, u64); 13] = [
    (64, 8, 16, 1),
    (64, 16, 32, 2),
    (32, 32, 32, 1),
    (32, 32, 64, 2),
    (16, 64, 64, 1),
    (16, 64, 128, 2),
    (8, 128, 128, 1),
    (8, 128, 128, 1),
    (8, 128, 128, 1),
    (8, 128, 128, 1),
    (8, 128, 128, 1),
    (8, 128, 256, 2),
    (4, 256, 256, 1),
];

#[test]
fn width_a_quarter_at_128_costs_what_the_paper_s_formula_says() {
    let network = MobileNetV1Config {
        width: 0.25,
        classes: 6,
    }
    .init(&Device::flex());
    let found = cost(&network.deployed(), 128);

    let mut macs = 3 * 9 * 8 * 64 * 64;
    let mut parameters = 3 * 9 * 8 + 8;
    for (side, inputs, outputs, stride) in BLOCKS {
        let positions = (side / stride) * (side / stride);
        macs += (9 * inputs + inputs * outputs) * positions;
        parameters += (9 + 1) * inputs + (inputs + 1) * outputs;
    }
    macs += 256 * 6;
    parameters += 256 * 6 + 6;
    assert_eq!((found.macs, found.parameters), (macs, parameters));
    assert_eq!((found.macs, found.parameters), (13_315_584, 211_878));
}

#[test]
fn width_1_at_224_costs_the_published_569_million_macs() {
    let network = MobileNetV1Config {
        width: 1.0,
        classes: 1000,
    }
    .init(&Device::flex());
    let found = cost(&network.deployed(), 224);
    assert_eq!(found.macs, 568_740_352);
    // Keras counts 4 253 864 with four numbers a channel of normalisation; folded there is one.
    assert_eq!(found.parameters, 4_253_864 - 3 * 10_944);
}

#[test]
fn logits_have_one_row_a_picture_and_one_column_a_class() {
    let device = Device::flex();
    let network = MobileNetV1Config {
        width: 0.25,
        classes: 6,
    }
    .init(&device);
    assert_eq!(
        network
            .forward(Tensor::zeros([3, 3, 128, 128], &device))
            .dims(),
        [3, 6]
    );
    assert_eq!(
        network
            .forward(Tensor::zeros([1, 3, 96, 96], &device))
            .dims(),
        [1, 6]
    );
}
