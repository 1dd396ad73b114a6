//! Loss and accuracy over the epochs, side by side.

use std::ops::Range;
use std::path::Path;

use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::element::PathElement;
use plotters::series::LineSeries;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};
use sortd::error::Result;

use super::canvas::{Area, BLUE, Failure, GREY, INK, ORANGE, legend, paint, text};
use crate::run_folder::EpochRecord;

const SIZE: (u32, u32) = (1400, 640);

/// One of the two charts.
struct Panel<'a> {
    title: &'a str,
    axis: &'a str,
    decimals: usize,
    values: Range<f64>,
    training: fn(&EpochRecord) -> f64,
    validation: fn(&EpochRecord) -> f64,
    legend: SeriesLabelPosition,
}

/// Draws the curves; a dashed line marks the epoch whose weights were kept.
///
/// # Errors
/// The picture cannot be drawn or written.
pub fn learning_curves(path: &Path, history: &[EpochRecord], best_epoch: usize) -> Result<()> {
    let highest = history
        .iter()
        .flat_map(|record| [record.train_loss, record.validation_loss])
        .fold(0.1, f64::max);
    let lowest_accuracy = history
        .iter()
        .flat_map(|record| [record.train_accuracy, record.validation_accuracy])
        .fold(1.0, f64::min);
    let loss = Panel {
        title: "Loss",
        axis: "cross-entropy (nats)",
        decimals: 1,
        values: 0.0..highest * 1.05,
        training: |record| record.train_loss,
        validation: |record| record.validation_loss,
        legend: SeriesLabelPosition::UpperRight,
    };
    let accuracy = Panel {
        title: "Accuracy",
        axis: "recognised (%)",
        decimals: 0,
        values: (100.0 * lowest_accuracy / 10.0 - 0.5).floor().max(0.0) * 10.0..100.0,
        training: |record| 100.0 * record.train_accuracy,
        validation: |record| 100.0 * record.validation_accuracy,
        legend: SeriesLabelPosition::LowerRight,
    };
    paint(path, SIZE, |area| {
        let (left, right) = area.split_horizontally(SIZE.0 / 2);
        draw(&left, &loss, history, best_epoch)?;
        draw(&right, &accuracy, history, best_epoch)
    })
}

fn draw(
    area: &Area<'_>,
    panel: &Panel<'_>,
    history: &[EpochRecord],
    best_epoch: usize,
) -> std::result::Result<(), Failure> {
    let last = history.len().max(2) as f64;
    let title = format!(
        "{} (dashed: epoch {best_epoch}, whose weights were kept)",
        panel.title
    );
    let mut chart = ChartBuilder::on(area)
        .margin(24)
        .caption(title, text(30, INK, HPos::Left, VPos::Top))
        .x_label_area_size(58)
        .y_label_area_size(78)
        .build_cartesian_2d(1.0..last, panel.values.clone())?;
    chart
        .configure_mesh()
        .x_desc("epoch")
        .y_desc(panel.axis)
        .x_labels(10)
        .y_labels(8)
        .x_label_formatter(&|epoch| format!("{epoch:.0}"))
        .y_label_formatter(&|value| format!("{value:.*}", panel.decimals))
        .label_style(text(21, INK, HPos::Left, VPos::Top))
        .axis_desc_style(text(23, INK, HPos::Left, VPos::Top))
        .axis_style(GREY)
        .bold_line_style(GREY.mix(0.25))
        .light_line_style(GREY.mix(0.08))
        .draw()?;
    let best = best_epoch as f64;
    let (bottom, top) = (panel.values.start, panel.values.end);
    let dashes = 40;
    for dash in 0..dashes {
        let at = |part: f64| bottom + (top - bottom) * (f64::from(dash) + part) / f64::from(dashes);
        chart.draw_series([PathElement::new([(best, at(0.0)), (best, at(0.5))], GREY)])?;
    }
    for (name, colour, value) in [
        ("training, augmented photographs", BLUE, panel.training),
        ("validation, averaged weights", ORANGE, panel.validation),
    ] {
        let points = history
            .iter()
            .map(|record| (record.epoch as f64, value(record)));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(3)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 26, y)], colour.stroke_width(3)));
    }
    legend(&mut chart, panel.legend.clone())
}
