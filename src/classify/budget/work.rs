//! How many multiply-accumulate operations a node does.

use std::collections::HashMap;

use tract_onnx::pb::NodeProto;
use tract_onnx::prelude::*;

use super::{Shapes, values};

/// The work of a node, as far as the shapes tell it. What computes no sums counts one operation for each
/// value that it reads or makes.
pub(super) fn of(node: &NodeProto, shapes: &Shapes) -> u64 {
    let shape = |names: &[String], at: usize| names.get(at).and_then(|name| shapes.get(name));
    let input = |at: usize| shape(&node.input, at);
    let size =
        |sides: Option<&TVec<u64>>| sides.map_or(0, |sides| values(sides).unwrap_or(u64::MAX));
    let outputs = (0..node.output.len()).map(|at| size(shape(&node.output, at)));
    let outputs = outputs.fold(0, u64::saturating_add);
    // How many values of the weights each value of one of their axes has.
    let part = |weights: Option<&TVec<u64>>, axis: usize| {
        let length = weights.and_then(|sides| sides.get(axis)).copied();
        size(weights) / length.unwrap_or(1).max(1)
    };
    let sums = match node.op_type.as_str() {
        "Conv" | "ConvInteger" | "FusedConv" => outputs.saturating_mul(part(input(1), 0)),
        "QLinearConv" => outputs.saturating_mul(part(input(3), 0)),
        "ConvTranspose" => size(input(0)).saturating_mul(part(input(1), 0)),
        "MatMul" | "MatMulInteger" | "QLinearMatMul" => outputs.saturating_mul(last(input(0))),
        "Gemm" | "QGemm" => {
            let transposed = int(node, "transA") != 0;
            let depth = if transposed { first } else { last };
            outputs.saturating_mul(depth(input(0)))
        }
        "Einsum" => einsum(node, shapes),
        "LSTM" | "GRU" | "RNN" => {
            // Sequence and batch; each step multiplies with all weights.
            let steps = input(0).map_or(0, |sides| sides.iter().take(2).product());
            size(input(1))
                .saturating_add(size(input(2)))
                .saturating_mul(steps)
        }
        "MaxPool" | "AveragePool" | "QLinearAveragePool" | "LpPool" => {
            outputs.saturating_mul(window(node))
        }
        _ => 0,
    };
    let inputs = (0..node.input.len()).map(|at| size(input(at)));
    let touched = inputs.fold(outputs, u64::saturating_add);
    sums.max(touched)
}

fn first(sides: Option<&TVec<u64>>) -> u64 {
    sides.and_then(|sides| sides.first()).copied().unwrap_or(0)
}

fn last(sides: Option<&TVec<u64>>) -> u64 {
    sides.and_then(|sides| sides.last()).copied().unwrap_or(0)
}

fn int(node: &NodeProto, name: &str) -> i64 {
    let attribute = node
        .attribute
        .iter()
        .find(|attribute| attribute.name == name);
    attribute.map_or(0, |attribute| attribute.i)
}

/// The places of a pool's window.
fn window(node: &NodeProto) -> u64 {
    let sides = node
        .attribute
        .iter()
        .find(|attribute| attribute.name == "kernel_shape");
    let sides = sides.iter().flat_map(|sides| &sides.ints);
    sides.fold(1, |all, side| {
        all.saturating_mul(u64::try_from(*side).unwrap_or(0))
    })
}

/// A sum over all axes that the equation names: the product of their sides.
fn einsum(node: &NodeProto, shapes: &Shapes) -> u64 {
    let equation = node
        .attribute
        .iter()
        .find(|attribute| attribute.name == "equation");
    let equation = equation.map(|attribute| String::from_utf8_lossy(&attribute.s).into_owned());
    let equation = equation
        .unwrap_or_default()
        .replace(char::is_whitespace, "");
    let terms = equation.split("->").next().unwrap_or_default().split(',');
    // The axes that an ellipsis stands for are counted from its end, as broadcasting does.
    let mut sides = HashMap::<(char, usize), u64>::new();
    for (term, name) in terms.zip(&node.input) {
        let Some(shape) = shapes.get(name) else {
            return 0;
        };
        let named = term.replace("...", "").chars().count();
        let unnamed = shape.len().saturating_sub(named);
        let letters = term.replace("...", "*");
        let letters = letters.chars().flat_map(|letter| {
            let places = if letter == '*' { unnamed } else { 1 };
            (0..places).rev().map(move |place| (letter, place))
        });
        for (axis, side) in letters.zip(shape) {
            let known = sides.entry(axis).or_default();
            *known = (*known).max(*side);
        }
    }
    sides
        .values()
        .fold(1, |all, side| all.saturating_mul((*side).max(1)))
}
