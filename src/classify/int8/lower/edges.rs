//! Where programs begin and end: the camera's pixels, tensors that go in, results that come out.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{AxisOp, bail, format_err};

use super::value::{Map, Value, signed};
use super::{Lowering, Refusal, node, views};
use crate::classify::int8::build::too_large;
use crate::classify::int8::operators::Pixels;
use crate::classify::int8::program::Operator;
use crate::classify::int8::requant::Range;
use crate::classify::int8::section::{Given, Made, Section};
use crate::classify::int8::shape::Shape;
use crate::classify::onnx::QuantizeLinear;

impl Lowering<'_> {
    /// The model's input: the camera's pixels, if all that reads them quantises them.
    pub(super) fn input(&mut self, node: &TypedNode) -> TractResult<()> {
        let outlet = OutletId::new(node.id, 0);
        let fact = self.graph.outlet_fact(outlet)?;
        let readers = self.graph.outlet_successors(outlet);
        let quantises =
            |reader: &InletId| node::quantisation(self.graph.node(reader.node)).is_some();
        let sides =
            fact.shape
                .as_concrete()
                .and_then(|shape| match (shape, self.pixels.channel_last) {
                    ([1, 3, height, width], false) | ([1, height, width, 3], true) => {
                        Some([*height, *width])
                    }
                    _ => None,
                });
        let is_output = self.graph.output_outlets()?.contains(&outlet);
        let target = match sides {
            Some([height, width])
                if !readers.is_empty() && readers.iter().all(quantises) && !is_output =>
            {
                self.takes_pixels = true;
                self.target
                    .add_source(&node.name, u8::fact([1, height, width, 3]))?
            }
            _ => self.target.add_source(&node.name, fact.clone())?,
        };
        self.outside.insert(outlet, target);
        Ok(())
    }

    /// The camera's pixels as the first map of bytes.
    pub(super) fn pixels(
        &mut self,
        outlet: OutletId,
        by: QuantizeLinear,
    ) -> Result<Value, Refusal> {
        let target = self.outside[&outlet];
        let fact = self
            .target
            .outlet_fact(target)
            .map_err(|_| Refusal::NotOurs)?;
        let sides = fact.shape.as_concrete().ok_or(Refusal::NotOurs)?;
        let shape = Shape {
            height: sides[1],
            width: sides[2],
            channels: 3,
        };
        let zero = signed(by.zero, by.unsigned).map_err(Refusal::broken)?;
        let range = Range::full(zero);
        let table = |channel: usize| {
            std::array::from_fn(|pixel| {
                let value =
                    (pixel as f32).mul_add(self.pixels.scale[channel], self.pixels.offset[channel]);
                range.byte(value / by.scale)
            })
        };
        let pixels = Pixels::new(Box::new([table(0), table(1), table(2)]));
        let id = self
            .builder
            .bytes(Operator::Pixels(pixels), Vec::new(), shape.len());
        self.given.push((target, Given::Pixels));
        let value = Value::Bytes(Map {
            id,
            shape,
            order: None,
            unsigned: by.unsigned,
        });
        if !self.pixels.channel_last {
            return Ok(value);
        }
        let mut places = views::numbered(shape)?;
        let last = AxisOp::Move(1, 3);
        let moved = last.change_tensor(&mut places, false);
        moved.map_err(|error| Refusal::why(error.to_string()))?;
        Ok(views::settled(value, places))
    }

    /// What the program at hand knows of a tensor; bytes of the graph are taken in.
    pub(super) fn value(&mut self, outlet: OutletId) -> Result<Value, Refusal> {
        if let Some(value) = self.values.get(&outlet) {
            return Ok(value.clone());
        }
        let target = *self.outside.get(&outlet).ok_or(Refusal::NotOurs)?;
        let fact = self
            .target
            .outlet_fact(target)
            .map_err(|_| Refusal::NotOurs)?;
        let unsigned = match fact.datum_type {
            DatumType::I8 => false,
            DatumType::U8 => true,
            _ => return Err(Refusal::NotOurs),
        };
        let Some([1, channels, height, width]) = fact.shape.as_concrete() else {
            return Err(Refusal::why("its input is not one picture".into()));
        };
        let shape = Shape {
            height: *height,
            width: *width,
            channels: *channels,
        };
        if shape.len() == 0 || too_large(shape.len()) {
            return Err(Refusal::why("its input is empty, or too large".into()));
        }
        let id = self.builder.input(shape.len());
        self.given.push((target, Given::Bytes { shape, unsigned }));
        let value = Value::Bytes(Map {
            id,
            shape,
            order: None,
            unsigned,
        });
        self.values.insert(outlet, value.clone());
        Ok(value)
    }

    /// A tensor in the new graph; constants are added when somebody reads them.
    pub(super) fn tensor(&mut self, outlet: OutletId) -> TractResult<OutletId> {
        if let Some(target) = self.outside.get(&outlet) {
            return Ok(*target);
        }
        let Some(constant) = self.graph.outlet_fact(outlet)?.konst.clone() else {
            bail!(
                "{} has not been computed",
                self.graph.node(outlet.node).name
            );
        };
        let name = format!("{}.{}", self.graph.node(outlet.node).name, outlet.slot);
        let target = self.target.add_const(name, constant)?;
        self.outside.insert(outlet, target);
        Ok(target)
    }

    /// Ends the program at hand: what is still to be read becomes tensors of the graph.
    pub(super) fn close(&mut self) -> TractResult<()> {
        let values = std::mem::take(&mut self.values);
        self.origins.clear();
        let outputs = self.graph.output_outlets()?.to_vec();
        let mut live: Vec<(OutletId, Value)> = values
            .into_iter()
            .filter(|(outlet, _)| !self.outside.contains_key(outlet))
            .filter(|(outlet, _)| {
                let readers = self.graph.outlet_successors(*outlet);
                outputs.contains(outlet)
                    || readers
                        .iter()
                        .any(|reader| self.position[&reader.node] >= self.now)
            })
            .collect();
        live.sort_by_key(|(outlet, _)| *outlet);
        let mut made = Vec::with_capacity(live.len());
        for (outlet, value) in &live {
            let fact = self.graph.outlet_fact(*outlet)?.without_value();
            made.push(self.made(value, fact).map_err(|refusal| match refusal {
                Refusal::Broken(reason) | Refusal::Uncovered(reason) => format_err!("{reason}"),
                Refusal::NotOurs => format_err!("a result cannot be handed over"),
            })?);
        }
        let mut builder = std::mem::take(&mut self.builder);
        let given = std::mem::take(&mut self.given);
        if live.is_empty() {
            // Nothing is wanted: inputs that were taken in are still where they came from.
            return Ok(());
        }
        for made in &made {
            builder.output(made.id);
        }
        let (sources, given): (Vec<OutletId>, Vec<Given>) = given.into_iter().unzip();
        let section = Section::new(builder.finish(), given, made);
        let name = format!("int8.{}", self.target.nodes().len());
        let targets = self.target.wire_node(name, section, &sources)?;
        for ((outlet, _), target) in live.iter().zip(targets) {
            self.outside.insert(*outlet, target);
        }
        Ok(())
    }

    /// A value that leaves the program.
    fn made(&mut self, value: &Value, fact: TypedFact) -> Result<Made, Refusal> {
        let (value, places) = match value {
            Value::Moved(value, places) => (&**value, Some(places.clone())),
            value => (value, None),
        };
        let (id, unsigned) = match value {
            Value::Bytes(map) => (self.ordered(map), map.unsigned),
            Value::Real(real) => (self.computed(real)?.0, false),
            Value::Moved(..) => return Err(Refusal::NotOurs),
        };
        Ok(Made {
            id,
            shape: value.shape(),
            unsigned,
            places,
            fact,
        })
    }
}
