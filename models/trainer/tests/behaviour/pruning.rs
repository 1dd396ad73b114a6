//! The importance of channels, and a network that is pruned by it.

use std::thread;

use burn::module::Module;
use burn::tensor::Device;
use sortd_trainer::compress::importance::{Importance, Measure};
use sortd_trainer::config::RunConfig;
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
const NUDGE: f32 = 1e-2;

/// The node of the first pointwise convolution.
const NODE: usize = 3;

/// A network with one channel of [`NODE`] let through more or less.
fn nudged(network: &Net, channel: usize, factor: f32) -> Net {
    let mut parameters = network.parameters();
    let Parameters::Conv(conv) = &mut parameters[NODE] else {
        panic!("the node is a convolution")
    };
    conv.gamma.as_mut().unwrap()[channel] *= factor;
    conv.beta[channel] *= factor;
    let ranges = Ranges::unseen(network.plan().nodes.len());
    Net::new(
        network.plan().clone(),
        &parameters,
        &ranges,
        &Device::flex(),
    )
}

#[test]
fn a_channel_is_worth_the_square_of_what_the_loss_changes_with_it() {
    let data = tempfile::tempdir().unwrap();
    let material = shapes::material(data.path());
    let mut config = shapes::config(1);
    config.augmentation = sortd_trainer::data::augment::Augmentation::none();
    let device = Device::flex();
    let source = shapes::source(&config, &material);
    let objective = Objective::new(&config, &source, Vec::new(), None, &device);
    // A channel that gives nothing has no importance.
    let network = nudged(&shapes::network(1).valid(), 0, 0.0);
    let trained = Net::new(
        network.plan().clone(),
        &network.parameters(),
        &network.ranges(),
        &device.clone().autodiff(),
    );
    let importance = sensitivity::importance(&objective, &trained, 1).unwrap();
    assert_eq!(importance.0.len(), network.plan().nodes.len());
    assert!(importance.0[NODE][0] == 0.0 && importance.0[NODE][1..].iter().any(|&one| one > 0.0));

    let batch = thread::scope(|scope| source.epoch(scope, 0).recv().unwrap().unwrap());
    let loss = |network: &Net| {
        let pictures = to_tensor(&batch.pixels, tiny::SIDE, &device).unwrap();
        let answer = network.forward(pictures.clone(), Pass::Evaluate);
        let loss = objective.loss(answer, pictures, &batch.labels);
        loss.into_scalar::<f32>()
    };
    for channel in 1..8 {
        let [above, below] =
            [1.0 + NUDGE, 1.0 - NUDGE].map(|factor| loss(&nudged(&network, channel, factor)));
        let slope = (above - below) / (2.0 * NUDGE);
        let expected = importance.0[NODE][channel].sqrt();
        assert!(
            (slope.abs() - expected).abs() < 0.1 * expected + 2e-4,
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
    let squared = |channels: &Vec<f32>| channels.iter().map(|one| one * one).collect();
    let others = Importance(measured.0.iter().map(squared).collect());
    files::write_json(&file, &others).unwrap();
    here.refused(&format!("{prune} --resume"), 65, "strength");
    files::write_json(&file, &measured).unwrap();
    here.fine(&format!("{prune} --resume"));
    let again: Importance = files::read_json(&file).unwrap();
    assert_eq!(again, measured);
}
