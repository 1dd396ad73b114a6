//! For what share of photographs a light goes on, and what share of those lights is right, as the threshold of the
//! confidence falls (the risk–coverage curve).

use std::path::Path;

use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::element::{Circle, PathElement};
use plotters::series::LineSeries;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};
use sortd::error::Result;

use super::canvas::{Area, BLUE, Failure, GREEN, GREY, INK, ORANGE, legend, paint, text};
use crate::selective::Selective;

/// Width and height of a panel.
const PANEL: (u32, u32) = (700, 640);

/// The colours of a panel's curves, in their order.
const COLOURS: [RGBColor; 3] = [BLUE, ORANGE, GREEN];

/// The curves of one network.
#[derive(Debug)]
pub struct Panel {
    /// Whose they are.
    pub title: String,
    /// At most three.
    pub curves: Vec<Curve>,
}

/// One curve.
#[derive(Debug)]
pub struct Curve {
    /// On which photographs.
    pub name: String,
    /// How many of them.
    pub images: u64,
    /// Its points.
    pub points: Vec<Selective>,
}

impl Curve {
    /// Coverage and precision of each point at which a light goes on, in percent.
    fn places(&self) -> Vec<(f64, f64, f64)> {
        let place = |point: &Selective| {
            let coverage = 100.0 * point.shown as f64 / self.images.max(1) as f64;
            Some((coverage, 100.0 * point.precision()?, point.threshold))
        };
        self.points.iter().filter_map(place).collect()
    }
}

/// Draws the panels side by side; a ring marks on each curve the first point from the threshold `marked` on.
///
/// # Errors
/// The picture cannot be drawn or written.
pub fn risk_coverage(path: &Path, panels: &[Panel], marked: f64) -> Result<()> {
    let count = panels.len().max(1);
    let lowest = panels
        .iter()
        .flat_map(|panel| &panel.curves)
        .flat_map(Curve::places)
        .fold(90.0, |lowest: f64, (_, precision, _)| lowest.min(precision));
    let lowest = (lowest / 10.0).floor() * 10.0;
    paint(path, (PANEL.0 * count as u32, PANEL.1), |area| {
        for (panel, place) in panels.iter().zip(area.split_evenly((1, count))) {
            draw(&place, panel, lowest, marked)?;
        }
        Ok(())
    })
}

fn draw(
    area: &Area<'_>,
    panel: &Panel,
    lowest: f64,
    marked: f64,
) -> std::result::Result<(), Failure> {
    let mut chart = ChartBuilder::on(area)
        .margin(24)
        .caption(&panel.title, text(30, INK, HPos::Left, VPos::Top))
        .x_label_area_size(58)
        .y_label_area_size(78)
        .build_cartesian_2d(0.0..100.0, lowest..100.0)?;
    chart
        .configure_mesh()
        .x_desc("photographs for which a light goes on (%)")
        .y_desc("of those lights right (%)")
        .x_label_formatter(&|share| format!("{share:.0}"))
        .y_label_formatter(&|share| format!("{share:.0}"))
        .label_style(text(21, INK, HPos::Left, VPos::Top))
        .axis_desc_style(text(23, INK, HPos::Left, VPos::Top))
        .axis_style(GREY)
        .bold_line_style(GREY.mix(0.25))
        .light_line_style(GREY.mix(0.08))
        .draw()?;
    for (curve, colour) in panel.curves.iter().zip(COLOURS) {
        let places = curve.places();
        let line = places.iter().map(|&(x, y, _)| (x, y));
        chart
            .draw_series(LineSeries::new(line, colour.stroke_width(3)))?
            .label(&curve.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 26, y)], colour.stroke_width(3)));
        let ring = places.iter().find(|place| place.2 >= marked);
        chart.draw_series(ring.map(|&(x, y, _)| Circle::new((x, y), 8, colour.stroke_width(3))))?;
    }
    legend(&mut chart, SeriesLabelPosition::LowerLeft)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_at_which_no_light_goes_on_has_no_place() {
        let point = |threshold, shown, right| Selective {
            threshold,
            shown,
            right,
        };
        let curve = Curve {
            name: "test".into(),
            images: 200,
            points: vec![point(0.0, 100, 60), point(0.9, 0, 0)],
        };
        assert_eq!(curve.places(), [(50.0, 60.0, 0.0)]);
    }

    #[test]
    fn it_draws_what_there_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("curve.png");
        let panel = Panel {
            title: "one".into(),
            curves: vec![Curve {
                name: "test".into(),
                images: 10,
                points: vec![Selective {
                    threshold: 0.6,
                    shown: 5,
                    right: 5,
                }],
            }],
        };
        risk_coverage(&path, &[panel], 0.6).expect("drawn");
        let drawn = image::open(&path).expect("a picture").into_rgb8();
        assert!(drawn.pixels().any(|pixel| pixel.0 == [0, 114, 178]));
    }
}
