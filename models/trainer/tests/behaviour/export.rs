//! A bundle in the daemon's engine answers what the trainer answers.

use burn::tensor::Device;
use sortd_trainer::answers::{Answers, answers};
use sortd_trainer::bundle::{Content, Draft};
use sortd_trainer::data::photo::Squeezed;
use sortd_trainer::deploy::Deployed;
use sortd_trainer::deploy::simulate::Simulation;
use sortd_trainer::nets::net::{Net, Pass};
use sortd_trainer::nets::parameters::Parameters;
use sortd_trainer::nets::{Architecture, ElNet, Head, MobileBlNet, MobileNetCbam, MobileNetV1};
use sortd_trainer::parity::{Margin, Parity};
use sortd_trainer::quantise::Ranges;

use crate::tiny::{self, SIDE};

/// What the daemon's engine answers with the bundle of a network, in which nothing is slow.
fn in_the_daemon(network: &Deployed, photos: &[Squeezed]) -> Answers {
    let folder = tempfile::tempdir().unwrap();
    let labels = ["disc", "cross", "empty"].map(String::from);
    let content = Content {
        licence: "MIT",
        name: "tiny",
        network,
        labels: &labels,
        empty_label: Some("empty"),
        golden: &photos[..1],
    };
    let mut draft = Draft::write(&folder.path().join("bundle"), &content).unwrap();
    draft.engine.answers(photos).unwrap()
}

/// How far apart the rows of a matrix lie; a proof over rows that are all alike would prove nothing.
fn spread(rows: &[Vec<f32>]) -> f32 {
    let all = rows.iter().flatten();
    let (low, high) = all.fold((f32::MAX, f32::MIN), |(low, high), &number| {
        (low.min(number), high.max(number))
    });
    high - low
}

#[test]
fn a_real_network_of_each_family_answers_in_the_daemon_what_it_answers_here() {
    let photos = tiny::pictures(4, 1);
    for plan in tiny::plans() {
        let network = tiny::network(&plan, 3);
        let ours = answers(&network, Pass::Evaluate, &photos, SIDE, &Device::flex()).unwrap();
        let theirs = in_the_daemon(&Deployed::real(&network), &photos);
        let parity = Parity::of(Margin::Share, &photos, &ours, &theirs);
        assert!(parity.holds(), "{}: {parity}", plan.name);
        assert!(parity.logits < 1e-4, "{}: {parity}", plan.name);
        assert!(spread(&ours.logits) > 1e-2, "{}", plan.name);
        assert!(spread(&ours.embeddings) > 1e-2, "{}", plan.name);
    }
}

#[test]
fn a_quantised_network_of_each_family_answers_in_the_daemon_what_it_answers_here_to_the_last_bit() {
    let photos = tiny::pictures(16, 2);
    for plan in tiny::plans() {
        let deployed = Deployed::quantised(&tiny::calibrated(&plan, 4)).unwrap();
        let ours = Simulation::new(&deployed)
            .unwrap()
            .answers(&photos)
            .unwrap();
        let theirs = in_the_daemon(&deployed, &photos);
        assert_eq!(ours.embeddings, theirs.embeddings, "{}", plan.name);
        assert_eq!(ours.logits, theirs.logits, "{}", plan.name);
        assert!(spread(&ours.logits) > 1e-2, "{}", plan.name);
        assert!(spread(&ours.embeddings) > 1e-2, "{}", plan.name);
    }
}

