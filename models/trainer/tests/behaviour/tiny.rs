//! A tiny data set and the smallest configuration that learns it.

use std::fs;
use std::path::Path;

use burn::tensor::Device;
use image::{Rgb, RgbImage};
use sortd_trainer::config::{DataConfig, NetworkConfig, RunConfig, TrainingConfig};
use sortd_trainer::data::augment::Variation;
use sortd_trainer::data::photo::{Reduced, Squeezed, load_reduced, load_squeezed};
use sortd_trainer::data::sources::Sources;
use sortd_trainer::data::tree::Tree;
use sortd_trainer::nets::mobilenet_v1::{MobileNetV1, MobileNetV1Config};
use sortd_trainer::schedule::OneCycle;

/// Side of the network's input, and of the data set's square photographs.
pub const SIDE: u32 = 64;

/// Writes two classes of eight photographs each: dark discs and bright crosses on a board. The list
/// `tiny-train` holds six of each, `tiny-val` and `tiny-test` one.
pub fn write_data_set(root: &Path) {
    fs::create_dir_all(root.join("splits")).unwrap();
    let (mut train, mut val, mut test) = (String::new(), String::new(), String::new());
    for (class, name) in ["disc", "cross"].into_iter().enumerate() {
        fs::create_dir_all(root.join(name)).unwrap();
        for number in 0..8_u32 {
            let file = format!("{name}/{name}{number}.png");
            draw(class, number).save(root.join(&file)).unwrap();
            let list = match number {
                0..6 => &mut train,
                6 => &mut val,
                _ => &mut test,
            };
            list.push_str(&file);
            list.push('\n');
        }
    }
    for (name, list) in [("train", train), ("val", val), ("test", test)] {
        fs::write(root.join(format!("splits/tiny-{name}.txt")), list).unwrap();
    }
}

fn draw(class: usize, number: u32) -> RgbImage {
    let (x0, y0) = (22.0 + 2.0 * number as f32, 38.0 - 2.0 * number as f32);
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let (dx, dy) = ((x as f32 - x0).abs(), (y as f32 - y0).abs());
        let on_item = if class == 0 {
            dx.hypot(dy) < 12.0
        } else {
            dx.min(dy) < 3.0 && dx.max(dy) < 14.0
        };
        match (on_item, class) {
            (true, 0) => Rgb([40, 60, 90]),
            (true, _) => Rgb([150, 90, 30]),
            _ => Rgb([215, 214, 210]),
        }
    })
}

pub fn config(epochs: usize, labels: usize) -> RunConfig {
    RunConfig {
        seed: 7,
        data: DataConfig {
            name: "tiny".to_owned(),
            train_images: 12,
            background_images: 0,
            draws: 12,
            reduced_side: SIDE,
            sources: Sources {
                labels: (0..labels).map(|label| format!("class{label}")).collect(),
                ..sources()
            },
        },
        network: NetworkConfig {
            family: "mobilenet-v1".to_owned(),
            width: 0.25,
            side: SIDE,
            pretrained_sha256: None,
        },
        training: TrainingConfig {
            epochs,
            batch: 4,
            ..TrainingConfig::default()
        },
        rate: OneCycle {
            peak: 3e-3,
            warmup: 0.2,
            start_divisor: 10.0,
            end_divisor: 100.0,
        },
        variation: Variation::default(),
    }
}

/// The description of the data set, for a data folder that holds it as `tiny`.
pub const SOURCES: &str = r#"
labels = ["cross", "disc"]

[[sources]]
name = "tiny"
folder = "tiny"
licence = "CC0-1.0"

[[train]]
source = "tiny"
list = "splits/tiny-train.txt"

[[validation]]
source = "tiny"
list = "splits/tiny-val.txt"

[[tests."tiny/tiny-test"]]
source = "tiny"
list = "splits/tiny-test.txt"
"#;

pub fn sources() -> Sources {
    Sources::parse(SOURCES, "tiny.toml").unwrap()
}

pub fn photographs(root: &Path) -> (Vec<Reduced>, Vec<Squeezed>) {
    let tree = Tree::open(root).unwrap();
    let learn = load_reduced(&tree.split("tiny-train").unwrap(), SIDE)
        .unwrap()
        .photos;
    let choose = load_squeezed(&tree.split("tiny-val").unwrap(), SIDE)
        .unwrap()
        .photos;
    (learn, choose)
}

/// A network with random weights that depend on `seed` alone.
pub fn network(seed: u64) -> MobileNetV1 {
    let device = Device::flex().autodiff();
    device.seed(seed);
    MobileNetV1Config {
        width: 0.25,
        classes: 2,
    }
    .init(&device)
}
