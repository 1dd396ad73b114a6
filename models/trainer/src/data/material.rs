//! The photographs of a run in memory.

use std::path::Path;

use clap::ValueEnum;
use image::RgbImage;
use serde::{Deserialize, Serialize};
use sortd::error::{Error, Result};
use sortd::preprocess::{VIEWS, View};

use super::augment::Grounds;
use super::board;
use super::photo::{self, Loaded, Reduced, Squeezed};
use super::pyramid::Pyramid;
use super::sources::gather::{FEWEST, Taken};
use super::sources::{Sources, Use};

/// Shorter side of the copies that inputs are cropped from, as a multiple of the input's side.
const REDUCED: f64 = 1.5;

/// Most boards that items are laid onto; more show nothing new.
const BOARDS: usize = 400;

/// How a photograph that is measured on becomes a square.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Framing {
    /// Whole, squeezed, as the daemon shows it where no item's box is known.
    #[default]
    Whole,
    /// Cut to the item's box with a margin, as the daemon does with a camera that stands still;
    /// whole where the item cannot be told from what it lies on.
    Item,
}

/// The training and validation photographs of a run.
#[derive(Debug)]
pub struct Material {
    /// Labels, in the order of the model's outputs.
    pub labels: Vec<String>,
    /// Training photographs, with their weights.
    pub train: Loaded<Reduced>,
    /// Photographs to choose the best epoch by.
    pub validation: Loaded<Squeezed>,
    /// Pictures of other places that items are laid onto.
    pub backgrounds: Vec<Pyramid>,
    /// Empty boards that items are laid onto.
    pub boards: Vec<Pyramid>,
    /// Photographs drawn in an epoch.
    pub draws: usize,
    /// Whose photographs are trained on.
    pub credits: Vec<Credit>,
}

/// A source that is trained on, for the bundle's manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The source's name.
    pub name: String,
    /// SPDX name of its licence.
    pub licence: String,
    /// Whom the licence asks to be named.
    pub attribution: Option<String>,
    /// Its photographs in training, as class or as background.
    pub images: usize,
}

impl Material {
    /// Reads everything that training with inputs of `side` pixels needs, and says on stderr what
    /// could not be read.
    ///
    /// # Errors
    /// A source, list or class is missing or makes no sense, a photograph is both trained on and
    /// measured on, or nothing of a kind can be read.
    pub fn load(sources: &Sources, data: &Path, side: u32) -> Result<Self> {
        sources.refuse_leakage(data)?;
        let short_side = reduced_side(side);
        let taken = sources.gather(data, &sources.train)?;
        let (boards, photographs): (Vec<_>, Vec<_>) =
            taken.iter().cloned().partition(|one| one.board);
        let empty = sources.empty_label();
        let mut train = photo::load_each(&photographs, path, |taken| {
            let picture = photo::reduce(&photo::decode(&taken.item.path)?, short_side)?;
            let photo = if Some(taken.item.label) == empty {
                Reduced::of_nothing(&picture, taken.item.label)
            } else {
                Reduced::of_item(&picture, taken.item.label)
            };
            Ok(Reduced {
                weight: taken.weight,
                file: Some(taken.item.path.clone()),
                ..photo
            })
        })?;
        train.report_skipped("training photographs");
        let boards = load_boards(&boards, short_side)?;
        // Evenly from all of them: a list goes by classes, and boards differ with them.
        let step = boards.len().div_ceil(BOARDS).max(1);
        let grounds = boards.iter().step_by(step);
        let grounds = grounds.map(|board| board.picture.clone()).collect();
        train.photos.extend(boards);
        let validation = sources.load(data, &sources.validation, side, Framing::Whole)?;
        validation.report_skipped("validation photographs");
        require_enough(&sources.labels, &taken, &train.photos)?;
        let backgrounds = load_backgrounds(sources, data, short_side)?;
        let weight: f64 = train.photos.iter().map(|photo| photo.weight).sum();
        Ok(Self {
            labels: sources.labels.clone(),
            draws: sources.draws.unwrap_or((weight.round() as usize).max(1)),
            train,
            validation,
            backgrounds,
            boards: grounds,
            credits: sources.credits(data)?,
        })
    }

    /// What items are laid onto.
    #[must_use]
    pub fn grounds(&self) -> Grounds<'_> {
        Grounds {
            backgrounds: &self.backgrounds,
            boards: &self.boards,
        }
    }
}

impl Sources {
    /// Reads the photographs that `uses` take as the daemon would show them to a model whose input
    /// has `side` pixels.
    ///
    /// # Errors
    /// Something is missing, or not one photograph can be read.
    pub fn load(
        &self,
        data: &Path,
        uses: &[Use],
        side: u32,
        framing: Framing,
    ) -> Result<Loaded<Squeezed>> {
        self.load_view(data, uses, side, framing, VIEWS[0])
    }