#[test]
fn learning_with_rounding_computes_what_the_integers_compute_but_for_halves() {
    let photos = tiny::pictures(16, 3);
    for plan in tiny::plans() {
        let network = tiny::calibrated(&plan, 5);
        let deployed = Deployed::quantised(&network).unwrap();
        let exact = Simulation::new(&deployed).unwrap();
        let exact = exact.answers(&photos).unwrap().logits;
        let ours = answers(&network, Pass::Quantised, &photos, SIDE, &Device::flex());
        let ours = ours.unwrap().logits;
        let step = deployed.bytes(plan.logits).unwrap().scale;
        // A value next to a half may fall on either side, and what follows it then differs too.
        let pairs = ours.iter().flatten().zip(exact.iter().flatten());
        let apart: Vec<f32> = pairs.map(|(a, b)| (a - b).abs() / step).collect();
        let mean = apart.iter().sum::<f32>() / apart.len() as f32;
        let most = apart.iter().copied().fold(0.0, f32::max);
        assert!(mean < 0.3 && most < 3.5, "{}: {mean}, {most}", plan.name);
    }
}

#[test]
fn an_untrained_attention_runs_on_the_integer_kernels_too() {
    let plan = MobileNetCbam {
        width: 0.25,
        stem_stride: 2,
        attention: vec![5, 11],
        dilated: vec![],
        head: Head::Classic,
    };
    let plan = plan.plan(SIDE, tiny::CLASSES).unwrap();
    let mut parameters = tiny::network(&plan, 6).parameters();
    for node in &mut parameters {
        if let Parameters::ChannelAttention(gate) = node {
            // Behind the rectifier all hidden numbers are zero, whatever comes in.
            gate.squeeze_bias.fill(-1e3);
        }
    }
    let unseen = Ranges::unseen(plan.nodes.len());
    let network = Net::new(plan, &parameters, &unseen, &Device::flex());
    let photos = tiny::pictures(6, 7);
    answers(&network, Pass::Calibrate, &photos, SIDE, &Device::flex()).unwrap();
    let deployed = Deployed::quantised(&network).unwrap();
    let ours = Simulation::new(&deployed)
        .unwrap()
        .answers(&photos)
        .unwrap();
    assert_eq!(ours, in_the_daemon(&deployed, &photos));
}

#[test]
fn every_network_that_is_compared_runs_on_the_integer_kernels_alone_and_answers_the_same() {
    let v1 = |width, stem_stride, head| MobileNetV1 {
        width,
        stem_stride,
        head,
    };
    let cbam = |width, stem_stride, head| MobileNetCbam {
        width,
        stem_stride,
        attention: vec![5, 11, 13],
        dilated: vec![10, 11],
        head,
    };
    let blnet = |size, with_little, head| MobileBlNet {
        with_little,
        head,
        ..MobileBlNet::of_paper(size).unwrap()
    };
    let elnet = |stem, stages: &[(usize, usize)], shuffle, stem_stride, head| ElNet {
        stem_stride,
        stem,
        stages: stages.to_vec(),
        groups: 4,
        shuffle,
        head,
    };
    let wide = [(64, 1), (128, 2), (256, 2), (512, 4), (768, 2)];
    let narrow = [(48, 1), (88, 2), (192, 3)];
    let (waste, cifar) = (Head::Embedding, Head::Classic);
    let nets: [(usize, &dyn Architecture); 10] = [
        (128, &v1(0.75, 2, waste)),
        (128, &cbam(0.75, 2, waste)),
        (128, &blnet("food-101", true, waste)),
        (128, &elnet(32, &wide, true, 2, waste)),
        (32, &v1(0.43, 1, cifar)),
        (32, &cbam(0.43, 1, cifar)),
        (32, &blnet("cifar-10", true, cifar)),
        (32, &blnet("cifar-10", false, cifar)),
        (32, &elnet(24, &narrow, true, 1, cifar)),
        (32, &elnet(24, &narrow, false, 1, cifar)),
    ];
    for (side, net) in nets {
        let plan = net.plan(side, tiny::CLASSES).unwrap();
        let network = Deployed::quantised(&tiny::calibrated(&plan, 3)).unwrap();
        let photos = tiny::pictures_of(side, 2, 5);
        let theirs = in_the_daemon(&network, &photos);
        let ours = Simulation::new(&network).unwrap().answers(&photos).unwrap();
        assert_eq!(ours, theirs, "{} at {side} pixels", plan.name);
    }
}
