//! Puts a program together: steps over results of their own, which then share memory.

use super::memory::{Sizes, Slot};
use super::program::{Operator, Program, Step};
use super::report::Layer;

/// A result of a step (or an input of the program), before it has a place in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Id(usize);

/// Whether a result is bytes or numbers, and how many.
#[derive(Debug, Clone, Copy)]
enum Need {
    Bytes(usize),
    Reals(usize),
}

impl Need {
    fn length(self) -> usize {
        match self {
            Self::Bytes(length) | Self::Reals(length) => length,
        }
    }
}

/// The most bytes that one result may have: more than any picture that a Pi can look at needs.
const LARGEST: usize = 1 << 26;

/// A program that grows.
#[derive(Debug, Default)]
pub(super) struct Builder {
    needs: Vec<Need>,
    inputs: Vec<Id>,
    steps: Vec<Pending>,
    outputs: Vec<Id>,
    layer: Layer,
}

/// A step whose memory is not known yet.
#[derive(Debug)]
struct Pending {
    operator: Operator,
    inputs: Vec<Id>,
    output: Id,
    layer: Layer,
}

/// A finished program, with the places of what goes in and comes out.
#[derive(Debug)]
pub(super) struct Built {
    /// The steps.
    pub program: Program,
    /// The memory.
    pub sizes: Sizes,
    /// Places that are filled before it runs.
    pub inputs: Vec<Slot>,
    /// Places that are read after it has run.
    pub outputs: Vec<Slot>,
}

impl Builder {
    /// An input of `length` bytes that is filled from outside.
    pub fn input(&mut self, length: usize) -> Id {
        let id = self.need(Need::Bytes(length));
        self.inputs.push(id);
        id
    }

    /// A step that gives `length` bytes.
    pub fn bytes(&mut self, operator: Operator, inputs: Vec<Id>, length: usize) -> Id {
        self.step(operator, inputs, Need::Bytes(length))
    }

    /// A step that gives `length` numbers.
    pub fn reals(&mut self, operator: Operator, inputs: Vec<Id>, length: usize) -> Id {
        self.step(operator, inputs, Need::Reals(length))
    }

    /// Steps from now on compute `layer`.
    pub fn begin(&mut self, layer: Layer) {
        self.layer = layer;
    }

    /// Keeps a result until the end.
    pub fn output(&mut self, id: Id) {
        self.outputs.push(id);
    }

    fn step(&mut self, operator: Operator, inputs: Vec<Id>, need: Need) -> Id {
        let id = self.need(need);
        self.steps.push(Pending {
            operator,
            inputs,
            output: id,
            layer: self.layer.clone(),
        });
        id
    }

    fn need(&mut self, need: Need) -> Id {
        self.needs.push(need);
        Id(self.needs.len() - 1)
    }

    /// Gives each result a place, which it leaves to others after its last use.
    pub fn finish(self) -> Built {
        let mut last_use = vec![0; self.needs.len()];
        for (at, step) in self.steps.iter().enumerate() {
            for id in step.inputs.iter().chain([&step.output]) {
                last_use[id.0] = at;
            }
        }
        for id in &self.outputs {
            last_use[id.0] = usize::MAX;
        }
        let mut places = Places::new(self.needs.len());
        for id in &self.inputs {
            places.place(*id, self.needs[id.0]);
        }
        let mut steps = Vec::with_capacity(self.steps.len());
        for (at, step) in self.steps.into_iter().enumerate() {
            let Pending {
                operator,
                inputs,
                output,
                layer,
            } = step;
            let slot = places.place(output, self.needs[output.0]);
            for id in inputs.iter().chain([&output]) {
                if last_use[id.0] == at {
                    places.leave(*id);
                }
            }
            steps.push(Step {
                operator,
                inputs: inputs.iter().map(|id| places.of(*id)).collect(),
                output: slot,
                length: self.needs[output.0].length(),
                layer,
            });
        }
        Built {
            inputs: self.inputs.iter().map(|id| places.of(*id)).collect(),
            outputs: self.outputs.iter().map(|id| places.of(*id)).collect(),
            program: Program { steps },
            sizes: places.sizes,
        }
    }
}

/// Says whether a result of so many values is too large to be meant.
pub(super) fn too_large(values: usize) -> bool {
    values > LARGEST
}

/// Places in memory, taken and free.
struct Places {
    slots: Vec<Option<Slot>>,
    free: Vec<Slot>,
    sizes: Sizes,
}

impl Places {
    fn new(results: usize) -> Self {
        Self {
            slots: vec![None; results],
            free: Vec::new(),
            sizes: Sizes::default(),
        }
    }

    /// Takes the place that was left last, whose memory is the likeliest to be in the cache.
    fn place(&mut self, id: Id, need: Need) -> Slot {
        let fits = |slot: &Slot| {
            matches!(
                (slot, need),
                (Slot::Bytes(_), Need::Bytes(_)) | (Slot::Reals(_), Need::Reals(_))
            )
        };
        let slot = match self.free.iter().rposition(fits) {
            Some(at) => self.free.remove(at),
            None => self.new_place(need),
        };
        let (size, length) = match (slot, need) {
            (Slot::Bytes(at), Need::Bytes(length)) => (&mut self.sizes.bytes[at], length),
            (Slot::Reals(at), Need::Reals(length)) => (&mut self.sizes.reals[at], length),
            _ => unreachable!("places are chosen by kind"),
        };
        *size = length.max(*size);
        self.slots[id.0] = Some(slot);
        slot
    }

    fn new_place(&mut self, need: Need) -> Slot {
        match need {
            Need::Bytes(_) => {
                self.sizes.bytes.push(0);
                Slot::Bytes(self.sizes.bytes.len() - 1)
            }
            Need::Reals(_) => {
                self.sizes.reals.push(0);
                Slot::Reals(self.sizes.reals.len() - 1)
            }
        }
    }

    fn leave(&mut self, id: Id) {
        let slot = self.of(id);
        if !self.free.contains(&slot) {
            self.free.push(slot);
        }
    }

    fn of(&self, id: Id) -> Slot {
        self.slots[id.0].expect("a step's inputs are made before it")
    }
}
