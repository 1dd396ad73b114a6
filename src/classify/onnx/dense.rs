//! Quantised products with a constant matrix: `QGemm`, `QLinearMatMul`.
//!
//! A picture's vector times a matrix is a convolution of one pixel, which the integer kernels have.
//! What is more than a vector, or is handed out as real numbers, is computed with real numbers.

use tract_onnx::model::{ParsingContext, optional_inputs};
use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, PaddingSpec, PoolSpec};
use tract_onnx::tract_core::ops::math::{add, mul};
use tract_onnx::tract_core::ops::nn::DataFormat;
use tract_onnx::tract_core::ops::quant::DequantizeLinearF32;
#[allow(
    clippy::wildcard_imports,
    reason = "what tract offers to those who write operators"
)]
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::matmul::{MatMulInference, compute_shapes};

use super::Parsed;
use super::quantise::{constant, quantise};

pub(super) fn gemm(_context: &ParsingContext, node: &NodeProto) -> TractResult<Parsed> {
    let inputs: Vec<Option<usize>> = optional_inputs(node).take(9).collect();
    let has =
        |input: usize| inputs[input].with_context(|| format!("its input {input} is left out"));
    let transposed =
        |name: &str| -> TractResult<bool> { Ok(node.get_attr_opt::<i64>(name)?.unwrap_or(0) != 0) };
    let op = Dense {
        name: "QGemm",
        left: Quantised::of([has(0)?, has(1)?, has(2)?]),
        right: Quantised::of([has(3)?, has(4)?, has(5)?]),
        bias: inputs[6],
        output: inputs[7].zip(inputs[8]).map(|(scale, zero)| [scale, zero]),
        alpha: node.get_attr_opt("alpha")?.unwrap_or(1.0),
        transposed: [transposed("transA")?, transposed("transB")?],
    };
    ensure!(
        op.output.is_some() || inputs[7..].iter().all(Option::is_none),
        "its result has a scale or a zero point, and needs both or none"
    );
    Ok((expand(op), vec![]))
}

pub(super) fn mat_mul() -> Parsed {
    let op = Dense {
        name: "QLinearMatMul",
        left: Quantised::of([0, 1, 2]),
        right: Quantised::of([3, 4, 5]),
        bias: None,
        output: Some([6, 7]),
        alpha: 1.0,
        transposed: [false; 2],
    };
    (expand(op), vec![])
}

/// A product of two matrices of bytes, with what is added to it.
#[derive(Debug, Clone)]
struct Dense {
    name: &'static str,
    left: Quantised,
    right: Quantised,
    bias: Option<usize>,
    /// The inputs that are the result's scale and zero point; without them it is real numbers.
    output: Option<[usize; 2]>,
    /// A factor of the product and of the bias.
    alpha: f32,
    transposed: [bool; 2],
}

/// The inputs that are a tensor, its scale and its zero point.
#[derive(Debug, Clone, Copy)]
struct Quantised {
    tensor: usize,
    scale: usize,
    zero: usize,
}

impl Quantised {
    fn of([tensor, scale, zero]: [usize; 3]) -> Self {
        Self {
            tensor,
            scale,
            zero,
        }
    }
}

impl Expansion for Dense {
    fn name(&self) -> StaticName {
        self.name.into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        let named = [self.left, self.right].map(|input| input.zero);
        let named = named.into_iter().chain(self.bias);
        let named = named.chain(self.output.iter().flatten().copied());
        check_input_arity(inputs, named.max().unwrap_or(0) + 1)?;
        check_output_arity(outputs, 1)?;
        match self.output {
            Some([_, zero]) => s.equals(&inputs[zero].datum_type, &outputs[0].datum_type)?,
            None => s.equals(&outputs[0].datum_type, f32::datum_type())?,
        }
        let [left, right] = [self.left, self.right].map(|input| &inputs[input.tensor].shape);
        s.given_2(left, right, move |s, left, right| {
            let [a, b] = self.transposed;
            let (.., shape) = compute_shapes(left, right, a, b, false)?;
            s.equals(&outputs[0].shape, shape)
        })
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let shape = model.outlet_fact(inputs[self.left.tensor])?.shape.clone();
        let [left_transposed, _] = self.transposed;
        if let (Some([1, depth]), Some(output)) = (shape.as_concrete(), self.output)
            && !left_transposed
            && let Some(weights) = self.weights(model, inputs, *depth)?
        {
            return self.convolution(prefix, model, inputs, weights, output);
        }
        self.real_numbers(prefix, model, inputs)
    }
}

