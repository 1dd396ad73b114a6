//! Huffman codes of coefficients (T.81, annexes F.1.2 and G.1.2).

use std::collections::HashMap;

use super::super::standard::STANDARD_TABLES;

/// Codes by class and place of their table, and symbol.
type Codes = HashMap<(u8, u8), (u32, u32)>;

/// Writes the data of a scan.
pub(super) struct Writer {
    pub bytes: Vec<u8>,
    codes: Codes,
    waiting: u64,
    held: u32,
    /// Blocks whose rest is zero, and the bits that refine what is not zero in them.
    ended_blocks: u32,
    corrections: Vec<u32>,
}

/// Table 2 for coefficients, which has all symbols: one code of 8 bits, all others of 9.
pub(super) fn flat_table() -> Vec<u8> {
    let mut table = vec![0x12, 0, 0, 0, 0, 0, 0, 0, 1, 255, 0, 0, 0, 0, 0, 0, 0];
    table.extend(0..=255);
    table
}

fn add_codes(mut tables: &[u8], codes: &mut Codes) {
    while let [class, rest @ ..] = tables {
        let (counts, mut symbols) = rest.split_at(16);
        let mut code = 0;
        for (length, count) in (1..).zip(counts) {
            for _ in 0..*count {
                codes.insert((*class, symbols[0]), (code, length));
                symbols = &symbols[1..];
                code += 1;
            }
            code <<= 1;
        }
        tables = symbols;
    }
}

/// How many bits a value takes, and the bits.
fn sized(value: i32) -> (u32, u32) {
    let size = 32 - value.unsigned_abs().leading_zeros();
    let bits = if value < 0 { value - 1 } else { value } as u32;
    (size, bits & ((1 << size) - 1))
}

impl Writer {
    pub fn new() -> Self {
        let mut codes = Codes::new();
        add_codes(&STANDARD_TABLES[4..], &mut codes);
        add_codes(&flat_table(), &mut codes);
        Self {
            bytes: Vec::new(),
            codes,
            waiting: 0,
            held: 0,
            ended_blocks: 0,
            corrections: Vec::new(),
        }
    }

    pub fn put(&mut self, bits: u32, count: u32) {
        self.waiting = self.waiting << count | u64::from(bits);
        self.held += count;
        while self.held >= 8 {
            self.held -= 8;
            let byte = (self.waiting >> self.held) as u8;
            self.bytes.push(byte);
            if byte == 0xFF {
                self.bytes.push(0);
            }
        }
    }

    /// Ends a restart interval: what is left of the last byte is filled with ones.
    pub fn flush(&mut self) {
        self.end_blocks();
        if self.held > 0 {
            self.put((1 << (8 - self.held)) - 1, 8 - self.held);
        }
    }

    fn symbol(&mut self, table: u8, symbol: u32) {
        let (code, length) = self.codes[&(table, symbol as u8)];
        self.put(code, length);
    }

    /// The first coefficient of a block, as its difference to the one before.
    pub fn mean(&mut self, own: usize, difference: i32) {
        let (size, bits) = sized(difference);
        self.symbol(own as u8, size);
        self.put(bits, size);
    }

    /// The other coefficients, where all come at once.
    pub fn others(&mut self, own: usize, block: &[i32; 64]) {
        let table = 0x10 | own as u8;
        let mut run = 0;
        for value in &block[1..] {
            if *value == 0 {
                run += 1;
                continue;
            }
            while run > 15 {
                self.symbol(table, 0xF0);
                run -= 16;
            }
            let (size, bits) = sized(*value);
            self.symbol(table, run << 4 | size);
            self.put(bits, size);
            run = 0;
        }
        if run > 0 {
            self.symbol(table, 0);
        }
    }

    /// A band of coefficients without their `low` last bits.
    pub fn first(&mut self, block: &[i32; 64], band: (u8, u8), low: u8) {
        let mut run = 0;
        for value in &block[usize::from(band.0)..=usize::from(band.1)] {
            let value = value.signum() * (value.abs() >> low);
            if value == 0 {
                run += 1;
                continue;
            }
            self.end_blocks();
            while run > 15 {
                self.symbol(0x12, 0xF0);
                run -= 16;
            }
            let (size, bits) = sized(value);
            self.symbol(0x12, run << 4 | size);
            self.put(bits, size);
            run = 0;
        }
        if run > 0 {
            self.end_block();
        }
    }

    /// The bit `low` of a band of coefficients.
    pub fn refine(&mut self, block: &[i32; 64], band: (u8, u8), low: u8) {
        let shifted = |place: &u8| block[usize::from(*place)].unsigned_abs() >> low;
        let last_new = (band.0..=band.1).rfind(|place| shifted(place) == 1);
        let (mut run, mut corrections) = (0, Vec::new());
        for place in band.0..=band.1 {
            let value = shifted(&place);
            if value == 0 {
                run += 1;
                continue;
            }
            while run > 15 && last_new.is_some_and(|last| place <= last) {
                self.end_blocks();
                self.symbol(0x12, 0xF0);
                self.put_all(&mut corrections);
                run -= 16;
            }
            if value > 1 {
                corrections.push(value & 1);
                continue;
            }
            self.end_blocks();
            self.symbol(0x12, run << 4 | 1);
            self.put(u32::from(block[usize::from(place)] > 0), 1);
            self.put_all(&mut corrections);
            run = 0;
        }
        if run > 0 || !corrections.is_empty() {
            self.corrections.append(&mut corrections);
            self.end_block();
        }
    }

    fn put_all(&mut self, bits: &mut Vec<u32>) {
        bits.drain(..).for_each(|bit| self.put(bit, 1));
    }

    fn end_block(&mut self) {
        self.ended_blocks += 1;
        if self.ended_blocks == 0x7FFF {
            self.end_blocks();
        }
    }

    /// Tells of the blocks that have ended.
    fn end_blocks(&mut self) {
        if self.ended_blocks == 0 {
            return;
        }
        let size = self.ended_blocks.ilog2();
        self.symbol(0x12, size << 4);
        self.put(self.ended_blocks - (1 << size), size);
        self.ended_blocks = 0;
        let mut corrections = std::mem::take(&mut self.corrections);
        self.put_all(&mut corrections);
    }
}
