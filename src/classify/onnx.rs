//! Operators of ONNX Runtime's own domain (`com.microsoft`) that its quantiser writes and tract does
//! not know. Each is taken apart into its definition: dequantise, compute, quantise. The integer
//! kernels put it together again where they cover it; where they do not, it runs as it stands here.

use tract_onnx::model::{OnnxOpRegister, ParsingContext};
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::broadcast::multi_broadcast;
use tract_onnx::tract_core::ops::array::TypedConcat;
use tract_onnx::tract_core::ops::math::{add, div, mul};
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer, sigmoid};
use tract_onnx::tract_core::ops::quant::{
    DequantizeLinearF32, quantize_linear_i8, quantize_linear_u8,
};
#[allow(
    clippy::wildcard_imports,
    reason = "what tract offers to those who write operators"
)]
use tract_onnx::tract_hir::internal::*;

/// tract's reader of ONNX files, with these operators.
pub(super) fn reader() -> tract_onnx::Onnx {
    let mut reader = tract_onnx::onnx();
    register(&mut reader.op_register);
    reader
}

fn register(register: &mut OnnxOpRegister) {
    register.insert("QLinearAdd", |_, _| Ok(two(Kind::Add)));
    register.insert("QLinearMul", |_, _| Ok(two(Kind::Mul)));
    register.insert("QLinearSigmoid", |_, _| Ok(one(Kind::Sigmoid)));
    register.insert("QLinearGlobalAveragePool", global_average_pool);
    register.insert("QLinearConcat", concat);
}

type Parsed = (Box<dyn InferenceOp>, Vec<String>);

fn two(kind: Kind) -> Parsed {
    let inputs = vec![Quantised::at(0), Quantised::at(3)];
    let op = QLinear {
        kind,
        inputs,
        output: 6,
    };
    (expand(op), vec![])
}

fn one(kind: Kind) -> Parsed {
    let inputs = vec![Quantised::at(0)];
    let op = QLinear {
        kind,
        inputs,
        output: 3,
    };
    (expand(op), vec![])
}

fn global_average_pool(_context: &ParsingContext, node: &NodeProto) -> TractResult<Parsed> {
    if node.get_attr_opt::<i64>("channels_last")?.unwrap_or(0) != 0 {
        bail!("its channels are last, which only sortd's own layout has");
    }
    Ok(one(Kind::GlobalAveragePool))
}

fn concat(_context: &ParsingContext, node: &NodeProto) -> TractResult<Parsed> {
    let axis: i64 = node.get_attr("axis")?;
    ensure!(node.input.len() > 2, "there is nothing to join");
    let inputs = (2..node.input.len())
        .step_by(3)
        .map(Quantised::at)
        .collect();
    let op = QLinear {
        kind: Kind::Concat(axis),
        inputs,
        output: 0,
    };
    Ok((expand(op), vec![]))
}

/// An operator from bytes to bytes.
#[derive(Debug, Clone, Hash, PartialEq, Eq)]
struct QLinear {
    kind: Kind,
    inputs: Vec<Quantised>,
    /// The input that is the result's scale; its zero point is the next one.
    output: usize,
}

/// What is computed in between.
#[derive(Debug, Clone, Hash, PartialEq, Eq)]
enum Kind {
    Add,
    Mul,
    Sigmoid,
    GlobalAveragePool,
    Concat(i64),
}

/// The inputs that are a tensor, its scale and its zero point.
#[derive(Debug, Clone, Copy, Hash, PartialEq, Eq)]
struct Quantised {
    tensor: usize,
    scale: usize,
    zero: usize,
}

impl Quantised {
    fn at(tensor: usize) -> Self {
        Self {
            tensor,
            scale: tensor + 1,
            zero: tensor + 2,
        }
    }
}

impl Kind {
    /// The result's shape.
    fn shape(&self, inputs: &[TVec<TDim>]) -> TractResult<TVec<TDim>> {
        match self {
            Self::Add | Self::Mul => multi_broadcast(inputs),
            Self::Sigmoid => Ok(inputs[0].clone()),
            Self::GlobalAveragePool => {
                ensure!(inputs[0].len() > 2, "its input is no map");
                let spatial = inputs[0].iter().enumerate();
                Ok(spatial
                    .map(|(axis, dim)| if axis < 2 { dim.clone() } else { 1.to_dim() })
                    .collect())
            }
            Self::Concat(axis) => {
                let axis = axis_of(*axis, inputs[0].len())?;
                let mut shape = inputs[0].clone();
                let ranks = inputs.iter().map(TVec::len);
                ensure!(
                    ranks.min() == Some(shape.len()),
                    "its inputs have other axes"
                );
                shape[axis] = inputs.iter().map(|shape| shape[axis].clone()).sum();
                Ok(shape)
            }
        }
    }