impl Dense {
    /// The matrix as the weights of a convolution of one pixel, where it is a constant one.
    fn weights(
        &self,
        model: &TypedModel,
        inputs: &[OutletId],
        depth: usize,
    ) -> TractResult<Option<Tensor>> {
        let Some(matrix) = &model.outlet_fact(inputs[self.right.tensor])?.konst else {
            return Ok(None);
        };
        if matrix.rank() != 2 {
            return Ok(None);
        }
        let mut weights = Tensor::clone(matrix);
        if !self.transposed[1] {
            weights = weights.permute_axes(&[1, 0])?;
        }
        let outputs = weights.shape()[0];
        Ok(Some(weights.into_shape(&[outputs, depth, 1, 1])?))
    }

    fn convolution(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
        weights: Tensor,
        [scale, zero]: [usize; 2],
    ) -> TractResult<TVec<OutletId>> {
        let (outputs, depth) = (weights.shape()[0], weights.shape()[1]);
        let mut pixel = inputs[self.left.tensor];
        for axis in [2, 3] {
            let name = format!("{prefix}.pixel.{axis}");
            pixel = model.wire_node(name, AxisOp::Add(axis), &[pixel])?[0];
        }
        let bias = self
            .bias(model, inputs, outputs)?
            .cast_to::<i32>()?
            .into_owned();
        let weight_scale = reals(model, inputs[self.right.scale], "scale")?;
        let weight_scale: Vec<f32> = weight_scale
            .iter()
            .map(|scale| scale * self.alpha)
            .collect();
        let whole = |model: &mut TypedModel, input: usize, what: &str| {
            let value: i32 = constant(model, inputs[input], what)?;
            model.add_const(format!("{prefix}.{input}.zero"), tensor0(value))
        };
        let part = |model: &mut TypedModel, input: usize| {
            let value: f32 = constant(model, inputs[input], "scale")?;
            model.add_const(format!("{prefix}.{input}.scale"), tensor0(value))
        };
        let zeros = integers(model, inputs[self.right.zero])?;
        let operands = [
            pixel,
            model.add_const(format!("{prefix}.weights"), weights)?,
            model.add_const(format!("{prefix}.bias"), bias)?,
            whole(model, self.left.zero, "zero point")?,
            part(model, self.left.scale)?,
            model.add_const(format!("{prefix}.weights.zero"), one_or_many(&zeros))?,
            model.add_const(
                format!("{prefix}.weights.scale"),
                one_or_many(&weight_scale),
            )?,
            whole(model, zero, "zero point")?,
            part(model, scale)?,
        ];
        let pool_spec = PoolSpec {
            data_format: DataFormat::NCHW,
            kernel_shape: tvec!(1, 1),
            padding: PaddingSpec::Valid,
            dilations: None,
            strides: None,
            input_channels: depth,
            output_channels: outputs,
        };
        let result = model.outlet_fact(inputs[zero])?.datum_type;
        let conv = Conv::new(pool_spec, KernelFormat::OIHW, 1, Some(result));
        let conv = model.wire_node(format!("{prefix}.dense"), conv, &operands)?;
        let flat = model.wire_node(format!("{prefix}.row"), AxisOp::Rm(3), &conv)?;
        model.wire_node(prefix, AxisOp::Rm(2), &flat)
    }

    fn real_numbers(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let left = real(model, &format!("{prefix}.left"), self.left, inputs)?;
        let right = match self.real_matrix(model, inputs)? {
            Some(matrix) => model.add_const(format!("{prefix}.matrix"), matrix)?,
            None => real(model, &format!("{prefix}.right"), self.right, inputs)?,
        };
        let [a_trans, b_trans] = self.transposed;
        let product = MatMulInference {
            a_trans,
            b_trans,
            c_trans: false,
        };
        let product_name = format!("{prefix}.product");
        let ranks = [left, right].map(|side| model.outlet_fact(side).map(TypedFact::rank));
        let pair = match ranks {
            // A vector is a row on the left and a column on the right, and no broader tensor.
            [Ok(1), _] | [_, Ok(1)] => tvec!(left, right),
            _ => wire_rank_broadcast(&product_name, model, &[left, right])?,
        };
        let mut result = product.wire(&product_name, model, &pair)?[0];
        let rank = model.outlet_fact(result)?.rank();
        if self.alpha.to_bits() != 1.0f32.to_bits() {
            let alpha = tensor0(self.alpha).broadcast_into_rank(rank)?;
            let alpha = model.add_const(format!("{prefix}.alpha"), alpha)?;
            result = model.wire_node(format!("{prefix}.scaled"), mul(), &[result, alpha])?[0];
        }
        if self.bias.is_some() {
            let bias = self.real_bias(model, inputs, result)?;
            let bias = bias.broadcast_into_rank(rank)?;
            let bias = model.add_const(format!("{prefix}.bias"), bias)?;
            result = model.wire_node(format!("{prefix}.sum"), add(), &[result, bias])?[0];
        }
        match self.output {
            Some(by) => quantise(model, prefix, result, by.map(|input| inputs[input])),
            None => Ok(tvec!(result)),
        }
    }