    /// The same, as `view` shows each.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_view(
        &self,
        data: &Path,
        uses: &[Use],
        side: u32,
        framing: Framing,
        view: View,
    ) -> Result<Loaded<Squeezed>> {
        let taken = self.gather(data, uses)?;
        let loaded = photo::load_each(&taken, path, |taken| {
            let picture = photo::decode(&taken.item.path)?;
            let shown = match (taken.board, framing) {
                (true, _) => board::beside_item(&photo::reduce(&picture, reduced_side(side))?),
                (false, Framing::Whole) => Some(picture),
                (false, Framing::Item) => Some(photo::cut_to_item(&picture, reduced_side(side))?),
            };
            let squeeze =
                |picture: RgbImage| photo::resize(&photo::seen_as(picture, view), side, side);
            let Some(shown) = shown.map(squeeze).transpose()? else {
                return Ok(None);
            };
            Ok(Some(Squeezed {
                pixels: shown.into_raw(),
                label: taken.item.label,
                path: taken.item.path.clone(),
            }))
        })?;
        Ok(Loaded {
            photos: loaded.photos.into_iter().flatten().collect(),
            skipped: loaded.skipped,
        })
    }

    /// The sources that are trained on, with the number of their photographs.
    ///
    /// # Errors
    /// A source or list is missing.
    pub fn credits(&self, data: &Path) -> Result<Vec<Credit>> {
        let mut files: Vec<Vec<_>> = vec![Vec::new(); self.sources.len()];
        for uses in [&self.train, &self.backgrounds] {
            for taken in self.gather(data, uses)? {
                files[taken.source].push(taken.item.path);
            }
        }
        let credit = |(source, mut files): (&super::sources::Origin, Vec<_>)| {
            files.sort();
            files.dedup();
            (!files.is_empty()).then(|| Credit {
                name: source.name.clone(),
                licence: source.licence.clone(),
                attribution: source.attribution.clone(),
                images: files.len(),
            })
        };
        Ok(self.sources.iter().zip(files).filter_map(credit).collect())
    }
}

/// Makes sure that there are training photographs of each label, and that not most of what was asked for
/// cannot be read.
fn require_enough(labels: &[String], asked: &[Taken], read: &[Reduced]) -> Result<()> {
    for (place, label) in labels.iter().enumerate() {
        let asked = asked.iter().filter(|taken| taken.item.label == place);
        let (asked, read) = (
            asked.count(),
            read.iter().filter(|photo| photo.label == place).count(),
        );
        // Of a small source a part can be smaller than that, and is what the sources ask for.
        if read == 0 || (asked >= FEWEST && read < FEWEST) {
            return Err(Error::data(format!(
                "of {label} {read} training photographs can be read, of {asked} that the sources name; at least {FEWEST} are needed"
            ))
            .advice("add photographs, mend those that are told of above, or take the label out of the sources"));
        }
    }
    Ok(())
}

/// Shorter side of the copies that inputs of `side` pixels are cropped from.
#[must_use]
pub fn reduced_side(side: u32) -> u32 {
    (f64::from(side) * REDUCED) as u32
}

fn path(taken: &Taken) -> &std::path::PathBuf {
    &taken.item.path
}

/// The empty boards beside the items of photographs; those that show too little board are left out.
fn load_boards(taken: &[Taken], short_side: u32) -> Result<Vec<Reduced>> {
    if taken.is_empty() {
        return Ok(Vec::new());
    }
    let loaded = photo::load_each(taken, path, |taken| {
        let picture = photo::reduce(&photo::decode(&taken.item.path)?, short_side)?;
        Ok(board::beside_item(&picture).map(|board| Reduced {
            weight: taken.weight,
            ..Reduced::of_nothing(&board, taken.item.label)
        }))
    })?;
    loaded.report_skipped("photographs of boards");
    Ok(loaded.photos.into_iter().flatten().collect())
}

fn load_backgrounds(sources: &Sources, data: &Path, short_side: u32) -> Result<Vec<Pyramid>> {
    let taken = sources.gather(data, &sources.backgrounds)?;
    if taken.is_empty() {
        return Ok(Vec::new());
    }
    let loaded = photo::load_each(&taken, path, |taken| {
        let picture = photo::reduce(&photo::decode(&taken.item.path)?, short_side)?;
        Ok(Pyramid::new(&picture, None, 0.0))
    })?;
    loaded.report_skipped("backgrounds");
    Ok(loaded.photos)
}
