//! `sortd cameras`: what could be written behind `device =`.

use super::output;
use crate::capture::{self, Offer, Ribbon};
use crate::error::{Error, Result};

pub(super) fn cameras() -> Result<()> {
    let found = capture::cameras();
    if found.is_empty() {
        let ribbon = Ribbon::here();
        return Err(Error::unavailable(ribbon.complaint()).advice(ribbon.advice()));
    }
    for camera in found {
        output::line(format!(
            "{}  ({}, {})",
            camera.path.display(),
            camera.card,
            camera.node.display()
        ))?;
        match &camera.offers {
            Ok(offers) => {
                for line in by_format(offers) {
                    output::line(format!("    {line}"))?;
                }
            }
            Err(error) => output::line(format!("    cannot be asked: {error}"))?,
        }
    }
    Ok(())
}

/// One line a pixel format, with its sizes.
fn by_format(offers: &[Offer]) -> Vec<String> {
    let mut lines: Vec<(&str, Vec<String>)> = Vec::new();
    for offer in offers {
        let size = format!("{}x{}@{}", offer.width, offer.height, offer.fps);
        let name = offer.format.name();
        match lines.iter_mut().find(|(format, _)| *format == name) {
            Some((_, sizes)) => sizes.push(size),
            None => lines.push((name, vec![size])),
        }
    }
    lines
        .into_iter()
        .map(|(format, sizes)| format!("{format}: {}", sizes.join(" ")))
        .collect()
}