    /// The matrix as real numbers, where it is constant: it may have a scale a column.
    fn real_matrix(&self, model: &TypedModel, inputs: &[OutletId]) -> TractResult<Option<Tensor>> {
        let Some(matrix) = model.outlet_fact(inputs[self.right.tensor])?.konst.clone() else {
            return Ok(None);
        };
        let scales = reals(model, inputs[self.right.scale], "scale")?;
        let zeros = integers(model, inputs[self.right.zero])?;
        let columns = if self.transposed[1] {
            0
        } else {
            matrix.rank().saturating_sub(1)
        };
        let along = matrix.shape().get(columns).copied().unwrap_or(1);
        let inner: usize = matrix.shape().iter().skip(columns + 1).product();
        for count in [scales.len(), zeros.len()] {
            ensure!(
                count == 1 || count == along,
                "it has {count} scales or zero points for {along} columns"
            );
        }
        let steps = matrix.cast_to::<i32>()?;
        let steps = steps.to_plain_array_view::<i32>()?;
        let values: Vec<f32> = steps
            .iter()
            .enumerate()
            .map(|(at, step)| {
                let column = at / inner.max(1) % along.max(1);
                let of = |count: usize| if count == 1 { 0 } else { column };
                (step - zeros[of(zeros.len())]) as f32 * scales[of(scales.len())]
            })
            .collect();
        Ok(Some(Tensor::from_shape(matrix.shape(), &values)?))
    }

    /// The bias in real numbers; in the file it is in steps of both scales.
    fn real_bias(
        &self,
        model: &TypedModel,
        inputs: &[OutletId],
        product: OutletId,
    ) -> TractResult<Tensor> {
        let shape = &model.outlet_fact(product)?.shape;
        let columns = shape.last().context("it has no columns")?.to_usize()?;
        let bias = self
            .bias(model, inputs, columns)?
            .cast_to::<f32>()?
            .into_owned();
        let left: f32 = constant(model, inputs[self.left.scale], "scale")?;
        let right = reals(model, inputs[self.right.scale], "scale")?;
        let values = bias.to_plain_array_view::<f32>()?;
        let values: Vec<f32> = values
            .iter()
            .zip(right.iter().cycle())
            .map(|(steps, scale)| steps * left * scale * self.alpha)
            .collect();
        Ok(tensor1(&values))
    }

    /// One bias a column, as whole numbers.
    fn bias(&self, model: &TypedModel, inputs: &[OutletId], columns: usize) -> TractResult<Tensor> {
        let Some(bias) = self.bias else {
            return Ok(tensor1(&vec![0_i32; columns]));
        };
        let steps = integers(model, inputs[bias])?;
        match steps[..] {
            [one] => Ok(tensor1(&vec![one; columns])),
            [..] if steps.len() == columns => Ok(tensor1(&steps)),
            [..] => bail!("it has {} biases for {columns} columns", steps.len()),
        }
    }
}

/// A tensor with one scale, as real numbers.
fn real(
    model: &mut TypedModel,
    name: &str,
    input: Quantised,
    inputs: &[OutletId],
) -> TractResult<OutletId> {
    let op = DequantizeLinearF32 {
        scale: constant(model, inputs[input.scale], "scale")?,
        zero_point: constant::<i32>(model, inputs[input.zero], "zero point")?,
    };
    Ok(model.wire_node(name, op, &[inputs[input.tensor]])?[0])
}

fn values<T: Datum + Copy>(
    model: &TypedModel,
    outlet: OutletId,
    what: &str,
) -> TractResult<Vec<T>> {
    let tensor = model.outlet_fact(outlet)?.konst.clone();
    let tensor = tensor.with_context(|| format!("its {what} is not constant"))?;
    ensure!(tensor.len() > 0, "its {what} is empty");
    let tensor = tensor.cast_to::<T>()?;
    Ok(tensor.to_plain_array_view::<T>()?.iter().copied().collect())
}

fn reals(model: &TypedModel, outlet: OutletId, what: &str) -> TractResult<Vec<f32>> {
    values(model, outlet, what)
}

fn integers(model: &TypedModel, outlet: OutletId) -> TractResult<Vec<i32>> {
    values(model, outlet, "zero point or bias")
}

/// A scalar where there is one value for all.
fn one_or_many<T: Datum + Copy>(values: &[T]) -> Tensor {
    match values {
        [one] => tensor0(*one),
        [..] => tensor1(values),
    }
}
