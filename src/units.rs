//! Quantities that are checked when they are made: no bare pin, angle, pulse or probability travels
//! past the edge where the configuration is read.

use std::fmt;

/// A pin of the 40-pin header, by its BCM number.
///
/// The header carries BCM 0 to 27; 0 and 1 are the HAT identification bus and are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BcmPin(u8);

impl BcmPin {
    /// Makes a pin from its BCM number.
    ///
    /// # Errors
    /// The number is not that of a usable header pin.
    pub fn new(number: i64) -> Result<Self, String> {
        match number {
            0 | 1 => Err(format!(
                "BCM {number} belongs to the HAT identification bus"
            )),
            2..=27 => Ok(Self(number as u8)),
            _ => Err(format!(
                "BCM {number} is not on the 40-pin header, which has BCM 2 to 27"
            )),
        }
    }

    /// The BCM number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for BcmPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BCM {}", self.0)
    }
}

/// A servo's angle in degrees, 0 to 180.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Angle(f32);

impl Angle {
    /// Makes an angle from degrees.
    ///
    /// # Errors
    /// The value is not within 0 to 180.
    pub fn new(degrees: f64) -> Result<Self, String> {
        if (0.0..=180.0).contains(&degrees) {
            Ok(Self(degrees as f32))
        } else {
            Err(format!("{degrees}° is outside a servo's 0° to 180°"))
        }
    }

    /// Degrees.
    #[must_use]
    pub const fn degrees(self) -> f32 {
        self.0
    }

    /// The angle reached by turning from here towards `target` by at most `step` degrees.
    #[must_use]
    pub fn towards(self, target: Self, step: f32) -> Self {
        let step = step.max(0.0);
        Self(self.0 + (target.0 - self.0).clamp(-step, step))
    }
}

impl fmt::Display for Angle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}°", self.0)
    }
}

/// Length of a servo's control pulse, 400 µs to 2600 µs.
///
/// Hobby servos are specified for 1000 µs to 2000 µs and commonly turn through their whole range
/// between 500 µs and 2500 µs; beyond that they run into their end stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PulseWidth(u16);

impl PulseWidth {
    /// Makes a pulse width from microseconds.
    ///
    /// # Errors
    /// The value is not within 400 to 2600.
    pub fn new(micros: i64) -> Result<Self, String> {
        match u16::try_from(micros) {
            Ok(value @ 400..=2600) => Ok(Self(value)),
            _ => Err(format!(
                "{micros} µs is outside the 400 µs to 2600 µs that servos bear"
            )),
        }
    }

    /// Microseconds.
    #[must_use]
    pub const fn micros(self) -> u16 {
        self.0
    }

    /// The pulse at `fraction` (0 to 1, clamped) of the way from `self` to `end`.
    #[must_use]
    pub fn lerp(self, end: Self, fraction: f32) -> Self {
        let (from, to) = (f32::from(self.0), f32::from(end.0));
        Self((from + (to - from) * fraction.clamp(0.0, 1.0)).round() as u16)
    }
}

impl fmt::Display for PulseWidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} µs", self.0)
    }
}

/// A probability, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Confidence(f32);

impl Confidence {
    /// No confidence at all.
    pub const ZERO: Self = Self(0.0);

    /// Makes a confidence.
    ///
    /// # Errors
    /// The value is not within 0 to 1.
    pub fn new(value: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value as f32))
        } else {
            Err(format!("{value} is not within 0 to 1"))
        }
    }

    /// The nearest confidence to a computed value: rounding may have left it a hair outside 0 to 1,
    /// and what is not a number counts as no confidence.
    #[must_use]
    pub fn saturating(value: f32) -> Self {
        Self(if value.is_nan() {
            0.0
        } else {
            value.clamp(0.0, 1.0)
        })
    }

    /// The value, 0 to 1.
    #[must_use]
    pub const fn value(self) -> f32 {
        self.0
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.0)
    }
}

/// How far the camera's picture must be turned clockwise to stand upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rotation {
    /// Not at all.
    #[default]
    None,
    /// By 90° clockwise.
    Quarter,
    /// By 180°.
    Half,
    /// By 270° clockwise.
    ThreeQuarters,
}

