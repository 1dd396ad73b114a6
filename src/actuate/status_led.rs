//! How the status light tells what the daemon is doing.

use std::time::Duration;

/// How the daemon is, from the outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Everything works: the light is steady.
    Fine,
    /// The camera delivers nothing: one blink a second.
    NoCamera,
    /// The pictures are frozen, dark or covered: two short blinks every two seconds.
    BadPicture,
    /// Somebody held the button, and a browser is let in without a code: three short blinks every two seconds.
    LetsIn,
    /// It was told to rest: one short blink every two seconds.
    Paused,
    /// A new configuration was refused, and the old one goes on: fast blinking for a while.
    ConfigRefused,
}

impl Health {
    /// Whether the light is on, `elapsed` after some fixed instant.
    #[must_use]
    pub fn is_lit(self, elapsed: Duration) -> bool {
        let millis = elapsed.as_millis();
        match self {
            Self::Fine => true,
            Self::NoCamera => millis % 1_000 < 500,
            Self::BadPicture => matches!(millis % 2_000, 0..150 | 300..450),
            Self::LetsIn => matches!(millis % 2_000, 0..150 | 300..450 | 600..750),
            Self::Paused => millis % 2_000 < 100,
            Self::ConfigRefused => millis % 250 < 125,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often the light goes on in ten seconds.
    fn blinks(health: Health) -> usize {
        let lit = |at: u64| health.is_lit(Duration::from_millis(at * 5));
        (1..2_000).filter(|at| lit(*at) && !lit(at - 1)).count()
    }

    #[test]
    fn each_state_can_be_told_by_its_blinks() {
        assert_eq!(blinks(Health::Fine), 0);
        assert_eq!(blinks(Health::NoCamera), 9);
        assert_eq!(blinks(Health::BadPicture), 9);
        assert_eq!(blinks(Health::LetsIn), 14);
        assert_eq!(blinks(Health::Paused), 4);
        assert_eq!(blinks(Health::ConfigRefused), 39);
    }
}
