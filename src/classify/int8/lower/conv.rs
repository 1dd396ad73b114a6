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

/// Why what was quantised dynamically is slow, and what to do about it.
pub(super) const DYNAMIC: &str = "its scale is computed anew for each picture (dynamic quantisation), for which there \
    is no integer kernel; quantise with quantize_static(..., quant_format=QuantFormat.QOperator), or use the model \
    that is not quantised";

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
    let fan_in = places.saturating_mul(inputs / conv.group.max(1));
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
        macs: values.saturating_mul(fan_in),
        ..Layer::default()
    })
}

impl Lowering<'_> {
    pub(super) fn conv(&mut self, node: &TypedNode, conv: &TractConv) -> Result<Value, Refusal> {
        let unsigned = match conv.q_params {
            Some(DatumType::I8) => false,
            Some(DatumType::U8) => true,
            _ => return Err(self.in_reals(node, conv)),
        };
        let map = self.bytes(node.inputs[0])?;
        self.upright(node.inputs[0])?;
        let (window, output) = geometry(conv, map.shape)?;
        let constants = Constants::new(self.graph, node);
        let parameters = Parameters::read(&constants, output.channels)?;
        let weights = constants.bytes(input::WEIGHTS, "its weights")?;
        let weights = weights
            .try_as_plain_ram()
            .and_then(|bytes| bytes.as_slice::<i8>());
        let weights = weights.map_err(|error| Refusal::why(error.to_string()))?;
        let groups = conv.group;
        let places: usize = window.kernel.iter().product();
        if weights.len() != output.channels * (map.shape.channels / groups) * places {
            return Err(Refusal::why("its weights are not one a place".into()));
        }
        let zero = constants.zero(input::ZERO, "the input's zero point")?;
        let output_zero = constants.zero(input::OUTPUT_ZERO, "the output's zero point")?;
        let spec = ConvSpec {
            input: map.shape,
            output,
            window,
            groups,
            weights,
            bias: &parameters.bias,
            scale: &parameters.scale,
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

    /// Why a convolution of real numbers stays with tract: nobody's fault in a network that is not
    /// quantised, worth a word in one that is.
    fn in_reals(&self, node: &TypedNode, conv: &TractConv) -> Refusal {
        if conv.q_params.is_some() {
            return Refusal::why(DYNAMIC.into());
        }
        if self.values.contains_key(&node.inputs[0]) {
            Refusal::why(
                "it computes in real numbers; quantise the model in the QOperator format".into(),
            )
        } else {
            Refusal::NotOurs
        }
    }
}

/// How the kernel slides, and the output's size.
fn geometry(conv: &TractConv, input: Shape) -> Result<(Window, Shape), Refusal> {
    let pool = &conv.pool_spec;
    let pictures = conv.kernel_fmt == KernelFormat::OIHW
        && pool.data_format == DataFormat::NCHW
        && pool.kernel_shape.len() == 2
        && pool.strides().len() == 2
        && pool.dilations().len() == 2;
    if !pictures {
        return Err(Refusal::why("its axes are not those of a picture".into()));
    }
    let pair = |values: &[usize]| [values[0], values[1]];
    let padding = pool.computed_padding(&[input.height, input.width]);
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
    let divides = |channels: usize| conv.group > 0 && channels.is_multiple_of(conv.group);
    let empty = output.len() == 0 || input.len() == 0 || window.kernel.contains(&0);
    let large = || {
        [output, input, window.rows(output, input.channels)]
            .iter()
            .any(|shape| too_large(shape.len()))
    };
    if !divides(output.channels) || !divides(input.channels) || empty || large() {
        let Shape {
            height,
            width,
            channels,
        } = output;
        return Err(Refusal::why(format!(
            "its output is {height}x{width}x{channels}"
        )));
    }
    Ok((window, output))
}

/// What a convolution has for each output channel.
struct Parameters {
    bias: Vec<i32>,
    scale: Vec<f32>,
}

impl Parameters {
    fn read(constants: &Constants<'_>, channels: usize) -> Result<Self, Refusal> {
        let zeros = constants.integers(input::WEIGHT_ZERO, "the weights' zero point")?;
        if zeros.iter().any(|zero| *zero != 0) {
            let reason = "its weights have a zero point other than 0";
            return Err(Refusal::why(reason.into()));
        }
        let input_scale = constants.scale(input::SCALE, "the input's scale")?;
        let output_scale = constants.scale(input::OUTPUT_SCALE, "the output's scale")?;
        let mut scale = constants.reals(input::WEIGHT_SCALE, "the weights' scale")?;
        for scale in &mut scale {
            let weight_scale = usable_scale(*scale, "a weights' scale")?;
            *scale = input_scale * weight_scale / output_scale;
        }
        Ok(Self {
            bias: per_channel(constants.integers(input::BIAS, "the bias")?, channels)?,
            scale: per_channel(scale, channels)?,
        })
    }
}

/// One value a channel, of as many or of one for all.
fn per_channel<T: Copy>(values: Vec<T>, channels: usize) -> Result<Vec<T>, Refusal> {
    match values[..] {
        [one] => Ok(vec![one; channels]),
        [..] if values.len() == channels => Ok(values),
        [..] => Err(Refusal::why("its parameters are not one a channel".into())),
    }
}
