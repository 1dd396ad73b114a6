//! `sortd look`: what the camera sees, with the drop zone and the item's box drawn in.

use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, IsTerminal, stdout};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use image::imageops::{FilterType, resize};
use image::{ImageFormat, Rgb, RgbImage};
use rustix::termios::tcgetwinsize;

use super::{Sockets, output};
use crate::control::client::Client;
use crate::control::protocol::{Background, Look, Rectangle, Request};
use crate::error::{Error, Result};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sockets: Sockets,
    /// Write the picture to this file, PNG or JPEG by its ending. Left out: show it in the terminal.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The colours of the drop zone and of the item's box.
const ZONE: Rgb<u8> = Rgb([255, 210, 0]);
const ITEM: Rgb<u8> = Rgb([0, 230, 90]);

/// Where a terminal does not say how wide it is.
const USUAL_COLUMNS: u16 = 80;

pub(super) fn look(args: &Args) -> Result<()> {
    if args.output.is_none() && !stdout().is_terminal() {
        return Err(Error::usage("there is no terminal to show the picture in")
            .advice("name a file with -o, such as -o view.jpg"));
    }
    let format = args.output.as_deref().map(format_of).transpose()?;
    let mut daemon = Client::connect(args.sockets.folder())?;
    let look: Look = daemon.ask(&Request::Look {})?;
    let picture = drawn(&look)?;
    match args.output.as_ref().zip(format) {
        Some((file, format)) => write(&picture, format, file)?,
        None => output::picture(&half_blocks(&picture, columns()))?,
    }
    let item = if look.item.is_some() {
        ", the item's box green"
    } else {
        ""
    };
    let told = match look.background {
        Background::Learnt => "the empty zone is learnt",
        Background::Learning => "the empty zone is being learnt; keep it empty",
        Background::Unseen => "the picture is not to be trusted; `sortd status` says why",
    };
    output::line(format!(
        "{} x {} pixels, the drop zone yellow{item}; {told}",
        look.width, look.height
    ))
}

/// The picture with both boxes drawn in.
fn drawn(look: &Look) -> Result<RgbImage> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Error::unavailable(format!("the daemon's picture cannot be read: {error}"))
            .advice("restart the daemon after an upgrade")
    };
    let jpeg = BASE64
        .decode(&look.jpeg)
        .map_err(|error| unreadable(&error))?;
    let picture = image::load_from_memory(&jpeg).map_err(|error| unreadable(&error))?;
    let mut picture = picture.into_rgb8();
    // An item may fill the zone: its wider frame shows inside the zone's.
    if let Some(item) = &look.item {
        frame(&mut picture, item, ITEM, 4);
    }
    frame(&mut picture, &look.zone, ZONE, 2);
    Ok(picture)
}

/// Draws a rectangle's edges, so many pixels wide.
fn frame(picture: &mut RgbImage, rectangle: &Rectangle, colour: Rgb<u8>, edge: u32) {
    let (width, height) = picture.dimensions();
    let place = |share: f32, length: u32| {
        ((share.clamp(0.0, 1.0) * length as f32) as u32).min(length.saturating_sub(1))
    };
    let (left, right) = (
        place(rectangle.left, width),
        place(rectangle.left + rectangle.width, width),
    );
    let (top, bottom) = (
        place(rectangle.top, height),
        place(rectangle.top + rectangle.height, height),
    );
    let on_edge = |at: u32, low: u32, high: u32| at < low + edge || at + edge > high;
    for y in top..=bottom {
        for x in left..=right {
            if on_edge(x, left, right) || on_edge(y, top, bottom) {
                picture.put_pixel(x, y, colour);
            }
        }
    }
}

/// The format that a file's ending asks for.
fn format_of(file: &Path) -> Result<ImageFormat> {
    match ImageFormat::from_path(file) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg)) => Ok(format),
        _ => Err(
            Error::usage(format!("{} is no name of a picture", file.display()))
                .advice("name a file that ends with .png or .jpg"),
        ),
    }
}

/// The newest picture with both boxes drawn in, as JPEG.
pub(super) fn jpeg(daemon: &mut Client) -> Result<Vec<u8>> {
    encoded(&drawn(&daemon.ask(&Request::Look {})?)?, ImageFormat::Jpeg)
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, format)
        .map_err(|error| Error::internal("the picture cannot be encoded").caused_by(error))?;
    Ok(bytes.into_inner())
}

fn write(picture: &RgbImage, format: ImageFormat, file: &Path) -> Result<()> {
    fs::write(file, encoded(picture, format)?).map_err(|error| {
        Error::usage(format!("{} cannot be written", file.display()))
            .caused_by(error)
            .advice("name a file in a folder that you may write to")
    })
}

/// The terminal's width in characters.
fn columns() -> u32 {
    let width = tcgetwinsize(stdout()).map_or(0, |size| size.ws_col);
    u32::from(if width == 0 { USUAL_COLUMNS } else { width })
}

/// The picture in characters that show two pixels each, one above the other, in 24-bit colours.
fn half_blocks(picture: &RgbImage, columns: u32) -> String {
    let (width, height) = picture.dimensions();
    let columns = columns.clamp(1, width.max(1));
    let rows = (height * columns / width.max(1)).max(2) / 2 * 2;
    let small = resize(picture, columns, rows, FilterType::Triangle);
    let mut text = String::new();
    for y in (0..rows).step_by(2) {
        for x in 0..columns {
            let ([r, g, b], [under_r, under_g, under_b]) =
                (small.get_pixel(x, y).0, small.get_pixel(x, y + 1).0);
            // Writing into a string cannot fail.
            let _ = write!(
                text,
                "\x1b[38;2;{r};{g};{b};48;2;{under_r};{under_g};{under_b}m▀"
            );
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_drawn_at_its_edges_alone() {
        let mut picture = RgbImage::new(100, 50);
        let rectangle = Rectangle {
            left: 0.1,
            top: 0.2,
            width: 0.5,
            height: 0.6,
        };
        frame(&mut picture, &rectangle, ITEM, 2);
        for corner in [(10, 10), (60, 10), (10, 40), (60, 40), (11, 25), (59, 25)] {
            assert_eq!(*picture.get_pixel(corner.0, corner.1), ITEM, "{corner:?}");
        }
        for beside in [(9, 25), (61, 25), (30, 25), (30, 9), (30, 41)] {
            assert_eq!(
                picture.get_pixel(beside.0, beside.1).0,
                [0; 3],
                "{beside:?}"
            );
        }
    }

    #[test]
    fn a_box_that_reaches_beyond_the_picture_is_drawn_inside() {
        let mut picture = RgbImage::new(20, 20);
        let rectangle = Rectangle {
            left: -1.0,
            top: 0.5,
            width: 9.0,
            height: 9.0,
        };
        frame(&mut picture, &rectangle, ZONE, 2);
        assert_eq!(*picture.get_pixel(19, 10), ZONE);
        let nowhere = Rectangle {
            height: f32::NAN,
            ..rectangle
        };
        frame(&mut picture, &nowhere, ZONE, 2);
    }

    #[test]
    fn two_pixels_share_a_character() {
        let picture = RgbImage::from_fn(40, 20, |_, y| Rgb([if y < 10 { 255 } else { 0 }, 0, 0]));
        let text = half_blocks(&picture, 20);
        assert_eq!(text.lines().count(), 5);
        assert_eq!(text.matches('▀').count(), 100);
        assert!(
            text.starts_with("\x1b[38;2;255;0;0;48;2;255;0;0m▀"),
            "{text:?}"
        );
    }
}
