//! What calibration gives a network before it is quantised.

use burn::tensor::Device;
use sortd_trainer::answers::{answers, batches};
use sortd_trainer::deploy::corrected;
use sortd_trainer::nets::net::{Net, Pass};
use sortd_trainer::nets::parameters::Parameters;
use sortd_trainer::nets::plan::Plan;

use crate::tiny::{self, CLASSES, SIDE};

const PICTURES: usize = 48;

/// What a network answers to the pictures that it is calibrated with.
fn logits(network: &Net, pass: Pass) -> Vec<Vec<f32>> {
    let photos = tiny::pictures(PICTURES, 106);
    answers(network, pass, &photos, SIDE, &Device::flex())
        .unwrap()
        .logits
}

/// The mean of each logit over the pictures.
fn means(network: &Net, pass: Pass) -> Vec<f32> {
    let logits = logits(network, pass);
    let mean = |class| logits.iter().map(|row| row[class]).sum::<f32>() / PICTURES as f32;
    (0..CLASSES).map(mean).collect()
}

/// A network that knows the ranges of its maps.
fn calibrated(plan: &Plan) -> Net {
    let network = tiny::network(plan, 6);
    let _ = logits(&network, Pass::Calibrate);
    network
}

fn farthest(a: &[f32], b: &[f32]) -> f32 {
    let apart = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    apart.fold(0.0, f32::max)
}

/// The network with corrected biases.
fn correct(network: &Net) -> Net {
    let device = Device::flex();
    let photos = tiny::pictures(PICTURES, 106);
    let shown = batches(&photos, SIDE, &device).map(Result::unwrap);
    let parameters = corrected(network, shown);
    Net::new(
        network.plan().clone(),
        &parameters,
        &network.ranges(),
        &device,
    )
}

#[test]
fn corrected_biases_bring_back_what_rounding_takes_from_the_mean_answer() {
    let (mut before, mut after) = (0.0, 0.0);
    for plan in tiny::plans() {
        let network = calibrated(&plan);
        let exact = means(&network, Pass::Evaluate);
        let quantisation = network.ranges().quantisation(plan.logits, 0).unwrap();
        let lost =
            |network: &Net| farthest(&exact, &means(network, Pass::Quantised)) / quantisation.scale;
        before += lost(&network);
        after += lost(&correct(&network));
    }
    // Each answer is still off by a few quantisation steps to either side, which some dozens nearly even out.
    assert!(
        after < 0.3 * before,
        "{after} of {before} quantisation steps"
    );
}

#[test]
fn a_correction_changes_biases_alone() {
    for plan in tiny::plans() {
        let network = calibrated(&plan);
        let without_biases = |network: &Net| {
            let mut parameters = network.parameters();
            for parameters in &mut parameters {
                if let Parameters::Conv(conv) = parameters {
                    conv.beta.clear();
                }
            }
            parameters
        };
        let corrected = correct(&network);
        assert_eq!(without_biases(&corrected), without_biases(&network));
        assert_ne!(
            corrected.parameters(),
            network.parameters(),
            "{}",
            plan.name
        );
    }
}
