//! A program as an operator of tract's graph, and on its own where it is the whole graph.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{
    EvalContext, EvalOp, Op, StaticName, TractErrorContext, TypedOp, as_op, op_as_typed_op,
    op_out_of_plan,
};

use super::build::{Built, Id};
use super::memory::{Memory, Sizes, Slot, Store};
use super::program::Program;
use super::report::Layer;
use super::shape::Shape;

/// What a section is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// The camera's pixels.
    Pixels,
    /// A tensor of bytes.
    Bytes {
        /// Its size.
        shape: Shape,
        /// Whether its bytes are without sign.
        unsigned: bool,
    },
}

/// What a section makes.
#[derive(Debug, Clone)]
pub(super) struct Made {
    /// The program's result.
    pub id: Id,
    /// Its size.
    pub shape: Shape,
    /// Whether the graph wants bytes without sign.
    pub unsigned: bool,
    /// Where each element was in the NCHW order, if the axes are moved.
    pub places: Option<Arc<Tensor>>,
    /// The tensor in the graph.
    pub fact: TypedFact,
}

/// An operator of tract's graph that runs a program.
#[derive(Debug, Clone)]
pub(in crate::classify) struct Section(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    program: Program,
    sizes: Sizes,
    given: Vec<Given>,
    inputs: Vec<Slot>,
    made: Vec<Made>,
    outputs: Vec<Slot>,
    /// Made when the first picture comes, so that the thread that runs the section owns its threads.
    memory: Mutex<Option<Memory>>,
    threads: AtomicUsize,
    /// Nanoseconds that it has worked.
    busy: AtomicU64,
}

impl Section {
    pub(super) fn new(built: Built, given: Vec<Given>, made: Vec<Made>) -> Self {
        Self(Arc::new(Inside {
            program: built.program,
            sizes: built.sizes,
            given,
            inputs: built.inputs,
            made,
            outputs: built.outputs,
            memory: Mutex::new(None),
            threads: AtomicUsize::new(1),
            busy: AtomicU64::new(0),
        }))
    }

    /// How many threads are to share its work.
    pub fn set_threads(&self, threads: usize) {
        self.0.threads.store(threads, Ordering::Relaxed);
    }

    /// How long it has worked since it was made.
    pub fn busy(&self) -> Duration {
        Duration::from_nanos(self.0.busy.load(Ordering::Relaxed))
    }

    /// Whether it makes nothing but vectors of real numbers, of nothing but the camera's pixels: then
    /// it can [`classify`](Self::classify).
    pub fn is_whole(&self) -> bool {
        let vector = |made: &Made| {
            made.shape.is_vector()
                && made.fact.datum_type == f32::datum_type()
                && made.places.is_none()
        };
        self.0.given == [Given::Pixels] && self.0.made.iter().all(vector)
    }

    /// Runs the program on `pixels` and hands its vectors to `take`. Allocates nothing but its memory,
    /// at the first call.
    pub fn classify<T>(&self, pixels: &[u8], take: impl FnOnce(&Vectors<'_>) -> T) -> T {
        self.classify_and_tell(pixels, take, |_| {})
    }

    /// The same, with a call of `done` after each step.
    pub fn classify_and_tell<T>(
        &self,
        pixels: &[u8],
        take: impl FnOnce(&Vectors<'_>) -> T,
        done: impl FnMut(&Layer),
    ) -> T {
        self.with_memory(|inside, memory| {
            inside.program.run_and_tell(pixels, memory, done);
            take(&Vectors {
                inside,
                store: memory.store(),
            })
        })
    }

    fn with_memory<T>(&self, work: impl FnOnce(&Inside, &mut Memory) -> T) -> T {
        let inside = &*self.0;
        let mut memory = inside.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let threads = inside.threads.load(Ordering::Relaxed);
        // After a panic pieces of the memory may be missing; it is made anew.
        let mut own = memory
            .take()
            .unwrap_or_else(|| Memory::new(&inside.program, &inside.sizes, threads));
        let began = Instant::now();
        let result = work(inside, &mut own);
        let nanos = began.elapsed().as_nanos() as u64;
        inside.busy.fetch_add(nanos, Ordering::Relaxed);
        *memory = Some(own);
        result
    }
}

/// The vectors that a section has made of a picture.
pub(in crate::classify) struct Vectors<'s> {
    inside: &'s Inside,
    store: &'s Store,
}

impl Vectors<'_> {
    /// The vector that is the section's output `slot` in the graph.
    pub fn at(&self, slot: usize) -> &[f32] {
        let numbers = self.store.reals(self.inside.outputs[slot]);
        &numbers[..self.inside.made[slot].shape.len()]
    }
}

