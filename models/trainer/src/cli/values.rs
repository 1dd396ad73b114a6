//! What a number on the command line may be.

use clap::builder::RangedU64ValueParser;

/// A whole number of at least 1.
pub fn count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// A number above zero.
pub fn positive(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if number > 0.0 && number.is_finite() {
        Ok(number)
    } else {
        Err("must be above 0".to_owned())
    }
}

/// A number of 0 or more.
pub fn not_negative(text: &str) -> Result<f32, String> {
    let number: f32 = text.parse().map_err(|_| "not a number".to_owned())?;
    if number >= 0.0 && number.is_finite() {
        Ok(number)
    } else {
        Err("must be 0 or more".to_owned())
    }
}

/// A factor of a network's channels. With less than 0.05 the first layer has none.
pub fn width(text: &str) -> Result<f64, String> {
    let width: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.05..=4.0).contains(&width) {
        Ok(width)
    } else {
        Err("a width lies in 0.05..=4".to_owned())
    }
}

/// A number from 0 to 1.
pub fn share(text: &str) -> Result<f32, String> {
    let number: f32 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=1.0).contains(&number) {
        Ok(number)
    } else {
        Err("must lie in 0 to 1".to_owned())
    }
}

/// A count of operations or parameters, such as `45M`, `500k` or `1200000`.
pub fn amount(text: &str) -> Result<u64, String> {
    let (digits, factor) = match text.trim_end_matches(['M', 'm', 'K', 'k']) {
        digits if digits.len() == text.len() => (digits, 1.0),
        digits if text.ends_with(['M', 'm']) => (digits, 1e6),
        digits => (digits, 1e3),
    };
    let number: f64 = digits
        .parse()
        .map_err(|_| "not a number such as 45M, 500k or 1200000".to_owned())?;
    if number > 0.0 && number.is_finite() {
        Ok((number * factor) as u64)
    } else {
        Err("must be above 0".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_with_their_letter() {
        assert_eq!(amount("45M"), Ok(45_000_000));
        assert_eq!(amount("1.5k"), Ok(1_500));
        assert_eq!(amount("7"), Ok(7));
        assert!(amount("x").is_err() && amount("-1M").is_err() && amount("M").is_err());
    }
}
