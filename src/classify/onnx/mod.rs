//! Operators of ONNX Runtime's own domain (`com.microsoft`) that its quantiser writes and tract does
//! not know, and one of ONNX itself in which tract is not exact. Each of the former is taken apart into
//! its definition: dequantise, compute, quantise. The integer kernels put it together again where they
//! cover it; where they do not, it runs as it stands here.
//!
//! - [`qlinear`] are those that compute with real numbers between bytes and bytes; [`kind`] is what
//!   each computes.
//! - [`dense`] are products with a constant matrix, which are convolutions of one pixel.
//! - [`qdq`] puts layers together that the quantiser's QDQ format has taken apart, before tract reads the file.
//! - [`quantise`] is ONNX's own operator, where tract's is not exact.
//! - [`upstream`] keeps tract from a search that is long and whose find is wrong.

mod dense;
mod kind;
mod qdq;
mod qlinear;
mod quantise;
mod upstream;

use tract_onnx::model::{OnnxOpRegister, ParsingContext};
use tract_onnx::pb::{ModelProto, NodeProto};
use tract_onnx::prelude::TractResult;
use tract_onnx::tract_hir::internal::InferenceOp;

use kind::Kind;

pub(super) use qdq::join as join_qdq;
pub(super) use quantise::QuantizeLinear;
pub(super) use upstream::without_tables;

/// tract's reader of ONNX files, with these operators.
pub(super) fn reader() -> tract_onnx::Onnx {
    let mut reader = tract_onnx::onnx();
    register(&mut reader.op_register);
    reader
}

/// What an operator's reader answers: the operator, and the tensors of outer graphs that it reads.
type Parsed = (Box<dyn InferenceOp>, Vec<String>);

/// What reads an operator.
type Reader = fn(&ParsingContext, &NodeProto) -> TractResult<Parsed>;

/// Takes out of each node the inputs that are left out behind its last one, which mean nothing: tract counts them.
pub(super) fn drop_left_out(file: &mut ModelProto) {
    for node in file.graph.iter_mut().flat_map(|graph| &mut graph.node) {
        let used = node.input.iter().rposition(|input| !input.is_empty());
        node.input.truncate(used.map_or(0, |last| last + 1));
    }
}

fn register(register: &mut OnnxOpRegister) {
    register.insert(quantise::NAME, quantise::linear);
    register.insert("QLinearAdd", |_, _| Ok(qlinear::two(Kind::Add)));
    register.insert("QLinearMul", |_, _| Ok(qlinear::two(Kind::Mul)));
    register.insert("QLinearSigmoid", |_, _| Ok(qlinear::one(Kind::Sigmoid)));
    register.insert("QLinearGlobalAveragePool", qlinear::global_average_pool);
    register.insert("QLinearConcat", qlinear::concat);
    register.insert("QLinearAveragePool", qlinear::average_pool);
    register.insert("QLinearLeakyRelu", qlinear::leaky_relu);
    register.insert("QLinearSoftmax", qlinear::softmax);
    register.insert("QGemm", dense::gemm);
    register.insert("QLinearMatMul", |_, _| Ok(dense::mat_mul()));
}
