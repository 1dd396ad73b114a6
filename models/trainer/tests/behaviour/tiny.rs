//! The smallest networks of each family, and pictures to show them.

use burn::tensor::Device;
use sortd_trainer::answers::answers;
use sortd_trainer::data::photo::Squeezed;
use sortd_trainer::nets::net::{Net, Pass};
use sortd_trainer::nets::parameters::{self, Parameters};
use sortd_trainer::nets::plan::Plan;
use sortd_trainer::nets::{
    Architecture, BlStage, ElNet, Head, MobileBlNet, MobileNetCbam, MobileNetV1,
};
use sortd_trainer::quantise::Ranges;
use sortd_trainer::rng::{Purpose, Rng};

/// Side of the tiny networks' input.
pub const SIDE: usize = 32;

/// Classes that they tell apart.
pub const CLASSES: usize = 3;

/// A network of each family, and of each way to end.
pub fn plans() -> Vec<Plan> {
    let width = 0.125;
    let cbam = |attention: &[usize], head| MobileNetCbam {
        width,
        stem_stride: 2,
        attention: attention.to_vec(),
        dilated: vec![5, 8],
        head,
    };
    let blnet = |with_little| MobileBlNet {
        size: "tiny".to_owned(),
        stem_stride: 1,
        stem: 8,
        stages: [(8, 2), (16, 1)]
            .map(|(channels, stride)| BlStage {
                channels,
                big: 2,
                stride,
            })
            .to_vec(),
        expansion: 2,
        little: 2,
        with_little,
        last: Some(24),
        head: Head::Classic,
    };
    let elnet = ElNet {
        stem_stride: 1,
        stem: 8,
        stages: vec![(8, 2), (16, 2)],
        groups: 4,
        shuffle: true,
        head: Head::Embedding,
    };
    let nets: [&dyn Architecture; 7] = [
        &MobileNetV1 {
            width,
            stem_stride: 2,
            head: Head::Classic,
        },
        &MobileNetV1 {
            width,
            stem_stride: 2,
            head: Head::Embedding,
        },
        &cbam(&[2, 5], Head::Embedding),
        &cbam(&[3, 11], Head::Classic),
        &blnet(true),
        &blnet(false),
        &elnet,
    ];
    nets.map(|net| net.plan(SIDE, CLASSES).unwrap()).to_vec()
}

/// A network that is not trained.
pub fn fresh(plan: &Plan, seed: u64, device: &Device) -> Net {
    let mut rng = Rng::new(seed, Purpose::Weights, 0, 0);
    let parameters = parameters::random(plan, &mut rng);
    Net::new(
        plan.clone(),
        &parameters,
        &Ranges::unseen(plan.nodes.len()),
        device,
    )
}

/// A network with random weights that have been through a life: no statistic is 0 or 1 any more.
pub fn network(plan: &Plan, seed: u64) -> Net {
    let mut rng = Rng::new(seed, Purpose::Weights, 0, 0);
    let mut parameters = parameters::random(plan, &mut rng);
    let shake = |values: &mut Vec<f32>, low, high, rng: &mut Rng| {
        for value in values {
            *value += rng.between(low, high);
        }
    };
    for node in &mut parameters {
        match node {
            Parameters::Conv(conv) => {
                shake(&mut conv.beta, -0.3, 0.6, &mut rng);
                if let Some(gamma) = &mut conv.gamma {
                    shake(gamma, -0.5, 0.5, &mut rng);
                }
                match &mut conv.statistics {
                    Some((means, variances)) => {
                        shake(means, -0.2, 0.2, &mut rng);
                        shake(variances, -0.5, 0.5, &mut rng);
                    }
                    None => shake(&mut conv.weights, -0.5, 0.5, &mut rng),
                }
            }
            Parameters::ChannelAttention(gate) => {
                shake(&mut gate.expand, -0.5, 0.5, &mut rng);
                shake(&mut gate.expand_bias, -3.0, 0.0, &mut rng);
            }
            Parameters::SpatialAttention(gate) => {
                shake(&mut gate.weights, -0.3, 0.3, &mut rng);
                gate.bias -= 4.0;
            }
            Parameters::None => {}
        }
    }
    let ranges = Ranges::unseen(plan.nodes.len());
    Net::new(plan.clone(), &parameters, &ranges, &Device::flex())
}

/// The same, with the ranges that its maps take on some pictures.
pub fn calibrated(plan: &Plan, seed: u64) -> Net {
    let network = network(plan, seed);
    let photos = pictures_of(plan.side, 12, seed + 100);
    answers(
        &network,
        Pass::Calibrate,
        &photos,
        plan.side,
        &Device::flex(),
    )
    .unwrap();
    network
}

/// Pictures of random stripes and noise for the tiny networks.
pub fn pictures(count: usize, seed: u64) -> Vec<Squeezed> {
    pictures_of(SIDE, count, seed)
}

/// The same of `side` × `side` pixels.
pub fn pictures_of(side: usize, count: usize, seed: u64) -> Vec<Squeezed> {
    let picture = |number: usize| {
        let mut rng = Rng::new(seed, Purpose::Augmentation, 0, number as u64);
        let (slope, wave) = (rng.between(-0.4, 0.4), rng.between(0.1, 0.9));
        let pixels = (0..side * side).flat_map(|place| {
            let (row, column) = ((place / side) as f32, (place % side) as f32);
            let light = 90.0 * (row * slope + column * wave).sin();
            [0, 1, 2].map(|channel| {
                let noise = rng.between(-60.0, 60.0);
                (128.0 + light * (1.0 - 0.3 * channel as f32) + noise).clamp(0.0, 255.0) as u8
            })
        });
        Squeezed {
            pixels: pixels.collect(),
            label: number % CLASSES,
            path: format!("picture-{number}.png").into(),
        }
    };
    (0..count).map(picture).collect()
}
