//! What CBAM's attention has in common in real numbers and in int8: everything behind the sums that
//! become gates.

use super::graph::{Graph, integer, integers};

/// `map` times the logistic function of the sum of two outputs, one number a channel.
pub fn gate_channels(graph: &mut Graph, name: &str, map: &str, answers: [&str; 2]) -> String {
    let sum = graph.node("Add", &format!("{name}_sum"), &answers, vec![]);
    let gate = graph.node("Sigmoid", &format!("{name}_gate"), &[&sum], vec![]);
    graph.node("Mul", &format!("{name}_gated"), &[map, &gate], vec![])
}

/// Mean and maximum of `map` over its channels, as one feature map of two channels.
pub fn pixel_statistics(graph: &mut Graph, name: &str, map: &str) -> String {
    let [mean, most] = [("ReduceMean", "mean"), ("ReduceMax", "most")].map(|(kind, what)| {
        let attributes = vec![integers("axes", &[1]), integer("keepdims", 1)];
        graph.node(kind, &format!("{name}_{what}"), &[map], attributes)
    });
    let attributes = vec![integer("axis", 1)];
    graph.node(
        "Concat",
        &format!("{name}_both"),
        &[&mean, &most],
        attributes,
    )
}

/// `map` times the logistic function of an output, one number a pixel.
pub fn gate_pixels(graph: &mut Graph, name: &str, map: &str, answer: &str) -> String {
    let gate = graph.node("Sigmoid", &format!("{name}_gate"), &[answer], vec![]);
    graph.node("Mul", &format!("{name}_gated"), &[map, &gate], vec![])
}
