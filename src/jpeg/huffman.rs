//! Huffman tables (T.81, annexes B.2.4.2, C and F.2.2.3).

use super::Flaw;
use super::bits::Bits;

/// Codes of this length at most are found by one look into the table.
const LOOK: u32 = 9;

/// What an end of block adds to the place in the block: more than any run.
pub(super) const END_OF_BLOCK: u32 = 128;

/// A Huffman table, made to be read fast.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// For the next [`LOOK`] bits: the code's length, its symbol, the bits of code and value together, and how
    /// many places of the block they fill, a byte each from the lowest on; 0 where the code is longer.
    steps: [u32; 1 << LOOK],
    /// The first 16-bit word that is beyond the codes of each length.
    beyond: [u32; 17],
    /// What is added to a code of each length to get its place among the symbols.
    places: [i32; 17],
    symbols: [u8; 256],
}

impl Table {
    /// A table from how many codes there are of each length, and their symbols.
    ///
    /// # Errors
    /// There are more codes than bits for them, or fewer symbols than codes.
    pub fn new(counts: &[u8; 16], listed: &[u8]) -> Result<Self, Flaw> {
        let mut table = Self {
            steps: [0; 1 << LOOK],
            beyond: [0; 17],
            places: [0; 17],
            symbols: [0; 256],
        };
        let (mut code, mut place) = (0_u32, 0_u32);
        for (length, count) in (1_u32..).zip(counts) {
            table.places[length as usize] = place.cast_signed() - code.cast_signed();
            for _ in 0..*count {
                let symbol = *listed.get(place as usize).ok_or(BAD_TABLE)?;
                *table.symbols.get_mut(place as usize).ok_or(BAD_TABLE)? = symbol;
                if code >> length != 0 {
                    return Err(BAD_TABLE);
                }
                if length <= LOOK {
                    let first = (code << (LOOK - length)) as usize;
                    table.steps[first..first + (1 << (LOOK - length))].fill(step(length, symbol));
                }
                (code, place) = (code + 1, place + 1);
            }
            table.beyond[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Ok(table)
    }

    /// Takes a code and its value, and gives how many places of a block they fill.
    ///
    /// # Errors
    /// No code begins like this.
    #[inline]
    pub fn pass(&self, bits: &mut Bits<'_>) -> Result<u32, Flaw> {
        bits.refill();
        let mut found = self.steps[bits.peek(LOOK) as usize];
        if found == 0 {
            found = self.long(bits)?;
        }
        bits.skip((found >> 16) & 0xFF);
        Ok(found >> 24)
    }

    /// Takes a code without its value, and gives its symbol.
    ///
    /// # Errors
    /// No code begins like this.
    pub fn symbol(&self, bits: &mut Bits<'_>) -> Result<u32, Flaw> {
        bits.refill();
        let mut found = self.steps[bits.peek(LOOK) as usize];
        if found == 0 {
            found = self.long(bits)?;
        }
        bits.skip(found & 0xFF);
        Ok((found >> 8) & 0xFF)
    }

    /// The step of a code that is longer than [`LOOK`].
    #[cold]
    fn long(&self, bits: &Bits<'_>) -> Result<u32, Flaw> {
        let word = bits.peek(16);
        let length = (LOOK as usize + 1..=16)
            .find(|length| word < self.beyond[*length])
            .ok_or(Flaw::Damaged("its data is no Huffman code"))?;
        let place = (word >> (16 - length)).cast_signed() + self.places[length];
        // Any word below a bound stands for a code of that length or of a shorter one.
        let symbol = usize::try_from(place)
            .ok()
            .and_then(|place| self.symbols.get(place));
        let symbol = *symbol.ok_or(Flaw::Damaged("its data is no Huffman code"))?;
        Ok(step(length as u32, symbol))
    }
}

const BAD_TABLE: Flaw = Flaw::Damaged("a Huffman table of it is none");

/// Code length, symbol, bits with the value, and places.
const fn step(length: u32, symbol: u8) -> u32 {
    let (run, size) = (symbol as u32 >> 4, symbol as u32 & 15);
    let places = match (run, size) {
        (15, 0) => 16,
        (_, 0) => END_OF_BLOCK,
        _ => run + 1,
    };
    length | (symbol as u32) << 8 | (length + size) << 16 | places << 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_all_lengths_are_found() {
        // One code of each length: 0, 10, 110 and so on.
        let listed: Vec<u8> = (0x10..0x20).collect();
        let table = Table::new(&[1; 16], &listed).unwrap();
        for length in 1..=16_u32 {
            let word = ((1_u32 << length) - 2) << (32 - length);
            let mut data = Vec::new();
            for byte in word.to_be_bytes() {
                data.push(byte);
                data.extend((byte == 0xFF).then_some(0));
            }
            let found = table.symbol(&mut Bits::new(&data, 0));
            assert_eq!(found, Ok(0xF + length), "{length}");
        }
        let none = table.symbol(&mut Bits::new(&[0xFF, 0, 0xFF, 0, 0xFF, 0], 0));
        assert!(matches!(none, Err(Flaw::Damaged(_))));
    }

    #[test]
    fn a_table_with_more_codes_than_there_are_is_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Table::new(&counts, &[1, 2, 3]).is_err());
        counts[0] = 2;
        assert!(Table::new(&counts, &[1]).is_err());
        assert!(Table::new(&counts, &[1, 2]).is_ok());
        assert!(Table::new(&[255; 16], &[0; 255]).is_err());
    }
}
