//! What a network may ask for: windows that make sense, and tensors that fit into a small computer.
//!
//! tract divides by strides and asks the system for whatever memory a file speaks of. A panic can be
//! contained, but it names no node; a system without that much memory ends the process.

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::{AttributeProto, ModelProto, NodeProto};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{TractErrorContext, bail, ensure};

/// The longest step, reach or padding of a window: many times any picture's side.
const FARTHEST: i64 = 1 << 16;

/// The most values of a tensor: more than any picture that a Pi can look at needs.
const MOST_VALUES: usize = 1 << 26;

/// Checks the windows of convolutions and pools.
///
/// # Errors
/// An attribute of a node makes no sense.
pub(super) fn check_windows(model: &ModelProto) -> TractResult<()> {
    let nodes = model.graph.iter().flat_map(|graph| &graph.node);
    for node in nodes.filter(|node| node.op_type.contains("Conv") || node.op_type.contains("Pool"))
    {
        check_window(node).with_context(|| format!("{} ({})", node.name, node.op_type))?;
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
                ensure!(
                    (1..=i64::MAX).contains(&attribute.i),
                    "its group is {}",
                    attribute.i
                );
                continue;
            }
            _ => continue,
        };
        check_sides(attribute, least)?;
        let own = attribute.ints.len() / sides;
        let known = *axes.get_or_insert(own);
        ensure!(
            own == known && attribute.ints.len() % sides == 0,
            "its {} are {:?}, and its window has {known} axes",
            attribute.name,
            attribute.ints
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

/// Checks that each tensor has values, and not more than fit.
///
/// # Errors
/// A node's result is empty or too large.
pub(super) fn check_sizes(graph: &TypedModel) -> TractResult<()> {
    for id in graph.eval_order()? {
        let node = graph.node(id);
        for output in node
            .outputs
            .iter()
            .filter(|output| output.fact.konst.is_none())
        {
            // Sizes that are not known are refused where they matter: at the end.
            let Some(sides) = output.fact.shape.as_concrete() else {
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
    Ok(())
}
