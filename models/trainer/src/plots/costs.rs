//! What each layer costs beside the standard convolution in whose place it stands.

use std::path::Path;

use plotters::element::Rectangle;
use plotters::element::Text;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};
use sortd::error::Result;

use super::canvas::{Area, BLUE, Failure, GREY, INK, ORANGE, paint, text};
use crate::nets::cost::LayerCost;

/// Height of one layer's row, in pixels.
const ROW: i32 = 26;
/// Where the bars begin, and how long the longest is.
const LEFT: i32 = 470;
/// See [`LEFT`].
const LONGEST: i32 = 760;
/// Where the rows begin.
const TOP: i32 = 96;

/// Draws a bar a layer, its length the logarithm of its MACs, over the bar of the standard convolution.
///
/// # Errors
/// The picture cannot be drawn or written.
pub fn costs(path: &Path, name: &str, layers: &[LayerCost]) -> Result<()> {
    let height = TOP + ROW * layers.len().cast_signed() as i32 + 40;
    let most = layers
        .iter()
        .flat_map(|layer| {
            [
                layer.macs,
                layer.standard.map_or(0, |standard| standard.macs),
            ]
        })
        .max();
    let scale = Scale {
        most: most.unwrap_or(1).max(1),
    };
    paint(path, (1400, height as u32), |area| {
        draw(area, name, layers, scale)
    })
}

#[derive(Clone, Copy)]
struct Scale {
    most: u64,
}

impl Scale {
    /// Length of a bar: each factor of ten is as long as the next, from a thousand MACs on.
    fn length(self, macs: u64) -> i32 {
        let decades = |macs: u64| (macs.max(1_000) as f64 / 1_000.0).log10();
        (f64::from(LONGEST) * decades(macs) / decades(self.most).max(0.1)) as i32
    }
}

fn draw(
    area: &Area<'_>,
    name: &str,
    layers: &[LayerCost],
    scale: Scale,
) -> std::result::Result<(), Failure> {
    let title = format!("{name}: multiply-accumulates of each layer");
    area.draw(&Text::new(
        title,
        (24, 20),
        text(30, INK, HPos::Left, VPos::Top),
    ))?;
    let legend = "blue: the layer; orange: the standard convolution that a pointwise layer and the depthwise one before it stand for. Logarithmic.";
    area.draw(&Text::new(
        legend,
        (24, 58),
        text(19, GREY, HPos::Left, VPos::Top),
    ))?;
    for (row, layer) in (0..).zip(layers) {
        let top = TOP + ROW * row;
        let middle = top + ROW / 2 - 2;
        area.draw(&Text::new(
            layer.name.clone(),
            (24, middle),
            text(17, INK, HPos::Left, VPos::Center),
        ))?;
        area.draw(&Text::new(
            layer.kind.clone(),
            (230, middle),
            text(16, GREY, HPos::Left, VPos::Center),
        ))?;
        if let Some(standard) = layer.standard {
            let end = LEFT + scale.length(standard.macs);
            area.draw(&Rectangle::new(
                [(LEFT, top + 2), (end, top + ROW - 6)],
                ORANGE.mix(0.55).filled(),
            ))?;
            let ratio = format!("{:.1}×", standard.ratio());
            area.draw(&Text::new(
                ratio,
                (end + 8, middle),
                text(16, ORANGE, HPos::Left, VPos::Center),
            ))?;
        }
        let end = LEFT + scale.length(layer.macs);
        area.draw(&Rectangle::new(
            [(LEFT, top + 6), (end, top + ROW - 10)],
            BLUE.filled(),
        ))?;
    }
    Ok(())
}
