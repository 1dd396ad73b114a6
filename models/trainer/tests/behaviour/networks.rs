//! Shapes and costs against figures that were not taken from this program.

use burn::tensor::{Device, Tensor};
use sortd_trainer::nets::net::Pass;
use sortd_trainer::nets::{Architecture, Head, MobileNetV1};

use crate::tiny;

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

fn of_width(width: f64) -> MobileNetV1 {
    MobileNetV1 {
        width,
        stem_stride: 2,
        head: Head::Classic,
    }
}

#[test]
fn width_a_quarter_at_128_costs_what_the_paper_s_formula_says() {
    let network = of_width(0.25);
    let mut macs = 3 * 9 * 8 * 64 * 64;
    let mut parameters = 3 * 9 * 8 + 8;
    for (side, inputs, outputs, stride) in BLOCKS {
        let positions = (side / stride) * (side / stride);
        macs += (9 * inputs + inputs * outputs) * positions;
        parameters += (9 + 1) * inputs + (inputs + 1) * outputs;
    }
    macs += 256 * 6;
    parameters += 256 * 6 + 6;
    assert_eq!(network.macs(128, 6).unwrap(), macs);
    assert_eq!(network.parameters(128, 6).unwrap(), parameters);
    assert_eq!((macs, parameters), (13_315_584, 211_878));
}

#[test]
fn width_1_at_224_costs_the_published_569_million_macs() {
    let network = of_width(1.0);
    assert_eq!(network.macs(224, 1000).unwrap(), 568_740_352);
    // Keras counts 4 253 864 with four numbers a channel of normalisation; folded there is one.
    assert_eq!(
        network.parameters(224, 1000).unwrap(),
        4_253_864 - 3 * 10_944
    );
}

#[test]
fn each_family_answers_one_row_a_picture() {
    let device = Device::flex();
    for plan in tiny::plans() {
        let shapes = plan.shapes();
        let pictures = Tensor::zeros([2, 3, tiny::SIDE, tiny::SIDE], &device);
        let answer = tiny::network(&plan, 1).forward(pictures, Pass::Evaluate);
        assert_eq!(answer.logits.dims(), [2, tiny::CLASSES], "{}", plan.name);
        let length = shapes[plan.embedding].channels;
        assert_eq!(answer.embedding.dims(), [2, length], "{}", plan.name);
    }
}

#[test]
fn a_plan_that_sees_two_pictures_is_refused_by_the_name_of_the_second() {
    let mut plan = tiny::plans().remove(0);
    let mut picture = plan.nodes[0].clone();
    picture.name = "another".to_owned();
    plan.nodes.push(picture);
    let error = plan.check().unwrap_err().to_string();
    assert!(error.contains("layer another of"), "{error}");
}
