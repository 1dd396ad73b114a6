//! A white canvas with the embedded font, written as PNG.

use std::path::Path;
use std::sync::Once;

use image::RgbImage;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use plotters::backend::BitMapBackend;
use plotters::chart::{ChartContext, SeriesLabelPosition};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, TextStyle, WHITE, register_font};
use sortd::error::{Error, Result};

use crate::files;

/// Name under which the embedded font is known.
pub const FONT: &str = "roboto";

static ROBOTO: &[u8] = include_bytes!("../../assets/roboto-latin.ttf");

/// Ink of titles and numbers.
pub const INK: RGBColor = RGBColor(33, 37, 41);
/// Ink of what is less important.
pub const GREY: RGBColor = RGBColor(108, 117, 125);
/// Blue, orange and green that colour-blind readers can tell apart (Okabe and Ito).
pub const BLUE: RGBColor = RGBColor(0, 114, 178);
/// See [`BLUE`].
pub const ORANGE: RGBColor = RGBColor(213, 94, 0);
/// See [`BLUE`].
pub const GREEN: RGBColor = RGBColor(0, 158, 115);

/// What drawing on a canvas can fail with.
pub type Failure =
    DrawingAreaErrorKind<<BitMapBackend<'static> as plotters::backend::DrawingBackend>::ErrorType>;
/// A canvas to draw on, in pixels.
pub type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

/// Draws a picture of `size` pixels and writes it to `path`.
///
/// # Errors
/// Drawing fails or the file cannot be written.
pub fn paint(
    path: &Path,
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> std::result::Result<(), Failure>,
) -> Result<()> {
    static FONT_KNOWN: Once = Once::new();
    FONT_KNOWN.call_once(|| {
        // It is embedded and a test draws with it; were it broken, drawing would say so below.
        let _ = register_font(FONT, FontStyle::Normal, ROBOTO);
    });
    let failed = |error: Failure| {
        Error::internal(format!("cannot draw {}", path.display())).caused_by(error.to_string())
    };
    let mut picture = RgbImage::new(size.0, size.1);
    {
        let area = BitMapBackend::with_buffer(&mut picture, size).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        draw(&area).map_err(failed)?;
        area.present().map_err(failed)?;
    }
    let mut png = std::io::Cursor::new(Vec::new());
    // Pages are read more often than they are drawn.
    let encoder =
        PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::NoFilter);
    picture.write_with_encoder(encoder).map_err(|error| {
        Error::internal(format!("cannot encode {}", path.display())).caused_by(error)
    })?;
    files::write_whole(path, png.get_ref())
}

/// Writes the names of a chart's series into one of its corners.
///
/// # Errors
/// Drawing fails.
pub fn legend<'a>(
    chart: &mut ChartContext<'a, BitMapBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    position: SeriesLabelPosition,
) -> std::result::Result<(), Failure> {
    chart
        .configure_series_labels()
        .position(position)
        .margin(14)
        .legend_area_size(34)
        .label_font(text(21, INK, HPos::Left, VPos::Top))
        .background_style(WHITE.mix(0.85))
        .border_style(GREY.mix(0.4))
        .draw()
}

/// Text of `size` pixels in `colour`, placed by the given corner or centre.
#[must_use]
pub fn text(size: u32, colour: RGBColor, across: HPos, down: VPos) -> TextStyle<'static> {
    (FONT, size)
        .into_font()
        .color(&colour.to_rgba())
        .pos(Pos::new(across, down))
}
