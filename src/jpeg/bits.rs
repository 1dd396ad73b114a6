//! The bits of a scan: stuffed bytes are left out, and reading stops at a marker.

use super::Flaw;

/// Reads bits from the most significant on. Behind the last there are zeros, so that whoever reads need not
/// ask before each code whether there is one; [`Bits::still_there`] tells it afterwards.
#[derive(Debug)]
pub(super) struct Bits<'d> {
    data: &'d [u8],
    /// The next byte that is not in the window.
    at: usize,
    /// The next bits, from the top.
    window: u64,
    /// How many of them are of the scan; negative once more were taken than there were.
    held: i32,
    /// A marker or the end of the data comes next.
    ended: bool,
}

impl<'d> Bits<'d> {
    pub fn new(data: &'d [u8], at: usize) -> Self {
        Self {
            data,
            at,
            window: 0,
            held: 0,
            ended: false,
        }
    }

    /// Fills the window to 32 bits at least, if there are as many.
    #[inline]
    pub fn refill(&mut self) {
        if self.held >= 32 || self.ended {
            return;
        }
        if let Some(&bytes) = self.data.get(self.at..).and_then(|rest| rest.first_chunk()) {
            let word = u32::from_be_bytes(bytes);
            // Whether one of four bytes is 0xFF, which is followed by a stuffed byte or by a marker.
            let special = (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080;
            if special == 0 {
                self.window |= u64::from(word) << (32 - self.held);
                self.held += 32;
                self.at += 4;
                return;
            }
        }
        self.refill_slowly();
    }

    #[cold]
    fn refill_slowly(&mut self) {
        while self.held < 32 {
            let (byte, length) = match self.data.get(self.at..).unwrap_or_default() {
                [0xFF, 0x00, ..] => (0xFF, 2),
                [] | [0xFF, ..] => {
                    self.ended = true;
                    return;
                }
                [byte, ..] => (*byte, 1),
            };
            self.window |= u64::from(byte) << (56 - self.held);
            self.held += 8;
            self.at += length;
        }
    }

    /// The next `count` bits, which stay; 1 to 32.
    #[inline]
    pub const fn peek(&self, count: u32) -> u32 {
        (self.window >> (64 - count)) as u32
    }

    /// Leaves out `count` bits, 0 to 32.
    #[inline]
    pub const fn skip(&mut self, count: u32) {
        self.window <<= count;
        self.held -= count.cast_signed();
    }

    /// Takes `count` bits, 0 to 32.
    pub fn take(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        self.refill();
        let bits = self.peek(count);
        self.skip(count);
        bits
    }

    /// Whether all that was taken is of the scan.
    ///
    /// # Errors
    /// The scan had ended before.
    #[inline]
    pub const fn still_there(&self) -> Result<(), Flaw> {
        if self.held < 0 {
            return Err(Flaw::CutOff);
        }
        Ok(())
    }

    /// Goes behind the restart marker that must come next; what stands before it is left out.
    ///
    /// # Errors
    /// There is another marker, or none.
    pub fn restart(&mut self, number: u8) -> Result<(), Flaw> {
        let at = next_marker(self.data, self.at).ok_or(Flaw::CutOff)?;
        match self.data[at + 1] {
            code if code == 0xD0 + number => {}
            0xD0..=0xD7 => return Err(Flaw::Damaged("a part of it is missing")),
            _ => return Err(Flaw::CutOff),
        }
        *self = Self::new(self.data, at + 2);
        Ok(())
    }

    /// Where the marker behind the scan stands; `None` where there is none.
    pub fn end(&self) -> Option<usize> {
        let mut at = self.at;
        loop {
            at = next_marker(self.data, at)?;
            if !matches!(self.data[at + 1], 0xD0..=0xD7) {
                return Some(at);
            }
            at += 2;
        }
    }
}

/// Where the next marker stands, at `at` or behind it.
pub(super) fn next_marker(data: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += data.get(at..)?.iter().position(|byte| *byte == 0xFF)?;
        match data.get(at + 1)? {
            // Any number of fill bytes may stand before a marker.
            0xFF => at += 1,
            0x00 => at += 2,
            _ => return Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffed_bytes_are_left_out_and_a_marker_ends_the_bits() {
        let mut bits = Bits::new(&[0xAB, 0xFF, 0x00, 0xCD, 0xEF, 0x12, 0xFF, 0xD9, 0x77], 0);
        let bytes: Vec<_> = (0..5).map(|_| bits.take(8)).collect();
        assert_eq!(bytes, [0xAB, 0xFF, 0xCD, 0xEF, 0x12]);
        assert_eq!(bits.still_there(), Ok(()));
        assert_eq!(bits.take(1), 0);
        assert_eq!(bits.still_there(), Err(Flaw::CutOff));
        assert_eq!(bits.end(), Some(6));
    }

    #[test]
    fn a_restart_is_the_one_that_is_due() {
        let data = [0x11, 0x22, 0xFF, 0xFF, 0xD3, 0x44];
        let mut bits = Bits::new(&data, 0);
        bits.take(3);
        assert_eq!(bits.restart(3), Ok(()));
        assert_eq!(bits.take(8), 0x44);
        assert!(matches!(
            Bits::new(&data, 0).restart(2),
            Err(Flaw::Damaged(_))
        ));
        assert_eq!(Bits::new(&data[..4], 0).restart(3), Err(Flaw::CutOff));
    }
}
