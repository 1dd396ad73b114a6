//! `trainer data show`.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use clap::Args;
use image::RgbImage;
use sortd::error::{Error, Result};

use crate::data::augment::Augmentation;
use crate::data::{Framing, Material, Source, Sources};
use crate::places;
use crate::plots::{self, Tile};

/// Draw what a network would be shown, as a sheet of small pictures.
///
/// Draws the first inputs of an epoch of training, augmented as in training, or the
/// photographs of a test, and says how many photographs of each class there are.
#[derive(Debug, Args)]
pub struct Show {
    /// Folder that holds the sources [default: ../shared/data beside the repository]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Description of the photographs [default: models/trainer/data/waste-everywhere.toml]
    #[arg(long, value_name = "FILE")]
    sources: Option<PathBuf>,

    /// Settings of the augmentation, a TOML file of those that differ from the defaults
    #[arg(
        long,
        alias = "variation",
        value_name = "FILE",
        conflicts_with = "test"
    )]
    augmentation: Option<PathBuf>,

    /// Show this test instead of the training photographs
    #[arg(long, value_name = "NAME")]
    test: Option<String>,

    /// Show only inputs of this label
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,

    /// Picture to write, as PNG
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Side of the inputs, in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 128, value_parser = clap::value_parser!(u32).range(32..=512))]
    side: u32,

    /// Inputs on the sheet
    #[arg(long, value_name = "N", default_value_t = 96, value_parser = clap::value_parser!(u64).range(1..=2000))]
    count: u64,

    /// Seed of every random draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl Show {
    /// Draws the sheet.
    ///
    /// # Errors
    /// The description or its photographs are missing, the label or test is unknown, or the picture
    /// cannot be written.
    pub fn run(self) -> Result<()> {
        let sources = Sources::read(&places::sources(self.sources.as_deref()))?;
        let data = places::data(self.data.as_deref());
        let wanted = self.wanted(&sources)?;
        let tiles = match &self.test {
            Some(test) => self.of_test(&sources, &data, test, wanted)?,
            None => self.of_training(&sources, &data, wanted)?,
        };
        plots::contact_sheet(&self.out, &tiles)?;
        say!("{}: {} inputs", self.out.display(), tiles.len())?;
        Ok(())
    }

    fn wanted(&self, sources: &Sources) -> Result<Option<usize>> {
        let Some(name) = &self.label else {
            return Ok(None);
        };
        let place = sources.label(name).ok_or_else(|| {
            Error::usage(format!(
                "--label {name} is none of {}",
                sources.labels.join(", ")
            ))
        })?;
        Ok(Some(place))
    }

    fn of_test(
        &self,
        sources: &Sources,
        data: &Path,
        test: &str,
        wanted: Option<usize>,
    ) -> Result<Vec<Tile>> {
        let loaded = sources.load(data, sources.test(test)?, self.side, Framing::Whole)?;
        loaded.report_skipped(test);
        say!("{test}: {} photographs", loaded.photos.len())?;
        let fitting = |label: &usize| wanted.is_none_or(|wanted| wanted == *label);
        let photos: Vec<_> = loaded
            .photos
            .into_iter()
            .filter(|photo| fitting(&photo.label))
            .collect();
        let step = photos.len().div_ceil(self.count as usize).max(1);
        photos
            .into_iter()
            .step_by(step)
            .map(|photo| self.tile(sources, photo.pixels, photo.label))
            .collect()
    }

    fn of_training(
        &self,
        sources: &Sources,
        data: &Path,
        wanted: Option<usize>,
    ) -> Result<Vec<Tile>> {
        let augmentation = Augmentation::read(self.augmentation.as_deref())?;
        let mut material = Material::load(sources, data, self.side)?;
        report(&material)?;
        if let Some(label) = wanted {
            material.train.photos.retain(|photo| photo.label == label);
        }
        let source = Source {
            photos: &material.train.photos,
            grounds: material.grounds(),
            augmentation: &augmentation,
            side: self.side,
            draws: self.count as usize,
            batch: self.count as usize,
            seed: self.seed,
        };
        let started = Instant::now();
        let batch = thread::scope(|scope| source.epoch(scope, 0).recv())
            .map_err(|error| Error::internal("no batch was made").caused_by(error))??;
        let spent = started.elapsed().as_secs_f64() * 1e3 / self.count as f64;
        say!(
            "{spent:.2} ms an input on {} threads",
            rayon::current_num_threads()
        )?;
        let bytes = (self.side * self.side * 3) as usize;
        batch
            .pixels
            .chunks_exact(bytes)
            .zip(batch.labels)
            .map(|(pixels, label)| self.tile(sources, pixels.to_vec(), label))
            .collect()
    }

    fn tile(&self, sources: &Sources, pixels: Vec<u8>, label: usize) -> Result<Tile> {
        let picture = RgbImage::from_raw(self.side, self.side, pixels)
            .ok_or_else(|| Error::internal("an input has the wrong size"))?;
        Ok(Tile {
            picture,
            caption: sources.labels[label].clone(),
        })
    }
}

/// Says how many training photographs there are, and how often each class is drawn.
fn report(material: &Material) -> Result<()> {
    let photos = &material.train.photos;
    let sum: f64 = photos.iter().map(|photo| photo.weight).sum();
    say!("class: photographs, draws in an epoch")?;
    for (place, label) in material.labels.iter().enumerate() {
        let of_class = photos.iter().filter(|photo| photo.label == place);
        let (count, weight) = of_class.fold((0, 0.0), |(count, weight), photo| {
            (count + 1, weight + photo.weight)
        });
        let draws = weight * material.draws as f64 / sum;
        say!("  {label}: {count}, {draws:.0}")?;
    }
    for credit in &material.credits {
        say!(
            "source {}: {} photographs, {}",
            credit.name,
            credit.images,
            credit.licence
        )?;
    }
    say!(
        "{} for training, {} draws in an epoch, {} for validation, {} backgrounds, {} boards",
        photos.len(),
        material.draws,
        material.validation.photos.len(),
        material.backgrounds.len(),
        material.boards.len()
    )
}
