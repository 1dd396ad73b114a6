//! The code by which a person who has access to the bin lets a browser in, and how often it may be guessed; and the door, which
//! a person who holds the bin's button opens for a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::rand::{GetRandomFlags, getrandom};

use crate::control::Nothing;
use crate::control::protocol::{CODE_DIGITS, Code, Refusal, is_code};

/// So many wrong codes in a row are answered at once.
const QUICK_TRIES: u32 = 5;

/// After those, one code is judged in this time: all of them would take three months.
const PAUSE: Duration = Duration::from_secs(10);

/// For so long a browser is let in without a code.
const OPEN: Duration = Duration::from_secs(120);

/// Whether a browser is let in without a code: the loop opens it, and the first browser closes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Door(Arc<Mutex<Option<Instant>>>);

impl Door {
    /// Opens it for two minutes.
    pub fn open(&self, now: Instant) {
        self.set(Some(now + OPEN));
    }

    /// Whether it is open.
    pub fn is_open(&self, now: Instant) -> bool {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| now < until)
    }

    /// Lets one in, if it is open.
    fn enter(&self, now: Instant) -> bool {
        let is_open = self.is_open(now);
        self.set(None);
        is_open
    }

    fn set(&self, until: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }
}

/// A code of six digits, drawn at each start.
pub(super) struct Pairing {
    /// None where the system gives no random numbers; then nobody is let in.
    code: Option<String>,
    wrong: u32,
    next_try: Instant,
    door: Door,
}

impl Pairing {
    /// Draws a code, for a bin with this door.
    pub fn draw(door: Door) -> Self {
        let mut bytes = [0; 8];
        let drawn = getrandom(&mut bytes, GetRandomFlags::empty());
        let is_drawn = drawn.is_ok_and(|filled| filled == bytes.len());
        let code = || format!("{:0CODE_DIGITS$}", u64::from_le_bytes(bytes) % 1_000_000);
        Self {
            code: is_drawn.then(code),
            wrong: 0,
            next_try: Instant::now(),
            door,
        }
    }

    /// The code, for whoever looks after the bin.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Judges a code at this instant; an empty one where the door is open. What cannot be a code is no guess, and not counted.
    ///
    /// # Errors
    /// It is another, it is none, or it is too soon after wrong ones.
    pub fn judge(&mut self, said: &str, now: Instant) -> Result<Nothing, Refusal> {
        if said.is_empty() && self.door.enter(now) {
            return Ok(Nothing {});
        }
        if !is_code(said) {
            let text = format!("a code has {CODE_DIGITS} digits");
            let advice = "without one a browser is let in after somebody held the bin's button for 10 s, for two minutes";
            return Err(Refusal::new(Code::BadRequest, text, advice));
        }
        if now < self.next_try {
            let text = "too many wrong codes were tried";
            let advice = format!("wait {} s, and try again", PAUSE.as_secs());
            return Err(Refusal::new(Code::Busy, text, advice));
        }
        if self.code() == Some(said) {
            self.wrong = 0;
            return Ok(Nothing {});
        }
        self.wrong = self.wrong.saturating_add(1);
        if self.wrong >= QUICK_TRIES {
            self.next_try = now + PAUSE;
        }
        let text = "this is not the code";
        let advice = "`sortd status` shows it, and the log of the daemon's last start; it changes at each start";
        Err(Refusal::new(Code::NotAllowed, text, advice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another code than the pairing's.
    fn wrong(pairing: &Pairing) -> &'static str {
        match pairing.code() {
            Some("000000") => "000001",
            _ => "000000",
        }
    }

    #[test]
    fn the_code_is_taken_and_guesses_become_slow() {
        let mut pairing = Pairing::draw(Door::default());
        let code = pairing.code().expect("drawn").to_owned();
        assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()));
        let wrong = wrong(&pairing);
        let now = Instant::now();
        assert!(pairing.judge(&code, now).is_ok());
        for _ in 0..QUICK_TRIES {
            let refusal = pairing.judge(wrong, now).expect_err("wrong");
            assert_eq!(refusal.code, Code::NotAllowed);
        }
        let refusal = pairing.judge(&code, now).expect_err("too soon");
        assert_eq!(refusal.code, Code::Busy);
        let later = now + PAUSE;
        assert!(pairing.judge(wrong, later).is_err());
        assert_eq!(
            pairing.judge(&code, later).expect_err("again").code,
            Code::Busy
        );
        assert!(pairing.judge(&code, later + PAUSE).is_ok());
        assert!(pairing.judge(wrong, later + PAUSE).is_err());
        assert!(
            pairing.judge(&code, later + PAUSE).is_ok(),
            "it begins anew"
        );
    }

    #[test]
    fn what_cannot_be_a_code_is_no_guess() {
        let mut pairing = Pairing::draw(Door::default());
        let code = pairing.code().expect("drawn").to_owned();
        let now = Instant::now();
        let endless = "1".repeat(65_520);
        for none in ["", "12345", "12345x", "½½½", &endless] {
            for _ in 0..QUICK_TRIES {
                let refusal = pairing.judge(none, now).expect_err(none);
                assert_eq!(refusal.code, Code::BadRequest, "{refusal}");
            }
        }
        assert!(pairing.judge(&code, now).is_ok());
    }

    #[test]
    fn who_holds_the_button_lets_one_in_without_a_code() {
        let door = Door::default();
        let mut pairing = Pairing::draw(door.clone());
        let now = Instant::now();
        assert!(pairing.judge("", now).is_err(), "closed");
        door.open(now);
        assert!(
            pairing.judge("000000x", now).is_err(),
            "a wrong code is wrong"
        );
        assert!(pairing.judge("", now).is_ok());
        assert!(pairing.judge("", now).is_err(), "one");
        door.open(now);
        assert!(door.is_open(now + OPEN / 2) && !door.is_open(now + OPEN));
        assert!(pairing.judge("", now + OPEN).is_err(), "too late");
        for _ in 0..QUICK_TRIES {
            let _ = pairing.judge(wrong(&pairing), now + OPEN);
        }
        door.open(now + OPEN);
        assert!(
            pairing.judge("", now + OPEN).is_ok(),
            "guesses of others do not lock it"
        );
    }

    #[test]
    fn two_starts_draw_two_codes() {
        let codes: std::collections::BTreeSet<_> = (0..20)
            .map(|_| Pairing::draw(Door::default()).code)
            .collect();
        assert!(codes.len() > 15, "{codes:?}");
    }
}