impl PartialEq for Section {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Section {}

impl Op for Section {
    fn name(&self) -> StaticName {
        "Int8Section".into()
    }

    op_as_typed_op!();
}

impl TypedOp for Section {
    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(self.0.made.iter().map(|made| made.fact.clone()).collect())
    }

    as_op!();
}

impl EvalOp for Section {
    op_out_of_plan!();

    fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        self.with_memory(|inside, memory| {
            let mut pixels: &[u8] = &[];
            let mut slots = inside.inputs.iter();
            for (given, input) in inside.given.iter().zip(&inputs) {
                match given {
                    Given::Pixels => pixels = input.try_as_plain_ram()?.as_slice::<u8>()?,
                    Given::Bytes { shape, unsigned } => {
                        let slot = *slots.next().context("an input has no place")?;
                        let mut place = memory.take_bytes(slot);
                        take_in(input, *shape, *unsigned, &mut place)?;
                        memory.put_bytes(slot, place);
                    }
                }
            }
            inside.program.run(pixels, memory);
            let made = inside.made.iter().zip(&inside.outputs);
            made.map(|(made, slot)| Ok(hand_out(made, *slot, memory)?.into_tvalue()))
                .collect()
        })
    }
}

/// Copies a tensor of the graph, planes behind each other, into a map, pixels behind each other.
fn take_in(tensor: &Tensor, shape: Shape, unsigned: bool, to: &mut [i8]) -> TractResult<()> {
    let plane = shape.height * shape.width;
    let here = |at: usize| at % plane * shape.channels + at / plane;
    if unsigned {
        for (at, byte) in tensor
            .try_as_plain_ram()?
            .as_slice::<u8>()?
            .iter()
            .enumerate()
        {
            to[here(at)] = (byte ^ 0x80).cast_signed();
        }
    } else {
        for (at, byte) in tensor
            .try_as_plain_ram()?
            .as_slice::<i8>()?
            .iter()
            .enumerate()
        {
            to[here(at)] = *byte;
        }
    }
    Ok(())
}

/// A result as a tensor of the graph.
fn hand_out(made: &Made, slot: Slot, memory: &Memory) -> TractResult<Tensor> {
    let shape: TVec<usize> = made
        .fact
        .shape
        .as_concrete()
        .context("the shape is not known")?
        .into();
    let plane = made.shape.height * made.shape.width;
    let channels = made.shape.channels;
    // From the place in the graph's tensor to the one in NCHW order, to the one in the program.
    let nchw: Vec<usize> = match &made.places {
        Some(places) => {
            let places = places.to_plain_array_view::<u64>()?;
            places.iter().map(|place| *place as usize).collect()
        }
        None => (0..made.shape.len()).collect(),
    };
    let here = |at: &usize| at % plane * channels + at / plane;
    let store = memory.store();
    match (slot, made.unsigned) {
        (Slot::Bytes(_), true) => {
            let bytes = store.bytes(slot);
            let values: Vec<u8> = nchw
                .iter()
                .map(|at| bytes[here(at)].cast_unsigned() ^ 0x80)
                .collect();
            Tensor::from_shape(&shape, &values)
        }
        (Slot::Bytes(_), false) => {
            let bytes = store.bytes(slot);
            let values: Vec<i8> = nchw.iter().map(|at| bytes[here(at)]).collect();
            Tensor::from_shape(&shape, &values)
        }
        (Slot::Reals(_), _) => {
            let reals = store.reals(slot);
            let values: Vec<f32> = nchw.iter().map(|at| reals[here(at)]).collect();
            Tensor::from_shape(&shape, &values)
        }
    }
}
