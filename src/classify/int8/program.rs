//! A network, or a part of one, as a list of operators over a few reused pieces of memory.

use super::memory::{Memory, Slot, Store};
use super::operators::{
    Add, Combination, Concat, Conv, Depthwise, Function, Gate, Lookup, OverChannels, OverPixels,
    Pixels, Quantise, Reorder, join,
};
use super::report::Layer;

/// What a step does, and with what. Maps of bytes come first, real numbers after them.
#[derive(Debug)]
pub(super) enum Operator {
    /// Converts the camera's pixels.
    Pixels(Pixels),
    /// A convolution by matrix products.
    Conv(Conv),
    /// A depthwise convolution.
    Depthwise(Depthwise),
    /// The sum of two maps.
    Add(Add),
    /// A table of bytes.
    Lookup(Lookup<i8>),
    /// Maps behind each other.
    Concat(Concat),
    /// Channels in another order.
    Reorder(Reorder),
    /// A value a channel; of a gated map, if there are gates.
    OverPixels(OverPixels, Gates),
    /// A value a pixel; a gate a channel may be its second input.
    OverChannels(OverChannels),
    /// The product with gates: bytes, or numbers where it is never quantised.
    Gate(Gate, Gates),
    /// Bytes become numbers.
    Dequantise(Lookup<f32>),
    /// Numbers become bytes.
    Quantise(Quantise),
    /// A function of each number.
    Map(Function),
    /// A function of each pair of numbers.
    Combine(Combination),
    /// Numbers behind each other; the channels of each.
    Join(Vec<usize>),
}

/// Which gates a step has. They are its inputs after the first, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gates {
    /// A factor a channel.
    pub channel: bool,
    /// A factor a pixel.
    pub pixel: bool,
}

impl Gates {
    /// The factors a channel and those a pixel.
    fn of<'s>(self, inputs: &[Slot], store: &'s Store) -> [Option<&'s [f32]>; 2] {
        let channel = self.channel.then(|| store.reals(inputs[1]));
        let pixel = self
            .pixel
            .then(|| store.reals(inputs[1 + usize::from(self.channel)]));
        [channel, pixel]
    }
}

/// An operator with the places of its inputs and of its output.
#[derive(Debug)]
pub(super) struct Step {
    /// What is done.
    pub operator: Operator,
    /// What is read.
    pub inputs: Vec<Slot>,
    /// What is written.
    pub output: Slot,
    /// How many values that is.
    pub length: usize,
    /// The layer of the network that it computes.
    pub layer: Layer,
}

/// Steps in the order in which they run.
#[derive(Debug)]
pub(super) struct Program {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Program {
    /// Runs all steps. `pixels` is the camera's picture, where the program begins with one.
    pub fn run(&self, pixels: &[u8], memory: &mut Memory) {
        self.run_and_tell(pixels, memory, |_| {});
    }

    /// Runs all steps and calls `done` after each.
    pub fn run_and_tell(&self, pixels: &[u8], memory: &mut Memory, mut done: impl FnMut(&Layer)) {
        for step in &self.steps {
            step.run(pixels, memory);
            done(&step.layer);
        }
    }

    /// The bytes of a ring, and how many starts, that the neediest step wants of each thread.
    pub fn scratch(&self) -> (usize, usize) {
        let needs = self.steps.iter().map(|step| match &step.operator {
            Operator::Conv(conv) => conv.scratch(),
            Operator::Depthwise(depthwise) => depthwise.scratch(),
            _ => (0, 0),
        });
        needs.fold((0, 0), |most, need| {
            (most.0.max(need.0), most.1.max(need.1))
        })
    }
}

impl Step {
    fn run(&self, pixels: &[u8], memory: &mut Memory) {
        match self.output {
            Slot::Bytes(_) => {
                let mut out = memory.take_bytes(self.output);
                self.bytes(pixels, memory, &mut out[..self.length]);
                memory.put_bytes(self.output, out);
            }
            Slot::Reals(_) => {
                let mut out = memory.take_reals(self.output);
                self.reals(memory, &mut out[..self.length]);
                memory.put_reals(self.output, out);
            }
        }
    }

    /// A step whose output is a map of bytes.
    fn bytes(&self, pixels: &[u8], memory: &mut Memory, out: &mut [i8]) {
        let (store, pool, scratch) = memory.parts();
        let bytes = |input: usize| store.bytes(self.inputs[input]);
        let reals = |input: usize| store.reals(self.inputs[input]);
        match &self.operator {
            Operator::Pixels(op) => op.run(pixels, out),
            Operator::Conv(op) => op.run(bytes(0), out, pool, scratch),
            Operator::Depthwise(op) => op.run(bytes(0), out, pool, scratch),
            Operator::Add(op) => op.run(bytes(0), bytes(1), out, pool, scratch),
            Operator::Lookup(op) => op.run(bytes(0), out),
            Operator::Concat(op) => {
                op.run(self.inputs.iter().map(|slot| store.bytes(*slot)), out);
            }
            Operator::Reorder(op) => op.run(bytes(0), out),
            Operator::Gate(gate, gates) => {
                let [channel, pixel] = gates.of(&self.inputs, store);
                gate.run(bytes(0), channel, pixel, out, pool, scratch);
            }
            Operator::Quantise(op) => op.run(reals(0), out),
            Operator::OverPixels(..)
            | Operator::OverChannels(_)
            | Operator::Dequantise(_)
            | Operator::Map(_)
            | Operator::Combine(_)
            | Operator::Join(_) => unreachable!("the builder gives these a place for numbers"),
        }
    }

    /// A step whose output is numbers.
    fn reals(&self, memory: &mut Memory, out: &mut [f32]) {
        let (store, ..) = memory.parts();
        let bytes = |input: usize| store.bytes(self.inputs[input]);
        let reals = |input: usize| store.reals(self.inputs[input]);
        match &self.operator {
            Operator::OverPixels(
                op,
                Gates {
                    channel: false,
                    pixel: false,
                },
            ) => {
                op.run(bytes(0), out);
            }
            Operator::OverPixels(op, gates) => {
                let [channel, pixel] = gates.of(&self.inputs, store);
                op.run_gated(bytes(0), channel, pixel, out);
            }
            Operator::Gate(gate, gates) => {
                let [channel, pixel] = gates.of(&self.inputs, store);
                gate.run_real(bytes(0), channel, pixel, out);
            }
            Operator::OverChannels(op) => {
                let gate = (self.inputs.len() > 1).then(|| reals(1));
                op.run(bytes(0), gate, out);
            }
            Operator::Dequantise(op) => op.run(bytes(0), out),
            Operator::Map(function) => {
                for (out, value) in out.iter_mut().zip(reals(0)) {
                    *out = function.of(*value);
                }
            }
            Operator::Combine(combination) => {
                for ((out, a), b) in out.iter_mut().zip(reals(0)).zip(reals(1)) {
                    *out = combination.of(*a, *b);
                }
            }
            Operator::Join(channels) => {
                join(
                    channels,
                    self.inputs.iter().map(|slot| store.reals(*slot)),
                    out,
                );
            }
            Operator::Pixels(_)
            | Operator::Conv(_)
            | Operator::Depthwise(_)
            | Operator::Add(_)
            | Operator::Lookup(_)
            | Operator::Concat(_)
            | Operator::Reorder(_)
            | Operator::Quantise(_) => unreachable!("the builder gives these a place for bytes"),
        }
    }
}
