//! What a program computes in: made once, reused for every picture.

use super::operators::Scratch;
use super::packing::SLACK;
use super::pool::Pool;
use super::program::Program;

/// A piece of memory that several results use one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// Holds bytes.
    Bytes(usize),
    /// Holds real numbers.
    Reals(usize),
}

/// The pieces of memory of a program.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    bytes: Vec<Vec<i8>>,
    reals: Vec<Vec<f32>>,
}

/// How much memory a program needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Lengths of the places for bytes.
    pub bytes: Vec<usize>,
    /// Lengths of the places for numbers.
    pub reals: Vec<usize>,
}

/// The memory of a program, with the threads that share its work.
#[derive(Debug)]
pub(super) struct Memory {
    store: Store,
    pool: Pool,
    scratch: Vec<Scratch>,
}

impl Memory {
    /// All that `program` needs to run on `threads` threads.
    pub fn new(program: &Program, sizes: &Sizes, threads: usize) -> Self {
        let pool = Pool::new(threads);
        let (ring, starts) = program.scratch();
        let scratch = (0..pool.threads())
            .map(|_| Scratch {
                ring: vec![0; ring],
                starts: Vec::with_capacity(starts),
            })
            .collect();
        Self {
            store: Store {
                bytes: (sizes.bytes.iter().map(|length| vec![0; length + SLACK])).collect(),
                reals: sizes
                    .reals
                    .iter()
                    .map(|length| vec![0.0; *length])
                    .collect(),
            },
            pool,
            scratch,
        }
    }

    /// What steps read, and with what they work.
    pub fn parts(&mut self) -> (&Store, &Pool, &mut [Scratch]) {
        (&self.store, &self.pool, &mut self.scratch)
    }

    /// The pieces.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Takes a place for bytes out, so that it can be written while others are read.
    pub fn take_bytes(&mut self, slot: Slot) -> Vec<i8> {
        match slot {
            Slot::Bytes(at) => std::mem::take(&mut self.store.bytes[at]),
            Slot::Reals(_) => unreachable!("a place for numbers holds no bytes"),
        }
    }

    /// Puts it back.
    pub fn put_bytes(&mut self, slot: Slot, bytes: Vec<i8>) {
        if let Slot::Bytes(at) = slot {
            self.store.bytes[at] = bytes;
        }
    }

    /// Takes a place for numbers out, so that it can be written while others are read.
    pub fn take_reals(&mut self, slot: Slot) -> Vec<f32> {
        match slot {
            Slot::Reals(at) => std::mem::take(&mut self.store.reals[at]),
            Slot::Bytes(_) => unreachable!("a place for bytes holds no numbers"),
        }
    }

    /// Puts it back.
    pub fn put_reals(&mut self, slot: Slot, reals: Vec<f32>) {
        if let Slot::Reals(at) = slot {
            self.store.reals[at] = reals;
        }
    }
}

impl Store {
    /// The bytes in a place, with slack behind them.
    pub fn bytes(&self, slot: Slot) -> &[i8] {
        match slot {
            Slot::Bytes(at) => &self.bytes[at],
            Slot::Reals(_) => unreachable!("a place for numbers holds no bytes"),
        }
    }

    /// The numbers in a place.
    pub fn reals(&self, slot: Slot) -> &[f32] {
        match slot {
            Slot::Reals(at) => &self.reals[at],
            Slot::Bytes(_) => unreachable!("a place for bytes holds no numbers"),
        }
    }
}
