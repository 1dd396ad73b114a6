//! Walks through the data of one scan, restart interval by restart interval.

use super::Flaw;
use super::bits::Bits;
use super::blocks::{Spectrum, sequential};
use super::check::Tables;
use super::frame::{Frame, Part, ScanHeader};

/// The most blocks that a picture codes, counted once for each scan: no camera's picture comes near, and what
/// a forged header asks for is done in a moment.
const MOST_BLOCKS: usize = 1 << 28;

/// A scan, and what it needs.
pub(super) struct Scan<'s> {
    pub frame: &'s Frame,
    pub header: &'s ScanHeader,
    pub tables: &'s Tables,
    /// MCUs of a restart interval; 0 where there are no restarts.
    pub interval: usize,
}

impl Scan<'_> {
    /// Walks through the data from `at` on, and gives where the bits are when all MCUs have come.
    ///
    /// # Errors
    /// The data end before, or are no code.
    pub fn walk<'d>(
        &self,
        data: &'d [u8],
        at: usize,
        spectrum: &mut Spectrum,
        blocks_so_far: &mut usize,
    ) -> Result<Bits<'d>, Flaw> {
        let mcus = self.frame.mcus(self.header);
        let in_mcu = |part: &Part| self.frame.blocks_of(part, self.header);
        let blocks = mcus * self.header.parts().iter().map(in_mcu).sum::<usize>();
        *blocks_so_far += blocks;
        if *blocks_so_far > MOST_BLOCKS {
            return Err(Flaw::Damaged("it has more scans than a picture"));
        }
        let mut bits = Bits::new(data, at);
        match (self.frame.progressive, self.header.band.0) {
            (false, _) => self.sequential(&mut bits, mcus)?,
            (true, 0) => self.first_coefficients(&mut bits, mcus)?,
            (true, _) => self.others(&mut bits, mcus, spectrum)?,
        }
        Ok(bits)
    }

    /// Calls `mcu` for each MCU, and `begin` where an interval but the first begins.
    #[inline]
    fn intervals<'d>(
        &self,
        bits: &mut Bits<'d>,
        mcus: usize,
        mut mcu: impl FnMut(&mut Bits<'d>, usize, bool) -> Result<(), Flaw>,
    ) -> Result<(), Flaw> {
        let interval = match self.interval {
            0 => mcus,
            interval => interval,
        };
        let (mut at, mut number) = (0, 0);
        while at < mcus {
            if at > 0 {
                bits.restart(number)?;
                number = (number + 1) % 8;
            }
            let end = mcus.min(at + interval);
            for (index, nth) in (at..end).zip(0_usize..) {
                let read = mcu(bits, index, nth == 0);
                // Behind the end of the data any code may seem to stand.
                bits.still_there()?;
                read?;
            }
            at = end;
        }
        Ok(())
    }

    fn sequential(&self, bits: &mut Bits<'_>, mcus: usize) -> Result<(), Flaw> {
        let parts = self.header.parts();
        let none = self.tables.pair(&parts[0])?;
        // What each MCU consists of: tables, and how many blocks are read with them.
        let mut pieces = [(none.0, none.1, 0); 4];
        for (piece, part) in pieces.iter_mut().zip(parts) {
            let (dc, ac) = self.tables.pair(part)?;
            *piece = (dc, ac, self.frame.blocks_of(part, self.header));
        }
        let pieces = &pieces[..parts.len()];
        self.intervals(bits, mcus, |bits, _, _| {
            for (dc, ac, blocks) in pieces {
                for _ in 0..*blocks {
                    sequential(bits, dc, ac)?;
                }
            }
            Ok(())
        })
    }

    fn first_coefficients(&self, bits: &mut Bits<'_>, mcus: usize) -> Result<(), Flaw> {
        self.intervals(bits, mcus, |bits, _, _| {
            for part in self.header.parts() {
                for _ in 0..self.frame.blocks_of(part, self.header) {
                    if self.header.refines {
                        bits.take(1);
                    } else {
                        self.tables.dc(part.dc_table)?.pass(bits)?;
                    }
                }
            }
            Ok(())
        })
    }

    fn others(
        &self,
        bits: &mut Bits<'_>,
        mcus: usize,
        spectrum: &mut Spectrum,
    ) -> Result<(), Flaw> {
        let part = self.header.parts()[0];
        let table = self.tables.ac(part.ac_table)?;
        let mut band = spectrum.band(part.component, self.header.band);
        self.intervals(bits, mcus, |bits, block, begins| {
            if begins {
                band.begin();
            }
            if self.header.refines {
                band.refine(bits, table, block)
            } else {
                band.first(bits, table, block)
            }
        })
    }
}
