//! Targets are met, and the least important channels go first.

use super::*;
use crate::nets::parameters::Parameters;
use crate::nets::plan::Layer;
use crate::nets::{Architecture, Head, MobileNetV1, parameters};
use crate::rng::{Purpose, Rng};

fn network() -> Written {
    let plan = MobileNetV1 {
        width: 0.5,
        stem_stride: 2,
        head: Head::Embedding,
    }
    .plan(64, 7)
    .unwrap();
    let mut rng = Rng::new(3, Purpose::Weights, 0, 0);
    let mut parameters = parameters::random(&plan, &mut rng);
    for parameters in &mut parameters {
        if let Parameters::Conv(conv) = parameters {
            conv.gamma
                .iter_mut()
                .flatten()
                .for_each(|gamma| *gamma = rng.unit());
        }
    }
    Written { plan, parameters }
}

#[test]
fn each_criterion_meets_the_target_closely_with_multiples_of_eight() {
    let whole = network();
    let before = cost(&whole.plan);
    let target = Target {
        macs: before.macs / 2,
        parameters: u64::MAX,
    };
    for criterion in [
        Criterion::ShareOfLayer,
        Criterion::ShareOfNetwork,
        Criterion::Threshold,
    ] {
        let left = prune(&whole, &Importance::of_scales(&whole), criterion, target)
            .unwrap()
            .left;
        let after = cost(&left.plan).macs;
        assert!(
            after <= target.macs && after > target.macs * 85 / 100,
            "{criterion:?}: {after} of {}",
            target.macs
        );
        for node in &left.plan.nodes {
            if let Layer::Conv(conv) = &node.layer {
                assert!(
                    conv.outputs % MULTIPLE == 0 || node.name == "logits",
                    "{} has {}",
                    node.name,
                    conv.outputs
                );
            }
        }
    }
}

#[test]
fn at_equal_size_a_share_of_the_network_is_a_threshold_and_a_share_of_each_layer_is_not() {
    let whole = network();
    let target = Target {
        macs: cost(&whole.plan).macs / 2,
        parameters: u64::MAX,
    };
    let left = |criterion| {
        prune(&whole, &Importance::of_scales(&whole), criterion, target)
            .unwrap()
            .left
    };
    let by_threshold = left(Criterion::Threshold);
    assert_eq!(left(Criterion::ShareOfNetwork), by_threshold);
    assert_ne!(left(Criterion::ShareOfLayer), by_threshold);
}

#[test]
fn parameters_can_be_the_tighter_target() {
    let whole = network();
    let target = Target {
        macs: u64::MAX,
        parameters: cost(&whole.plan).parameters / 3,
    };
    let left = prune(
        &whole,
        &Importance::of_scales(&whole),
        Criterion::ShareOfNetwork,
        target,
    )
    .unwrap()
    .left;
    assert!(cost(&left.plan).parameters <= target.parameters);
    // Few MACs went with them: the layers on small feature maps were pruned.
    assert!(cost(&left.plan).macs > cost(&whole.plan).macs / 3);
}

#[test]
fn the_least_scales_go_first() {
    let mut whole = network();
    if let Parameters::Conv(conv) = &mut whole.parameters[1] {
        // The stem has 16 channels, of which the last eight hardly count; so have those of the
        // depthwise layer that goes with it.
        conv.gamma = Some([vec![1.0; 8], vec![1e-6; 8]].concat());
    }
    if let Parameters::Conv(conv) = &mut whole.parameters[2] {
        conv.gamma = Some([vec![1.0; 8], vec![1e-6; 8]].concat());
    }
    let target = Target {
        macs: cost(&whole.plan).macs * 9 / 10,
        parameters: u64::MAX,
    };
    let left = prune(
        &whole,
        &Importance::of_scales(&whole),
        Criterion::ShareOfLayer,
        target,
    )
    .unwrap()
    .left;
    let (Parameters::Conv(stem), Parameters::Conv(whole_stem)) =
        (&left.parameters[1], &whole.parameters[1])
    else {
        panic!("the stem is a convolution");
    };
    assert_eq!(stem.beta.len(), 8);
    assert_eq!(stem.weights, whole_stem.weights[..stem.weights.len()]);
}

#[test]
fn a_target_that_cannot_be_met_says_how_far_it_goes() {
    let target = Target {
        macs: 1_000,
        parameters: u64::MAX,
    };
    let whole = network();
    let scales = Importance::of_scales(&whole);
    let error = prune(&whole, &scales, Criterion::Threshold, target)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("cannot be pruned to 1000 MACs") && error.contains("still has"),
        "{error}"
    );
}
