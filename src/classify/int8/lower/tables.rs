//! Maps that are a table of another map, byte by byte: two of the same one have a product that is again a
//! table of it, as activations like `x * sigmoid(x)` are.

use super::Lowering;
use super::value::{Linear, Map, Real};
use crate::classify::int8::build::Id;
use crate::classify::int8::operators::{ByteTable, Combination, RealTable, all_bytes, place};

/// What a map's bytes were looked up in.
#[derive(Debug)]
pub(super) struct Origin {
    map: Map,
    table: Box<ByteTable>,
}

impl Lowering<'_> {
    /// Remembers that each byte of the map `made` is that of `from` looked up in `table`.
    pub(super) fn looked_up(&mut self, made: Id, from: &Map, table: Box<ByteTable>) {
        let map = from.clone();
        self.origins.insert(made, Origin { map, table });
    }

    /// Both tensors together as one function of the bytes of one map, where they are.
    pub(super) fn of_one_map(&self, a: &Real, b: &Real, how: Combination) -> Option<Real> {
        let (a, b) = (self.functions(a), self.functions(b));
        for (map, of_a) in &a {
            let same = |other: &Map| other.id == map.id && other.order == map.order;
            let Some((_, of_b)) = b.iter().find(|(other, _)| same(other)) else {
                continue;
            };
            let mut table = of_a.clone();
            for (value, other) in table.iter_mut().zip(&**of_b) {
                *value = how.of(*value, *other);
            }
            // Only the table counts; how the map itself is dequantised is nobody's question any more.
            let linear = Linear {
                map: map.clone(),
                zero: 0,
                scale: 1.0,
                upsample: 1,
            };
            return Some(Real::Function(linear, table));
        }
        None
    }

    /// A tensor as a function of the map that it is made of, and of those which that was looked up in.
    fn functions(&self, real: &Real) -> Vec<(Map, Box<RealTable>)> {
        let (linear, mut table) = match real {
            Real::Linear(linear) => (linear, linear.table()),
            Real::Function(linear, table) => (linear, table.clone()),
            _ => return Vec::new(),
        };
        if linear.upsample != 1 {
            return Vec::new();
        }
        let mut map = &linear.map;
        let mut functions = vec![(map.clone(), table.clone())];
        while let Some(origin) = self.origins.get(&map.id) {
            let before = table;
            table = Box::new([0.0; 256]);
            for byte in all_bytes() {
                table[place(byte)] = before[place(origin.table[place(byte)])];
            }
            map = &origin.map;
            functions.push((map.clone(), table.clone()));
        }
        functions
    }
}
