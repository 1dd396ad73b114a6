//! What a network may ask for: windows and orders of axes that make sense, and tensors that fit into a small
//! computer.
//!
//! tract divides by strides and asks the system for whatever memory a file speaks of. A panic can be
//! contained, but it names no node; a system without that much memory ends the process.

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::{AttributeProto, ModelProto, NodeProto};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{TractErrorContext, bail, ensure};

use super::budget::{MOST_VALUES, described};

/// The longest step, reach or padding of a window: many times any picture's side.
const FARTHEST: i64 = 1 << 16;

/// Checks the windows of convolutions and pools, the orders of axes, and the inputs of quantised operators.
///
/// # Errors
/// An attribute of a node makes no sense, or an input is left out that has to be there.
pub(super) fn check_nodes(model: &ModelProto) -> TractResult<()> {
    for node in model.graph.iter().flat_map(|graph| &graph.node) {
        check_node(node).with_context(|| described(node))?;
    }
    Ok(())
}

fn check_node(node: &NodeProto) -> TractResult<()> {
    let is = |part: &str| node.op_type.contains(part);
    if is("Conv") || is("Pool") {
        check_window(node)?;
    }
    if is("Transpose") {
        check_order(node)?;
    }
    // tract counts inputs without those that are left out, and takes one for another.
    let left_out = node.input.iter().position(String::is_empty);
    if let Some(input) = left_out.filter(|_| is("QLinear")) {
        bail!("its input {input} is left out");
    }
    Ok(())
}

fn check_window(node: &NodeProto) -> TractResult<()> {
    let mut axes = None;
    for attribute in &node.attribute {
        let (least, sides) = match &*attribute.name {
            "kernel_shape" | "strides" | "dilations" => (1, 1),
            "pads" => (0, 2),
            "group" => {
                ensure!(attribute.i > 0, "its group is {}", attribute.i);
                continue;
            }
            _ => continue,
        };
        check_sides(attribute, least)?;
        let own = attribute.ints.len() / sides;
        let known = *axes.get_or_insert(own);
        ensure!(
            own == known && attribute.ints.len() % sides == 0,
            "its {} {:?} do not fit a window of {known} axes",
            attribute.name,
            attribute.ints
        );
    }
    Ok(())
}

/// tract looks for ever, and for more and more memory, for the steps to an order that leaves out an axis.
fn check_order(node: &NodeProto) -> TractResult<()> {
    for AttributeProto { name, ints, .. } in &node.attribute {
        let mut axes = ints.clone();
        axes.sort_unstable();
        ensure!(
            name != "perm" || axes.iter().zip(0..).all(|(axis, own)| *axis == own),
            "its perm is {ints:?}, and each axis once makes sense"
        );
    }
    Ok(())
}

fn check_sides(attribute: &AttributeProto, least: i64) -> TractResult<()> {
    let AttributeProto { name, ints, .. } = attribute;
    let right = attribute.r#type == AttributeType::Ints as i32
        && ints.iter().all(|side| (least..=FARTHEST).contains(side));
    ensure!(
        right,
        "its {name} are {ints:?}, and {least} to {FARTHEST} make sense"
    );
    Ok(())
}

/// Checks that each tensor has values, and not more than fit, and that there is something to compute.
///
/// # Errors
/// A node's result is empty or too large, or the answer is always the same.
pub(super) fn check_sizes(graph: &TypedModel) -> TractResult<()> {
    // What is computed of nothing is constant for tract, which then has no use for the node that made
    // nothing of something: hence all nodes, also those without a use.
    for node in graph.nodes().iter().filter(|node| !node.inputs.is_empty()) {
        for fact in node.outputs.iter().map(|output| &output.fact) {
            // Sizes that are not known are refused where they matter: at the end.
            let Some(sides) = fact.shape.as_concrete() else {
                continue;
            };
            let values = sides
                .iter()
                .try_fold(1_usize, |all, side| all.checked_mul(*side));
            if values.is_none_or(|values| values == 0 || values > MOST_VALUES) {
                bail!(
                    "{} ({}): its result is {sides:?}, and 1 to {MOST_VALUES} values make sense",
                    node.name,
                    node.op.name()
                );
            }
        }
    }
    for output in 0..graph.output_outlets()?.len() {
        if graph.output_fact(output)?.konst.is_some() {
            bail!("its answer does not depend on the picture");
        }
    }
    Ok(())
}
