//! Reads the codes of single blocks: their values do not matter, only how many bits they take.

use super::Flaw;
use super::bits::Bits;
use super::huffman::{END_OF_BLOCK, Table};

/// Coefficients of a block.
const COEFFICIENTS: u32 = 64;

/// Passes a block of a picture that is not progressive (T.81, annex F.1.2).
///
/// # Errors
/// The bits are no code, or run beyond the block.
#[inline]
pub(super) fn sequential(bits: &mut Bits<'_>, dc: &Table, ac: &Table) -> Result<(), Flaw> {
    dc.pass(bits)?;
    let mut place = 1;
    while place < COEFFICIENTS {
        place += ac.pass(bits)?;
    }
    if place > COEFFICIENTS && place < END_OF_BLOCK {
        return Err(BEYOND);
    }
    Ok(())
}

/// What is known of the coefficients of a progressive picture: which are not zero, since a refinement has a
/// bit for each of those.
#[derive(Debug, Default)]
pub(super) struct Spectrum {
    /// For each component and block a bit for each coefficient, as far as any was not zero.
    nonzero: [Vec<u64>; 4],
}

/// The coefficients `first..=last` of one component, in one scan (T.81, annex G.1.2).
pub(super) struct Band<'s> {
    nonzero: &'s mut Vec<u64>,
    first: u32,
    last: u32,
    /// Blocks whose rest of the band is zero, or not refined but where it was not zero.
    ended_blocks: u32,
}

impl Spectrum {
    /// Forgets the last picture, and keeps the memory.
    pub fn clear(&mut self) {
        self.nonzero.iter_mut().for_each(Vec::clear);
    }

    pub fn band(&mut self, component: usize, (first, last): (u32, u32)) -> Band<'_> {
        Band {
            nonzero: &mut self.nonzero[component],
            first,
            last,
            ended_blocks: 0,
        }
    }
}

impl Band<'_> {
    /// A restart interval begins.
    pub fn begin(&mut self) {
        self.ended_blocks = 0;
    }

    /// Passes a block of the first scan of this band.
    pub fn first(&mut self, bits: &mut Bits<'_>, table: &Table, block: usize) -> Result<(), Flaw> {
        if self.ended_blocks > 0 {
            self.ended_blocks -= 1;
            return Ok(());
        }
        let (mut place, mut found) = (self.first, 0_u64);
        while place <= self.last {
            let symbol = table.symbol(bits)?;
            let (run, size) = (symbol >> 4, symbol & 15);
            match (run, size) {
                (15, 0) => place += 16,
                (run, 0) => {
                    self.ended_blocks = (1 << run) + bits.take(run) - 1;
                    break;
                }
                (run, size) => {
                    bits.take(size);
                    place += run;
                    if place > self.last {
                        return Err(BEYOND);
                    }
                    found |= 1 << place;
                    place += 1;
                }
            }
        }
        if found != 0 {
            *self.known(block) |= found;
        }
        Ok(())
    }

    /// Passes a block of a scan that refines this band.
    pub fn refine(&mut self, bits: &mut Bits<'_>, table: &Table, block: usize) -> Result<(), Flaw> {
        let before = self.nonzero.get(block).copied().unwrap_or(0);
        let (mut place, mut found) = (self.first, 0_u64);
        while self.ended_blocks == 0 && place <= self.last {
            let symbol = table.symbol(bits)?;
            let (mut run, size) = (symbol >> 4, symbol & 15);
            if size == 0 && run < 15 {
                self.ended_blocks = (1 << run) + bits.take(run);
                break;
            }
            // The sign of the new coefficient, which stands behind `run` zeros; each coefficient before it
            // that is not zero has a bit.
            bits.take(u32::from(size > 0));
            while place <= self.last {
                if before >> place & 1 == 1 {
                    bits.take(1);
                } else if run == 0 {
                    break;
                } else {
                    run -= 1;
                }
                place += 1;
            }
            if size > 0 && place <= self.last {
                found |= 1 << place;
            }
            place += 1;
        }
        if self.ended_blocks > 0 {
            self.ended_blocks -= 1;
            if place <= self.last {
                let rest = before & (u64::MAX << place) & (u64::MAX >> (63 - self.last));
                let count = rest.count_ones();
                bits.take(count.min(32));
                bits.take(count.saturating_sub(32));
            }
        }
        if found != 0 {
            *self.known(block) |= found;
        }
        Ok(())
    }

    fn known(&mut self, block: usize) -> &mut u64 {
        if self.nonzero.len() <= block {
            self.nonzero.resize(block + 1, 0);
        }
        &mut self.nonzero[block]
    }
}

const BEYOND: Flaw = Flaw::Damaged("its data runs beyond a block");
