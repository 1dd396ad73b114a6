//! A data set of three classes that a network is trained on in seconds, and the smallest run that does.

use std::fs;
use std::path::Path;

use burn::tensor::Device;
use image::{Rgb, RgbImage};
use sortd_trainer::config::{DataConfig, NetworkConfig, RunConfig, StartConfig, TrainingConfig};
use sortd_trainer::data::augment::{Augmentation, Grounds};
use sortd_trainer::data::batches::Source;
use sortd_trainer::data::{Material, Sources};
use sortd_trainer::nets::net::Net;
use sortd_trainer::nets::{Architecture, Head, MobileNetCbam};
use sortd_trainer::schedule::OneCycle;

use crate::tiny::{self, SIDE};

/// The data set's description: dark discs, bright crosses, and boards without anything.
pub const SOURCES: &str = r#"
labels = ["cross", "disc", "empty"]
empty = "empty"

[[sources]]
name = "shapes"
folder = "shapes"
licence = "MIT"
attribution = "nobody"

[[train]]
source = "shapes"
list = "splits/train.txt"

[[validation]]
source = "shapes"
list = "splits/val.txt"

[[tests."shapes/test"]]
source = "shapes"
list = "splits/test.txt"
"#;

/// Photographs of each class: for training, validation and tests.
const COUNTS: [(&str, u32); 3] = [("train", 5), ("val", 2), ("test", 3)];

/// Writes the data set into a data folder, and its description beside it.
pub fn write(data: &Path) {
    let root = data.join("shapes");
    fs::create_dir_all(root.join("splits")).unwrap();
    for class in ["cross", "disc", "empty"] {
        fs::create_dir_all(root.join(class)).unwrap();
    }
    let mut number = 0;
    for (list, count) in COUNTS {
        let mut lines = String::new();
        for _ in 0..count {
            for class in ["cross", "disc", "empty"] {
                let file = format!("{class}/{number}.png");
                draw(class, number).save(root.join(&file)).unwrap();
                lines.push_str(&file);
                lines.push('\n');
            }
            number += 1;
        }
        fs::write(root.join(format!("splits/{list}.txt")), lines).unwrap();
    }
    fs::write(data.join("shapes.toml"), SOURCES).unwrap();
}

/// Writes the same shapes in other colours as a second source, and a description of both.
pub fn write_elsewhere(data: &Path) {
    let root = data.join("elsewhere");
    for class in ["cross", "disc", "empty"] {
        fs::create_dir_all(root.join(class)).unwrap();
        for number in 0..5 {
            let mut picture = draw(class, number);
            picture
                .pixels_mut()
                .for_each(|pixel| pixel.0.rotate_left(1));
            let file = root.join(class).join(format!("{number}.png"));
            picture.save(file).unwrap();
        }
    }
    let source = |name: &str| {
        format!("[[sources]]\nname = \"{name}\"\nfolder = \"{name}\"\nlicence = \"MIT\"\n\n")
    };
    let first = "[[train]]\nsource = \"shapes\"";
    let uses = format!(
        "{}[[train]]\nsource = \"elsewhere\"\n\n{first}",
        source("elsewhere")
    );
    fs::write(data.join("places.toml"), SOURCES.replace(first, &uses)).unwrap();
}

fn draw(class: &str, number: u32) -> RgbImage {
    let side = SIDE as u32 * 2;
    let (x0, y0) = (22.0 + 2.0 * number as f32, 42.0 - 2.0 * number as f32);
    RgbImage::from_fn(side, side, |x, y| {
        let (dx, dy) = ((x as f32 - x0).abs(), (y as f32 - y0).abs());
        let on_item = match class {
            "disc" => dx.hypot(dy) < 12.0,
            "cross" => dx.min(dy) < 4.0 && dx.max(dy) < 14.0,
            _ => false,
        };
        match (on_item, class) {
            (true, "disc") => Rgb([40, 60, 90]),
            (true, _) => Rgb([150, 90, 30]),
            _ => Rgb([215, 214, (200 + number) as u8]),
        }
    })
}

/// The data set, written into a data folder and read.
pub fn material(data: &Path) -> Material {
    write(data);
    let sources = Sources::parse(SOURCES, "shapes.toml").unwrap();
    Material::load(&sources, data, SIDE as u32).unwrap()
}

/// The batches of a run.
pub fn source<'a>(config: &'a RunConfig, material: &'a Material) -> Source<'a> {
    Source {
        photos: &material.train.photos,
        grounds: Grounds {
            backgrounds: &[],
            boards: &[],
        },
        augmentation: &config.augmentation,
        side: SIDE as u32,
        draws: material.draws,
        batch: config.training.batch,
        seed: config.seed,
    }
}

/// A network for the data set, which is trained.
pub fn network(seed: u64) -> Net {
    let plan = MobileNetCbam {
        width: 0.25,
        stem_stride: 2,
        attention: vec![3],
        dilated: vec![8],
        head: Head::Embedding,
    };
    let plan = plan.plan(SIDE, tiny::CLASSES).unwrap();
    tiny::fresh(&plan, seed, &Device::flex().autodiff())
}

/// The configuration of a run.
pub fn config(epochs: usize) -> RunConfig {
    RunConfig {
        seed: 7,
        data: DataConfig {
            name: "shapes".to_owned(),
            train_images: 15,
            background_images: 0,
            draws: 15,
            reduced_side: SIDE as u32,
            sources: Sources::parse(SOURCES, "shapes.toml").unwrap(),
        },
        network: NetworkConfig {
            architecture: "mobilenet-cbam-0.25".to_owned(),
            side: SIDE as u32,
            parameters: 0,
            macs: 0,
            start: StartConfig {
                from: "random".to_owned(),
                sha256: None,
                blend: None,
                pruned: None,
            },
        },
        training: TrainingConfig {
            epochs,
            batch: 5,
            early_rate: 1.0,
            head_rate: 1.0,
            ..TrainingConfig::default()
        },
        rate: OneCycle {
            peak: 3e-3,
            warmup: 0.2,
            start_divisor: 10.0,
            end_divisor: 100.0,
        },
        augmentation: Augmentation::default(),
        distillation: None,
        metric: None,
        features: None,
        embeddings: None,
        sparsity: None,
    }
}
