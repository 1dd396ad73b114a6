//! Writes a deployed network as an ONNX file: in real numbers, or in int8 in exactly the patterns of
//! nodes that the daemon's integer kernels cover (`src/classify/int8/PATTERNS.md`).
//!
//! Input [`PICTURE`] (f32, `[1, 3, side, side]`, `(pixel − 128) / 128`); outputs [`LOGITS`] (f32,
//! `[1, classes]`) and [`EMBEDDING`] (f32, `[1, length]`). Operator set 13, all pads explicit, so that
//! every runtime agrees on the result.

mod attention;
mod graph;
mod integer;
mod real;

use prost::Message;
use sortd::error::Result;
use tract_onnx::pb::ModelProto;

use crate::deploy::Deployed;
use graph::Graph;

/// Name of the graph's input.
pub const PICTURE: &str = "picture";
/// Name of the output that holds one number a class.
pub const LOGITS: &str = "logits";
/// Name of the output that describes the item.
pub const EMBEDDING: &str = "embedding";

/// The bytes of a network's ONNX file.
///
/// # Errors
/// The network is quantised and the range of an activation is not known.
pub fn encode(deployed: &Deployed) -> Result<Vec<u8>> {
    let plan = &deployed.plan;
    let mut graph = Graph::new(&plan.name);
    graph.input(PICTURE, &[1, 3, plan.side, plan.side]);
    let [logits, embedding] = match deployed.quantisation {
        None => real::write(deployed, &mut graph),
        Some(_) => integer::write(deployed, &mut graph)?,
    };
    let shapes = plan.shapes();
    for (name, from, place) in [
        (LOGITS, logits, plan.logits),
        (EMBEDDING, embedding, plan.embedding),
    ] {
        graph.output(name, from, shapes[place].channels);
    }
    Ok(graph.encode())
}

/// The scale of the logits of a quantised network that [`encode`] wrote; none of any other file.
#[must_use]
pub fn logit_scale(file: &[u8]) -> Option<f32> {
    let model = ModelProto::decode(file).ok()?;
    let wanted = format!("{LOGITS}_scale");
    let constants = model.graph?.initializer;
    let scale = constants.iter().find(|constant| constant.name == wanted)?;
    let bytes = scale.raw_data.first_chunk::<4>()?;
    Some(f32::from_le_bytes(*bytes))
}
