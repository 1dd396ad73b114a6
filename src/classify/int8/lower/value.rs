//! What the rewrite knows of a tensor of the graph.

use std::sync::Arc;

use tract_onnx::prelude::Tensor;

use crate::classify::int8::build::Id;
use crate::classify::int8::operators::{RealTable, all_bytes};
use crate::classify::int8::shape::Shape;

/// A map of bytes in the program.
#[derive(Debug, Clone)]
pub(super) struct Map {
    /// The result that holds it.
    pub id: Id,
    /// Its size.
    pub shape: Shape,
    /// Where each channel lies in a pixel, if not at its own number.
    pub order: Option<Arc<[usize]>>,
    /// Whether the graph holds it as bytes without sign; the program's are then 128 lower.
    pub unsigned: bool,
}

impl Map {
    /// The graph's zero point as the program's.
    ///
    /// # Errors
    /// It is no byte.
    pub fn zero(&self, zero: i32) -> Result<i8, String> {
        signed(zero, self.unsigned)
    }
}

/// A zero point of the graph as one of the program.
///
/// # Errors
/// It is no byte.
pub(super) fn signed(zero: i32, unsigned: bool) -> Result<i8, String> {
    let moved = if unsigned { zero - 128 } else { zero };
    i8::try_from(moved).map_err(|_| format!("the zero point {zero} is no byte"))
}

/// A dequantised map: `(byte - zero) * scale`, each pixel repeated `upsample` times each way.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    /// The bytes.
    pub map: Map,
    /// The byte that stands for zero.
    pub zero: i8,
    /// The step.
    pub scale: f32,
    /// The repetition.
    pub upsample: usize,
}

impl Linear {
    /// Its size.
    pub fn shape(&self) -> Shape {
        Shape {
            height: self.map.shape.height * self.upsample,
            width: self.map.shape.width * self.upsample,
            channels: self.map.shape.channels,
        }
    }

    /// Its value for each byte.
    pub fn table(&self) -> Box<RealTable> {
        let mut table = Box::new([0.0; 256]);
        for (value, byte) in table.iter_mut().zip(all_bytes()) {
            *value = (i32::from(byte) - i32::from(self.zero)) as f32 * self.scale;
        }
        table
    }
}

/// A real tensor of the graph. Only [`Computed`](Real::Computed) exists in the program: the others
/// say how to make it of bytes, and are mostly quantised again before they ever exist.
#[derive(Debug, Clone)]
pub(super) enum Real {
    /// A dequantised map.
    Linear(Linear),
    /// A function of the bytes of a map.
    Function(Linear, Box<RealTable>),
    /// The sum of two maps, held within limits.
    Sum([Linear; 2], f32, f32),
    /// A map times a gate a channel and a gate a pixel.
    Gated {
        /// The map.
        map: Linear,
        /// A factor a channel.
        channel: Option<Id>,
        /// A factor a pixel.
        pixel: Option<Id>,
    },
    /// Maps behind each other.
    Behind(Vec<Real>),
    /// Numbers in the program.
    Computed(Id, Shape),
}

impl Real {
    /// Its size.
    pub fn shape(&self) -> Shape {
        match self {
            Self::Linear(linear)
            | Self::Function(linear, _)
            | Self::Sum([linear, _], ..)
            | Self::Gated { map: linear, .. } => linear.shape(),
            Self::Computed(_, shape) => *shape,
            Self::Behind(parts) => {
                let mut whole = parts[0].shape();
                whole.channels = parts.iter().map(|part| part.shape().channels).sum();
                whole
            }
        }
    }
}

/// A tensor of the graph that the program computes.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Bytes.
    Bytes(Map),
    /// Real numbers.
    Real(Real),
    /// One of these, with its axes moved: for each element, where it was in the NCHW order.
    Moved(Box<Value>, Arc<Tensor>),
}

impl Value {
    /// Its size, if its axes are where they should be.
    pub fn shape(&self) -> Shape {
        match self {
            Self::Bytes(map) => map.shape,
            Self::Real(real) => real.shape(),
            Self::Moved(value, _) => value.shape(),
        }
    }
}