impl Rotation {
    /// Makes a rotation from degrees clockwise.
    ///
    /// # Errors
    /// The value is not 0, 90, 180 or 270.
    pub fn new(degrees: i64) -> Result<Self, String> {
        match degrees {
            0 => Ok(Self::None),
            90 => Ok(Self::Quarter),
            180 => Ok(Self::Half),
            270 => Ok(Self::ThreeQuarters),
            _ => Err(format!("{degrees} is not 0, 90, 180 or 270")),
        }
    }
}

/// A rectangle as fractions of the upright picture: 0 is the left or upper edge, 1 the right or lower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Zone {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
}

impl Zone {
    /// The whole picture.
    pub const WHOLE: Self = Self {
        left: 0.0,
        top: 0.0,
        width: 1.0,
        height: 1.0,
    };

    /// Makes a zone, or another part of the picture.
    ///
    /// # Errors
    /// The rectangle is not inside the picture, or it is thinner than a twentieth of it.
    pub fn new(left: f64, top: f64, width: f64, height: f64) -> Result<Self, String> {
        const SMALLEST: f64 = 0.05;
        // Decimal fractions such as 0.1 + 0.9 may exceed 1 by a rounding error.
        const ROUNDING: f64 = 1e-9;
        if ![left, top, width, height]
            .iter()
            .all(|v| (0.0..=1.0).contains(v))
        {
            return Err(
                "left, top, width and height are fractions of the picture, each within 0 to 1"
                    .into(),
            );
        }
        if left + width > 1.0 + ROUNDING || top + height > 1.0 + ROUNDING {
            return Err(
                "it reaches beyond the picture: left + width and top + height may be 1 at most"
                    .into(),
            );
        }
        if width < SMALLEST || height < SMALLEST {
            return Err(format!("it is thinner than {SMALLEST} of the picture"));
        }
        Ok(Self {
            left: left as f32,
            top: top as f32,
            width: width as f32,
            height: height as f32,
        })
    }

    /// Left edge.
    #[must_use]
    pub const fn left(&self) -> f32 {
        self.left
    }

    /// Upper edge.
    #[must_use]
    pub const fn top(&self) -> f32 {
        self.top
    }

    /// Width.
    #[must_use]
    pub const fn width(&self) -> f32 {
        self.width
    }

    /// Height.
    #[must_use]
    pub const fn height(&self) -> f32 {
        self.height
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_step_never_overshoots_nor_leaves_the_range(from in 0.0..=180.0f64, to in 0.0..=180.0f64, step in 0.0..400.0f32) {
            let (from, to) = (Angle::new(from).unwrap(), Angle::new(to).unwrap());
            let next = from.towards(to, step);
            prop_assert!((next.degrees() - from.degrees()).abs() <= step + 1e-3);
            prop_assert!((to.degrees() - next.degrees()).abs() <= (to.degrees() - from.degrees()).abs() + 1e-3);
        }

        #[test]
        fn a_pulse_stays_between_its_ends(a in 400..=2600i64, b in 400..=2600i64, fraction in -2.0..3.0f32) {
            let (a, b) = (PulseWidth::new(a).unwrap(), PulseWidth::new(b).unwrap());
            let pulse = a.lerp(b, fraction);
            prop_assert!(pulse >= a.min(b) && pulse <= a.max(b));
        }

        #[test]
        fn no_number_makes_an_invalid_quantity(number in any::<i64>(), value in any::<f64>()) {
            prop_assert_eq!(BcmPin::new(number).is_ok(), (2..=27).contains(&number));
            prop_assert_eq!(PulseWidth::new(number).is_ok(), (400..=2600).contains(&number));
            prop_assert_eq!(Confidence::new(value).is_ok(), (0.0..=1.0).contains(&value));
            prop_assert_eq!(Angle::new(value).is_ok(), (0.0..=180.0).contains(&value));
        }
    }

    #[test]
    fn a_zone_lies_inside_the_picture() {
        assert!(Zone::new(0.1, 0.0, 0.9, 1.0).is_ok());
        assert!(Zone::new(0.2, 0.0, 0.9, 1.0).is_err());
        assert!(Zone::new(0.0, 0.0, 0.01, 1.0).is_err());
        assert!(Zone::new(f64::NAN, 0.0, 0.5, 1.0).is_err());
    }
}