    fn wire(
        &self,
        name: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<OutletId> {
        let outlets = match self {
            Self::Add | Self::Mul => {
                let op = if *self == Self::Add { add() } else { mul() };
                let inputs = wire_rank_broadcast(name, model, inputs)?;
                model.wire_node(name, op, &inputs)?
            }
            Self::Sigmoid => model.wire_node(name, sigmoid(), inputs)?,
            Self::GlobalAveragePool => {
                let shape = model.outlet_fact(inputs[0])?.shape.to_tvec();
                let pixels = shape[2..].iter().cloned().product::<TDim>().to_usize()?;
                let reduce = Reduce::new((2..shape.len()).collect(), Reducer::Sum);
                let sum = model.wire_node(format!("{name}.sum"), reduce, inputs)?;
                let pixels = tensor0(pixels as f32).broadcast_into_rank(shape.len())?;
                let pixels = model.add_const(format!("{name}.pixels"), pixels)?;
                model.wire_node(name, div(), &[sum[0], pixels])?
            }
            Self::Concat(axis) => {
                let rank = model.outlet_fact(inputs[0])?.rank();
                model.wire_node(name, TypedConcat::new(axis_of(*axis, rank)?), inputs)?
            }
        };
        Ok(outlets[0])
    }
}

fn axis_of(axis: i64, rank: usize) -> TractResult<usize> {
    let from_the_end = rank.checked_add_signed(axis as isize);
    let counted = if axis < 0 {
        from_the_end
    } else {
        Some(axis as usize)
    };
    let counted = counted.filter(|axis| *axis < rank);
    counted.with_context(|| format!("there is no axis {axis} of {rank}"))
}

impl Expansion for QLinear {
    fn name(&self) -> StaticName {
        format!("QLinear{:?}", self.kind).into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        let last = self
            .inputs
            .iter()
            .map(|input| input.zero)
            .max()
            .unwrap_or(0);
        check_input_arity(inputs, (last + 1).max(self.output + 2))?;
        check_output_arity(outputs, 1)?;
        s.equals(&inputs[self.output + 1].datum_type, &outputs[0].datum_type)?;
        let shapes: Vec<_> = self
            .inputs
            .iter()
            .map(|input| &inputs[input.tensor].shape)
            .collect();
        s.given_all(shapes, move |s, shapes| {
            s.equals(&outputs[0].shape, self.kind.shape(&shapes)?)
        })
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let mut reals = Vec::with_capacity(self.inputs.len());
        for (at, input) in self.inputs.iter().enumerate() {
            let op = DequantizeLinearF32 {
                scale: constant(model, inputs[input.scale], "scale")?,
                zero_point: constant::<i32>(model, inputs[input.zero], "zero point")?,
            };
            let name = format!("{prefix}.dequantize.{at}");
            reals.push(model.wire_node(name, op, &[inputs[input.tensor]])?[0]);
        }
        let result = self.kind.wire(&format!("{prefix}.real"), model, &reals)?;
        let per_step = constant::<f32>(model, inputs[self.output], "scale")?.recip();
        let zero: i32 = constant(model, inputs[self.output + 1], "zero point")?;
        let op = match model.outlet_fact(inputs[self.output + 1])?.datum_type {
            DatumType::U8 => quantize_linear_u8(per_step, u8::try_from(zero)?),
            DatumType::I8 => quantize_linear_i8(per_step, i8::try_from(zero)?),
            other => bail!("its zero point is {other:?}"),
        };
        model.wire_node(prefix, op, &[result])
    }
}

/// A constant of one element.
fn constant<T: Datum + Copy>(model: &TypedModel, outlet: OutletId, what: &str) -> TractResult<T> {
    let constant = model.outlet_fact(outlet)?.konst.clone();
    let constant = constant.with_context(|| format!("its {what} is not constant"))?;
    ensure!(
        constant.len() == 1,
        "its {what} differs from channel to channel"
    );
    let cast = constant.cast_to::<T>()?;
    let value = cast.to_plain_array_view::<T>()?.iter().next().copied();
    value.with_context(|| format!("its {what} is empty"))
}
