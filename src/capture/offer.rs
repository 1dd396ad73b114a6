//! What a camera offers, and which of it to take. Pure.

use std::cmp::Reverse;
use std::fmt;

use super::PixelFormat;

/// One way in which a camera can deliver pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// How the pictures are stored.
    pub format: PixelFormat,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            format,
            width,
            height,
            fps,
        } = self;
        write!(f, "{} {width}x{height} at {fps} fps", format.name())
    }
}

/// The size and rate that the configuration asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
}

/// The offer nearest to what is wanted.
///
/// The nearest size comes first, not smaller if there is one that is not; then the rate; then, among
/// those that reach the rate, formats that need no decoding.
#[must_use]
pub fn choose(offers: &[Offer], wanted: Wanted) -> Option<Offer> {
    offers
        .iter()
        .copied()
        .min_by_key(|offer| distance(*offer, wanted))
}

/// All offers, the nearest first: a driver may not keep what it offered.
pub(super) fn ranked(offers: &[Offer], wanted: Wanted) -> Vec<Offer> {
    let mut ranked = offers.to_vec();
    ranked.sort_by_key(|offer| distance(*offer, wanted));
    ranked
}

fn distance(offer: Offer, wanted: Wanted) -> impl Ord {
    let pixels = |width: u32, height: u32| u64::from(width) * u64::from(height);
    let smaller = offer.width < wanted.width || offer.height < wanted.height;
    // What the picture has too much, or what of the wanted one it lacks, in pixels.
    let common = pixels(
        offer.width.min(wanted.width),
        offer.height.min(wanted.height),
    );
    let lacking = pixels(wanted.width, wanted.height) - common;
    let surplus = pixels(offer.width, offer.height) - common;
    let slower = wanted.fps.saturating_sub(offer.fps);
    let faster = offer.fps.saturating_sub(wanted.fps);
    (
        smaller,
        lacking,
        surplus,
        slower,
        decoding(offer.format),
        faster,
        Reverse(offer.fps),
    )
}

/// Formats by the work that they make: a JPEG must be decoded.
const fn decoding(format: PixelFormat) -> u8 {
    match format {
        PixelFormat::Yuyv => 0,
        PixelFormat::Nv12 => 1,
        PixelFormat::I420 | PixelFormat::I420Full => 2,
        PixelFormat::Rgb8 => 3,
        PixelFormat::Mjpeg => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn offer(format: PixelFormat, width: u32, height: u32, fps: u32) -> Offer {
        Offer {
            format,
            width,
            height,
            fps,
        }
    }

    const WANTED: Wanted = Wanted {
        width: 640,
        height: 480,
        fps: 15,
    };

    #[test]
    fn a_typical_webcam_gives_yuyv_where_it_is_fast_enough_and_mjpeg_where_it_is_not() {
        let offers = [
            offer(PixelFormat::Mjpeg, 640, 480, 30),
            offer(PixelFormat::Yuyv, 640, 480, 30),
            offer(PixelFormat::Yuyv, 640, 480, 15),
            offer(PixelFormat::Mjpeg, 1280, 720, 30),
            offer(PixelFormat::Yuyv, 1280, 720, 10),
            offer(PixelFormat::Yuyv, 320, 240, 30),
        ];
        assert_eq!(choose(&offers, WANTED), Some(offers[2]));
        let large = Wanted {
            width: 1280,
            height: 720,
            fps: 30,
        };
        assert_eq!(choose(&offers, large), Some(offers[3]));
    }

    #[test]
    fn a_larger_size_is_taken_before_a_smaller_one() {
        let offers = [
            offer(PixelFormat::Yuyv, 600, 440, 15),
            offer(PixelFormat::Mjpeg, 1920, 1080, 15),
        ];
        assert_eq!(choose(&offers, WANTED), Some(offers[1]));
    }

    #[test]
    fn nothing_offered_is_nothing_chosen() {
        assert_eq!(choose(&[], WANTED), None);
    }

    fn any_offer() -> impl Strategy<Value = Offer> {
        let format = prop::sample::select(vec![
            PixelFormat::Yuyv,
            PixelFormat::Nv12,
            PixelFormat::Mjpeg,
        ]);
        let size = prop_oneof![Just((640, 480)), Just((320, 240)), (1u32..9000, 1u32..9000)];
        (format, size, 1u32..120)
            .prop_map(|(format, (width, height), fps)| offer(format, width, height, fps))
    }

    proptest! {
        #[test]
        fn the_choice_is_an_offer_and_no_other_beats_it(
            offers in prop::collection::vec(any_offer(), 1..30),
            width in 1u32..9000, height in 1u32..9000, fps in 1u32..120,
        ) {
            let wanted = Wanted { width, height, fps };
            let chosen = choose(&offers, wanted).unwrap();
            prop_assert!(offers.contains(&chosen));
            prop_assert_eq!(ranked(&offers, wanted)[0], chosen);
            let covers = |o: &Offer| o.width >= width && o.height >= height;
            // Not smaller if there is one that is not.
            prop_assert!(covers(&chosen) || !offers.iter().any(covers));
            if covers(&chosen) {
                // The smallest of those, and the rate kept wherever that size keeps it.
                let area = |o: &Offer| u64::from(o.width) * u64::from(o.height);
                let all_covering = offers.iter().filter(|o| covers(o));
                prop_assert!(all_covering.clone().all(|o| area(o) >= area(&chosen)));
                let same_size = |o: &&Offer| (o.width, o.height) == (chosen.width, chosen.height);
                let reached = offers.iter().filter(same_size).filter(|o| o.fps >= fps);
                if let Some(reaches) = reached.clone().next() {
                    prop_assert!(chosen.fps >= fps, "{reaches} reaches the rate");
                    // No JPEG where an uncompressed format does as well.
                    let raw = reached.clone().any(|o| o.format != PixelFormat::Mjpeg);
                    prop_assert!(!raw || chosen.format != PixelFormat::Mjpeg);
                }
            }
        }

        #[test]
        fn an_exact_offer_is_taken(mut offers in prop::collection::vec(any_offer(), 0..30)) {
            let exact = offer(PixelFormat::Yuyv, WANTED.width, WANTED.height, WANTED.fps);
            offers.push(exact);
            prop_assert_eq!(choose(&offers, WANTED), Some(exact));
        }
    }
}
