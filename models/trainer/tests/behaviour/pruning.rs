//! The importance of channels, and a network that is pruned by it.

use std::thread;

use burn::module::Module;
use burn::tensor::Device;
use sortd_trainer::compress::importance::{Importance, Measure};
use sortd_trainer::config::RunConfig;
use sortd_trainer::data::augment::Augmentation;
use sortd_trainer::data::batches::to_tensor;
use sortd_trainer::files;
use sortd_trainer::nets::net::{Net, Pass};
use sortd_trainer::nets::parameters::Parameters;
use sortd_trainer::quantise::Ranges;
use sortd_trainer::training::objective::Objective;
use sortd_trainer::training::sensitivity;

use crate::commands::{Here, TRAIN};
use crate::{shapes, tiny};

/// How much a channel's scale and shift are changed to see what that does.
const NUDGE: f32 = 3e-2;

/// A network with one channel of a node let through more or less.
fn nudged(network: &Net, (node, channel): (usize, usize), factor: f32, device: &Device) -> Net {
    let mut parameters = network.parameters();
    let Parameters::Conv(conv) = &mut parameters[node] else {
        panic!("the node is a convolution")
    };
    conv.gamma.as_mut().unwrap()[channel] *= factor;
    conv.beta[channel] *= factor;
    let ranges = Ranges::unseen(network.plan().nodes.len());
    Net::new(network.plan().clone(), &parameters, &ranges, device)
}

/// A network whose answers depend on the picture: untrained, its running statistics let hardly anything through.
fn lively() -> Net {
    let network = shapes::network(1);
    let mut parameters = network.parameters();
    let Parameters::Conv(logits) = &mut parameters[network.plan().logits] else {
        panic!("the logits are a dense layer")
    };
    logits
        .weights
        .iter_mut()
        .for_each(|weight| *weight *= 200.0);
    let ranges = Ranges::unseen(network.plan().nodes.len());
    let device = Device::flex().autodiff();
    Net::new(network.plan().clone(), &parameters, &ranges, &device)
}

#[test]
fn a_channel_is_worth_the_square_of_what_the_loss_changes_with_it() {
    let data = tempfile::tempdir().unwrap();
    let material = shapes::material(data.path());
    let mut config = shapes::config(1);
    config.augmentation = Augmentation::none();
    let device = Device::flex();
    let source = shapes::source(&config, &material);
    let objective = Objective::new(&config, &source, Vec::new(), None, None, &device);
    let measure = |network: &Net| sensitivity::importance(&objective, network, 1).unwrap().0;

    // The node that counts most: the others' changes are lost in the rounding of the loss.
    let whole = lively();
    let most = |channels: &Vec<f32>| channels.iter().copied().fold(0.0, f32::max);
    let found = measure(&whole);
    assert_eq!(found.len(), whole.plan().nodes.len());
    let by_most =
        |one: &&usize, other: &&usize| most(&found[**one]).total_cmp(&most(&found[**other]));
    let places: Vec<usize> = (0..found.len()).collect();
    let node = *places.iter().max_by(by_most).unwrap();

    // A channel that gives nothing has no importance.
    let gradients = device.clone().autodiff();
    let network = nudged(&whole.valid(), (node, 0), 0.0, &gradients);
    let importance = measure(&network)[node].clone();
    assert_eq!(importance[0].to_bits(), 0.0_f32.to_bits());
    let largest = most(&importance).sqrt();
    assert!(largest > 4e-3, "{largest} is too little to compare");

    let batch = thread::scope(|scope| source.epoch(scope, 0).recv().unwrap().unwrap());
    let loss = |network: &Net| {
        let pictures = to_tensor(&batch.pixels, tiny::SIDE, &device).unwrap();
        let answer = network.forward(pictures.clone(), Pass::Evaluate);
        let loss = objective.loss(answer, pictures, &batch);
        loss.into_scalar::<f32>()
    };
    for (channel, found) in importance.iter().enumerate().take(16).skip(1) {
        let changed = |factor| nudged(&network, (node, channel), factor, &device);
        let [above, below] = [1.0 + NUDGE, 1.0 - NUDGE].map(|factor| loss(&changed(factor)));
        let slope = (above - below) / (2.0 * NUDGE);
        let expected = found.sqrt();
        assert!(
            (slope.abs() - expected).abs() < 0.05 * expected + 1e-4,
            "channel {channel}: {slope} measured, {expected} found"
        );
    }
}

#[test]
fn a_run_that_prunes_by_its_loss_goes_on_with_the_same_channels() {
    let folder = tempfile::tempdir().unwrap();
    shapes::write(folder.path());
    let here = Here(folder.path());
    here.fine(&TRAIN.replace("--epochs 2", "--epochs 0"));
    let prune = "prune --data . --from run --run pruned --macs 700k --importance taylor --batch 5 --epochs 2";
    here.fine(&format!("{prune} --stop-after 1"));
    let run = folder.path().join("pruned");
    let config: RunConfig = files::read_toml(&run.join("config.toml")).unwrap();
    let pruned = config.network.start.pruned.unwrap();
    assert_eq!(pruned.importance, Measure::Taylor);
    assert!(config.network.macs <= 700_000, "{}", config.network.macs);

    // What was measured is not measured again: other numbers would choose other channels.
    let file = run.join("importance.json");
    let measured: Importance = files::read_json(&file).unwrap();
    here.refused(prune, 2, "--resume");
    files::write_json(&file, &Importance(measured.0[1..].to_vec())).unwrap();
    here.refused(&format!("{prune} --resume"), 65, "of another network");
    let squared = |channels: &Vec<f32>| channels.iter().map(|one| one * one).collect();
    let others = Importance(measured.0.iter().map(squared).collect());
    files::write_json(&file, &others).unwrap();
    here.refused(&format!("{prune} --resume"), 65, "strength");
    files::write_json(&file, &measured).unwrap();
    here.fine(&format!("{prune} --resume"));
    let again: Importance = files::read_json(&file).unwrap();
    assert_eq!(again, measured);

    let by_scale = prune
        .replace("taylor", "scale")
        .replace("--run pruned", "--run scaled");
    here.fine(&by_scale.replace("--epochs 2", "--epochs 0"));
    let other = by_scale.replace("importance scale", "importance taylor");
    here.refused(&format!("{other} --resume"), 65, "prunes by scale");
}
