//! Quantised convolutions.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cnn::{Conv as TractConv, KernelFormat};
use tract_onnx::tract_core::ops::nn::DataFormat;

use super::constants::{Constants, usable_scale};
use super::value::{Map, Value, signed};
use super::{Lowering, Refusal};
use crate::classify::int8::build::too_large;
use crate::classify::int8::operators::{Conv, ConvSpec, Depthwise};
use crate::classify::int8::program::Operator;
use crate::classify::int8::report::{Layer, LayerKind};
use crate::classify::int8::requant::Range;
use crate::classify::int8::shape::{Shape, Window};

/// The inputs of tract's quantised convolution.
mod input {
    pub const WEIGHTS: usize = 1;
    pub const BIAS: usize = 2;
    pub const ZERO: usize = 3;
    pub const SCALE: usize = 4;
    pub const WEIGHT_ZERO: usize = 5;
    pub const WEIGHT_SCALE: usize = 6;
    pub const OUTPUT_ZERO: usize = 7;
    pub const OUTPUT_SCALE: usize = 8;
}

/// Any convolution as a layer; `None` where its size is not known.
pub(super) fn layer(model: &TypedModel, node: &TypedNode, conv: &TractConv) -> Option<Layer> {
    let output = model.outlet_fact(OutletId::new(node.id, 0)).ok()?;
    let values: usize = output.shape.as_concrete()?.iter().product();
    let places: usize = conv.pool_spec.kernel_shape.iter().product();
    let (inputs, outputs) = (conv.input_channels(), conv.output_channels());
    let fan_in = places * inputs / conv.group.max(1);
    let kind = if conv.group > 1 && conv.group == inputs && conv.group == outputs {
        LayerKind::Depthwise
    } else if places != 1 {
        LayerKind::Convolution
    } else if values == outputs {
        LayerKind::Dense
    } else {
        LayerKind::Pointwise
    };
    Some(Layer {
        kind,
        fan_in,
        macs: values * fan_in,
        ..Layer::default()
    })
}

impl Lowering<'_> {
    pub(super) fn conv(&mut self, node: &TypedNode, conv: &TractConv) -> Result<Value, Refusal> {
        let unsigned = match conv.q_params {
            Some(DatumType::I8) => false,
            Some(DatumType::U8) => true,
            _ => return Err(Refusal::NotOurs),
        };
        let map = self.bytes(node.inputs[0])?;
        let pool = &conv.pool_spec;
        if conv.kernel_fmt != KernelFormat::OIHW
            || pool.data_format != DataFormat::NCHW
            || pool.kernel_shape.len() != 2
        {
            return Err(Refusal::why("its axes are not those of a picture".into()));
        }
        let constants = Constants::new(self.graph, node);
        let pair = |values: &[usize]| [values[0], values[1]];
        let padding = pool.computed_padding(&[map.shape.height, map.shape.width]);
        let window = Window {
            kernel: pair(&pool.kernel_shape),
            stride: pair(&pool.strides()),
            dilation: pair(&pool.dilations()),
            before: [padding[0].pad_before, padding[1].pad_before],
        };
        let output = Shape {
            height: padding[0].convoluted,
            width: padding[1].convoluted,
            channels: conv.output_channels(),
        };
        let groups = conv.group;
        let divides =
            groups > 0 && output.channels % groups == 0 && map.shape.channels % groups == 0;
        let empty = output.len() == 0 || map.shape.len() == 0 || window.kernel.contains(&0);
        if !divides || empty || too_large(output.len()) || too_large(map.shape.len()) {
            let Shape {
                height,
                width,
                channels,
            } = output;
            return Err(Refusal::why(format!(
                "its output is {height}x{width}x{channels}"
            )));
        }
        if constants
            .integers(input::WEIGHT_ZERO, "the weights' zero point")?
            .iter()
            .any(|zero| *zero != 0)
        {
            return Err(Refusal::why(
                "its weights have a zero point other than 0".into(),
            ));
        }
        let tensor = constants.tensor(input::WEIGHTS);
        let tensor = tensor.ok_or_else(|| Refusal::why("its weights are not constant".into()))?;
        let weights = tensor
            .try_as_plain_ram()
            .and_then(|tensor| tensor.as_slice::<i8>());
        let weights = weights
            .map_err(|_| Refusal::why(format!("its weights are {:?}", tensor.datum_type())))?;
        let per_channel = |values: Vec<f32>| match values[..] {
            [one] => vec![one; output.channels],
            [..] => values,
        };
        let input_scale = constants.scale(input::SCALE, "the input's scale")?;
        let output_scale = constants.scale(input::OUTPUT_SCALE, "the output's scale")?;
        let weight_scale = per_channel(constants.reals(input::WEIGHT_SCALE, "the weights' scale")?);
        let mut scale = Vec::with_capacity(output.channels);
        for weight_scale in weight_scale {
            let weight_scale = usable_scale(weight_scale, "a weights' scale")?;
            scale.push(input_scale * weight_scale / output_scale);
        }
        let mut bias = constants.integers(input::BIAS, "the bias")?;
        if let [one] = bias[..] {
            bias = vec![one; output.channels];
        }
        let kernel: usize = window.kernel.iter().product();
        let expected = output.channels * (map.shape.channels / groups) * kernel;
        if scale.len() != output.channels
            || bias.len() != output.channels
            || weights.len() != expected
        {
            return Err(Refusal::why("its parameters are not one a channel".into()));
        }
        let zero = constants.zero(input::ZERO, "the input's zero point")?;
        let output_zero = constants.zero(input::OUTPUT_ZERO, "the output's zero point")?;
        let spec = ConvSpec {
            input: map.shape,
            output,
            window,
            groups,
            weights,
            bias: &bias,
            scale: &scale,
            input_zero: map.zero(zero).map_err(Refusal::broken)?,
            range: Range::full(signed(output_zero, unsigned).map_err(Refusal::broken)?),
            order: map.order.as_deref(),
        };
        let depthwise = groups == map.shape.channels && groups == output.channels && groups > 1;
        let (operator, order) = if depthwise {
            let operator = Depthwise::new(&spec, self.backend).map_err(Refusal::why)?;
            (Operator::Depthwise(operator), map.order.clone())
        } else {
            let operator = Conv::new(&spec, self.backend).map_err(Refusal::why)?;
            (Operator::Conv(operator), None)
        };
        let id = self.builder.bytes(operator, vec![map.id], output.len());
        Ok(Value::Bytes(Map {
            id,
            shape: output,
            order,
            unsigned,
        }))
    }
}
