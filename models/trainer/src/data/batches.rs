//! Batches of augmented photographs, made on a second thread while the network trains on the last.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;

use burn::tensor::{Device, Tensor, TensorData};
use image::RgbImage;
use rayon::prelude::*;
use sortd::error::{Error, Result};

use super::augment::{Augmentation, Grounds, augment};
use super::draws;
use super::photo::Reduced;
use crate::rng::{Purpose, Rng};

/// Batches that may wait for the network.
const AHEAD: usize = 2;

/// What training draws its batches from.
#[derive(Debug)]
pub struct Source<'a> {
    /// The photographs.
    pub photos: &'a [Reduced],
    /// What items are laid onto.
    pub grounds: Grounds<'a>,
    /// The data augmentation.
    pub augmentation: &'a Augmentation,
    /// Side of the model's input.
    pub side: u32,
    /// Photographs drawn in an epoch, by their weights.
    pub draws: usize,
    /// Photographs in a batch.
    pub batch: usize,
    /// The run's seed.
    pub seed: u64,
}

/// One batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// `labels.len() * side * side * 3` bytes: R, G, B by rows, picture after picture.
    pub pixels: Vec<u8>,
    /// The class of each picture.
    pub labels: Vec<usize>,
    /// The photograph that each picture is of: its place in the source.
    pub photos: Vec<usize>,
}

impl Source<'_> {
    /// Batches of one epoch. The draws that do not fill a last batch are left out; the order is
    /// another in each epoch, so it hits others each time.
    #[must_use]
    pub fn batches(&self) -> usize {
        (self.draws / self.batch).max(1)
    }

    /// How many draws of an epoch show each of `labels` classes, on average.
    #[must_use]
    pub fn draws_by_label(&self, labels: usize) -> Vec<f32> {
        let sum: f64 = self.photos.iter().map(|photo| photo.weight).sum();
        let mut draws = vec![0.0; labels];
        for photo in self.photos {
            draws[photo.label] += (photo.weight * self.draws as f64 / sum) as f32;
        }
        draws
    }

    /// Starts to make the batches of `epoch`; they arrive in order.
    #[must_use]
    pub fn epoch<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        epoch: usize,
    ) -> Receiver<Result<Batch>> {
        let (sender, receiver) = sync_channel(AHEAD);
        scope.spawn(move || {
            let weights: Vec<f64> = self.photos.iter().map(|photo| photo.weight).collect();
            let mut rng = Rng::new(self.seed, Purpose::Order, epoch as u64, 0);
            let order = draws::draw(&weights, self.draws, &mut rng);
            let batches = order.chunks(self.batch).take(self.batches());
            for (number, places) in batches.enumerate() {
                let first = number * self.batch;
                // The receiver is gone when training ended with an error; then nobody waits.
                if sender.send(self.batch(epoch, first, places)).is_err() {
                    return;
                }
            }
        });
        receiver
    }

    /// The photographs at `places`, of which the first is the draw number `first` of the epoch: a
    /// photograph that is drawn twice is augmented in two ways.
    fn batch(&self, epoch: usize, first: usize, places: &[usize]) -> Result<Batch> {
        let augmented: Vec<Result<RgbImage>> = places
            .par_iter()
            .enumerate()
            .map(|(offset, &place)| {
                let draw = (first + offset) as u64;
                let mut rng = Rng::new(self.seed, Purpose::Augmentation, epoch as u64, draw);
                augment(
                    &self.photos[place],
                    self.grounds,
                    self.augmentation,
                    self.side,
                    &mut rng,
                )
            })
            .collect();
        let mut pixels = Vec::with_capacity(places.len() * (self.side * self.side * 3) as usize);
        for picture in augmented {
            pixels.extend_from_slice(picture?.as_raw());
        }
        Ok(Batch {
            pixels,
            labels: places
                .iter()
                .map(|&place| self.photos[place].label)
                .collect(),
            photos: places.to_vec(),
        })
    }
}

/// Pictures as the networks want them: `[count, 3, side, side]`, values `(pixel - 128) / 128`.
///
/// # Errors
/// The number of bytes is not that of whole pictures.
pub fn to_tensor(pixels: &[u8], side: usize, device: &Device) -> Result<Tensor<4>> {
    let area = side * side;
    if area == 0 || !pixels.len().is_multiple_of(area * 3) {
        return Err(Error::internal(format!(
            "{} bytes are no pictures of {side}x{side}",
            pixels.len()
        )));
    }
    let count = pixels.len() / (area * 3);
    let mut values = vec![0.0_f32; pixels.len()];
    for (picture, planes) in pixels
        .chunks_exact(area * 3)
        .zip(values.chunks_exact_mut(area * 3))
    {
        for (place, pixel) in picture.chunks_exact(3).enumerate() {
            for (channel, value) in pixel.iter().enumerate() {
                planes[channel * area + place] = normalised(*value);
            }
        }
    }
    Ok(Tensor::from_data(
        TensorData::new(values, [count, 3, side, side]),
        device,
    ))
}

/// Scale and offset that take a pixel to the networks' values: steps of 1/128 around 128, so that a
/// quantised network's input is the pixel less 128, exactly.
pub const PIXEL_SCALE: f32 = 1.0 / 128.0;
/// See [`PIXEL_SCALE`].
pub const PIXEL_OFFSET: f32 = -1.0;

/// A channel's value as the networks want it.
#[must_use]
pub fn normalised(value: u8) -> f32 {
    f32::from(value) * PIXEL_SCALE + PIXEL_OFFSET
}
