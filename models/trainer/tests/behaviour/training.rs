//! Learning, going on after an interruption, and failing clearly.

use std::path::Path;

use burn::tensor::Device;
use sortd_trainer::checkpoint::{self, State};
use sortd_trainer::config::RunConfig;
use sortd_trainer::data::augment::Augmentation;
use sortd_trainer::data::material::Material;
use sortd_trainer::nets::net::Net;
use sortd_trainer::run_folder::RunFolder;
use sortd_trainer::training::objective::Objective;
use sortd_trainer::training::{self, Course};

use crate::shapes;

/// Trains `state` in `run` until `epochs` are done.
fn train(
    config: &RunConfig,
    material: &Material,
    run: &Path,
    state: State<Net>,
    epochs: usize,
) -> sortd::error::Result<State<Net>> {
    let source = shapes::source(config, material);
    let plan = state.network.plan();
    let folder = RunFolder::open(run).or_else(|_| RunFolder::create(run, config, plan))?;
    let device = Device::flex();
    let course = Course {
        objective: Objective::new(config, &source, Vec::new(), None, None, &device),
        validation: &material.validation.photos,
        folder: &folder,
        tell: |_| Ok(()),
    };
    training::train(&course, state, epochs)
}

/// A network that is not trained.
fn begin(config: &RunConfig, seed: u64) -> State<Net> {
    training::begin(shapes::network(seed), &config.training)
}

#[test]
fn a_network_learns_a_single_batch_by_heart() {
    let data = tempfile::tempdir().unwrap();
    let material = shapes::material(data.path());
    let mut config = shapes::config(40);
    config.training.batch = 15;
    config.training.label_smoothing = 0.0;
    // Shown as they are, so that these fifteen are all there is to fit.
    config.augmentation = Augmentation::none();
    let state = begin(&config, 1);
    let run = data.path().join("run");
    let state = train(&config, &material, &run, state, 40).unwrap();
    let (first, last) = (&state.progress.history[0], &state.progress.history[39]);
    assert!(last.train_accuracy > 0.999, "{last:?}");
    assert!(
        last.train_loss < 0.1 && last.train_loss < first.train_loss / 5.0,
        "{first:?} {last:?}"
    );
    for file in [
        "metrics.json",
        "learning-curves.png",
        "best.bpk",
        "config.toml",
    ] {
        assert!(run.join(file).is_file(), "{file} is missing");
    }
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_result_to_the_last_bit() {
    let data = tempfile::tempdir().unwrap();
    let material = shapes::material(data.path());
    let config = shapes::config(3);

    let straight = train(
        &config,
        &material,
        &data.path().join("straight"),
        begin(&config, 1),
        3,
    )
    .unwrap();

    let run = data.path().join("interrupted");
    train(&config, &material, &run, begin(&config, 1), 1).unwrap();
    // A new process would start from other objects; all that counts must come from the checkpoint.
    let resumed = checkpoint::load(&run, begin(&config, 99)).unwrap();
    assert_eq!(resumed.progress.epochs, 1);
    let resumed = train(&config, &material, &run, resumed, 3).unwrap();

    assert_eq!(straight.network.parameters(), resumed.network.parameters());
    assert_eq!(straight.average.parameters(), resumed.average.parameters());
    assert_eq!(straight.progress.best_epoch, resumed.progress.best_epoch);
    for (left, right) in straight
        .progress
        .history
        .iter()
        .zip(&resumed.progress.history)
    {
        assert_eq!(
            (left.train_loss, left.validation_loss),
            (right.train_loss, right.validation_loss)
        );
    }
    assert!(run.join("checkpoint-0003").is_dir() && !run.join("checkpoint-0001").exists());
}

#[test]
fn a_half_written_checkpoint_is_not_taken_up() {
    let data = tempfile::tempdir().unwrap();
    let material = shapes::material(data.path());
    let config = shapes::config(2);
    let run = data.path().join("run");
    train(&config, &material, &run, begin(&config, 1), 1).unwrap();
    std::fs::create_dir(run.join("checkpoint-0002.tmp")).unwrap();
    assert_eq!(
        checkpoint::load(&run, begin(&config, 1))
            .unwrap()
            .progress
            .epochs,
        1
    );
    std::fs::write(run.join("checkpoint-0001/network.bpk"), b"damaged").unwrap();
    let error = checkpoint::load(&run, begin(&config, 1))
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("network.bpk"), "{error}");
}

#[test]
fn a_loss_that_is_not_a_number_stops_the_run_and_names_the_step() {
    let data = tempfile::tempdir().unwrap();
    let material = shapes::material(data.path());
    let mut config = shapes::config(5);
    config.rate.peak = 1e30;
    let state = begin(&config, 1);
    let run = data.path().join("run");
    let error = train(&config, &material, &run, state, 5).err().unwrap();
    let text = error.to_string();
    assert!(
        text.contains("not a number in epoch") && text.contains("--rate"),
        "{text}"
    );
    assert_eq!(error.kind(), sortd::error::Kind::Internal);
}
