//! How much of a layer's instructions multiplies: tables of the layers that `make bench-arm` counts.
//!
//! They come in a file with a line for each step of a network: the processor, the network, the
//! backend, the layer's kind, its name, how many products each of its outputs sums up and its
//! multiply-adds, with tabs between them, and then `NAME=NUMBER` as for a whole inference.

use std::fmt::Write;
use std::path::Path;

use sortd::error::Result;

use crate::counts::{PROCESSORS, by_class, millions, read};
use crate::table::verdict;

/// The most multiply-adds an instruction on each backend: an SDOT does 16, a pair of SMULL and SADALP
/// does 8.
const LIMITS: [(&str, f64); 2] = [("neon", 4.0), ("neon-dotprod", 16.0)];

/// The least share of the limit of all pointwise layers together.
const NEEDED: f64 = 0.6;

/// What the table of the bar needs to be understood.
const EXPLANATION: &str = "\
Multiply-adds for each instruction of these layers, whatever it does, beside the most that instructions can do: \
16 with dot products (one SDOT), 4 without (8 in a pair of SMULL and SADALP). \
Without dot products a share may exceed 100 %: SMLAL2 between those two adds another 8 products in 16 bits, \
so that three instructions do 16, or 5.33 each. \
What follows the products (scaling, rounding, narrowing, storing) costs an output the same however few they are; \
hence the layers with the lowest and the highest share are named with the products that an output of theirs sums up. \
The bar is held against all pointwise layers together.";

/// The kinds of layers that get a line each; the others are summed up.
const KINDS: [(&str, &str); 3] = [
    ("pointwise", "pointwise"),
    ("depthwise", "depthwise"),
    ("convolution", "the first and other k×k"),
];

/// A layer of a network on a processor.
#[derive(Debug)]
struct Layer {
    processor: String,
    model: String,
    backend: String,
    kind: String,
    name: String,
    fan_in: u64,
    macs: u64,
    instructions: u64,
}

impl Layer {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        let mut field = || fields.next();
        Some(Self {
            processor: field()?.into(),
            model: field()?.into(),
            backend: field()?.into(),
            kind: field()?.into(),
            name: field()?.into(),
            fan_in: field()?.parse().ok()?,
            macs: field()?.parse().ok()?,
            instructions: by_class(field()?)?.get("total").copied()?,
        })
    }

    /// Steps with the same key belong to one layer.
    fn key(&self) -> [&str; 4] {
        [&self.processor, &self.model, &self.backend, &self.name]
    }
}

/// All layers.
#[derive(Debug)]
pub struct Layers(Vec<Layer>);

/// Layers taken together.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    layers: usize,
    macs: u64,
    instructions: u64,
}

impl Sum {
    fn of<'a>(layers: impl Iterator<Item = &'a Layer>) -> Self {
        layers.fold(Self::default(), |sum, layer| Self {
            layers: sum.layers + 1,
            macs: sum.macs + layer.macs,
            instructions: sum.instructions + layer.instructions,
        })
    }

    /// Multiply-adds an instruction.
    fn rate(self) -> f64 {
        self.macs as f64 / self.instructions as f64
    }

    /// The part of the backend's limit that is reached.
    fn share(self, backend: &str) -> Option<f64> {
        let (_, limit) = LIMITS.iter().find(|(name, _)| *name == backend)?;
        Some(self.rate() / limit)
    }
}

impl Layers {
    pub fn read(file: &Path) -> Result<Self> {
        Ok(Self::new(read(file, Layer::parse)?))
    }

    /// Puts the steps of each layer together.
    fn new(steps: Vec<Layer>) -> Self {
        let mut layers: Vec<Layer> = Vec::new();
        for step in steps {
            match layers.last_mut() {
                Some(last) if last.key() == step.key() => last.instructions += step.instructions,
                _ => layers.push(step),
            }
        }
        Self(layers)
    }

    /// The layers of a network on a processor, of the kinds that are wanted.
    fn on(&self, model: &str, processor: &str, wanted: impl Fn(&str) -> bool) -> Vec<&Layer> {
        let those = self.0.iter().filter(|layer| {
            layer.model == model && layer.processor == processor && wanted(&layer.kind)
        });
        those.collect()
    }

    /// What was needed of pointwise layers and what was reached.
    pub fn bar(&self, models: &[&str]) -> String {
        let mut text = format!(
            "\n### Pointwise layers\n\n{EXPLANATION}\n\n\
             | network | processor | multiply-adds, M | instructions, M | multiply-adds an instruction | of the limit \
             | needed | | layers that reach it | lowest | highest |\n|---|---|--:|--:|--:|--:|--:|---|--:|---|---|\n"
        );
        for model in models {
            let row = |processor: &str| {
                let missing = || "| – | – | – | – | – | not measured | – | – | –".into();
                Some(self.pointwise(model, processor).unwrap_or_else(missing))
            };
            for (processors, row) in alike(row) {
                _ = writeln!(text, "| {model} | {processors} {row} |");
            }
        }
        text
    }

    /// The pointwise layers of a network on a processor, as a row behind the processor's name.
    fn pointwise(&self, model: &str, processor: &str) -> Option<String> {
        let layers = self.on(model, processor, |kind| kind == "pointwise");
        let backend = &*layers.first()?.backend;
        let sum = Sum::of(layers.iter().copied());
        let share = sum.share(backend)?;
        let mut shares: Vec<(f64, &Layer)> = layers
            .iter()
            .filter_map(|layer| Some((Sum::of([*layer].into_iter()).share(backend)?, *layer)))
            .collect();
        shares.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let reached = shares.iter().filter(|(share, _)| *share >= NEEDED).count();
        let named = |(share, layer): &(f64, &Layer)| {
            format!("{}, {} ({})", percent(*share), layer.name, layer.fan_in)
        };
        Some(format!(
            "({backend}) | {} | {} | {:.2} | {} | ≥ {} | {} | {reached} of {} | {} | {}",
            millions(sum.macs),
            millions(sum.instructions),
            sum.rate(),
            percent(share),
            percent(NEEDED),
            verdict(share >= NEEDED),
            shares.len(),
            named(shares.first()?),
            named(shares.last()?)
        ))
    }

    /// Where the instructions of a network go.
    pub fn kinds(&self, model: &str) -> String {
        let said = alike(|processor| self.rows(model, processor));
        if said.is_empty() {
            return String::new();
        }
        let mut text = String::from(
            "\nsortd's instructions by kind of layer:\n\n\
             | | layers | multiply-adds, M | instructions, M | of all | multiply-adds an instruction | of the limit |\n\
             |---|--:|--:|--:|--:|--:|--:|\n",
        );
        for (processors, rows) in said {
            for (kind, cells) in rows {
                _ = writeln!(text, "| {processors}: {kind} | {cells} |");
            }
        }
        text
    }

    /// A row for each kind of layer of a network on a processor.
    fn rows(&self, model: &str, processor: &str) -> Option<Vec<(&'static str, String)>> {
        let all = self.on(model, processor, |_| true);
        let backend = &*all.first()?.backend;
        let all = Sum::of(all.into_iter());
        let row = |title: &'static str, sum: Sum, limited: bool| {
            let share = sum.share(backend).filter(|_| limited);
            let rates = share.map_or("– | –".into(), |share| {
                format!("{:.2} | {}", sum.rate(), percent(share))
            });
            let cells = format!(
                "{} | {} | {} | {} | {rates}",
                sum.layers,
                millions(sum.macs),
                millions(sum.instructions),
                percent(sum.instructions as f64 / all.instructions as f64)
            );
            (title, cells)
        };
        let of =
            |wanted: &dyn Fn(&str) -> bool| Sum::of(self.on(model, processor, wanted).into_iter());
        let mut rows: Vec<_> = KINDS
            .iter()
            .map(|(kind, title)| row(title, of(&|found| found == *kind), true))
            .collect();
        let other = of(&|found| KINDS.iter().all(|(kind, _)| found != *kind));
        rows.push(row("all else", other, false));
        Some(rows)
    }
}

/// What there is to say of each processor; processors of which the same is said are named together.
fn alike<T: PartialEq>(say: impl Fn(&str) -> Option<T>) -> Vec<(String, T)> {
    let mut said: Vec<(String, T)> = Vec::new();
    for (processor, _) in PROCESSORS {
        let Some(new) = say(processor) else {
            continue;
        };
        match said.last_mut() {
            Some((processors, last)) if *last == new => _ = write!(processors, ", {processor}"),
            _ => said.push((processor.into(), new)),
        }
    }
    said
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(lines: &[&str]) -> Layers {
        let parse = |line: &&str| Layer::parse(line).expect("it is a layer");
        Layers::new(lines.iter().map(parse).collect())
    }

    #[test]
    fn processors_with_the_same_figures_share_a_row() {
        let layers = layers(&[
            "a53\tm\tneon\tpointwise\tx\t8\t8000000\ttotal=4000000",
            "a72\tm\tneon\tpointwise\tx\t8\t8000000\ttotal=4000000",
            "a76\tm\tneon-dotprod\tpointwise\tx\t8\t8000000\ttotal=500000",
            "a76\tm\tneon-dotprod\tpointwise\ty\t32\t8000000\ttotal=1000000",
        ]);
        let table = layers.bar(&["m", "n"]);
        for row in [
            "| m | a53, a72 (neon) | 8.00 | 4.00 | 2.00 | 50 % | ≥ 60 % | **missed** | 0 of 1 | 50 %, x (8) | 50 %, x (8) |",
            "| m | a76 (neon-dotprod) | 16.00 | 1.50 | 10.67 | 67 % | ≥ 60 % | reached | 1 of 2 | 50 %, y (32) | 100 %, x (8) |",
            "| n | a53, a72, a76 | – | – | – | – | – | not measured | – | – | – |",
        ] {
            assert!(table.contains(row), "{table}");
        }
    }

    #[test]
    fn the_steps_of_a_layer_are_one_layer() {
        let layers = layers(&[
            "a53\tm\tneon\tother\ts\t0\t0\ttotal=1000000",
            "a53\tm\tneon\tother\ts\t0\t0\ttotal=2000000",
            "a53\tm\tneon\tpointwise\tx\t8\t4000000\ttotal=1000000",
        ]);
        let table = layers.kinds("m");
        for row in [
            "| a53: pointwise | 1 | 4.00 | 1.00 | 25 % | 4.00 | 100 % |",
            "| a53: all else | 1 | 0.00 | 3.00 | 75 % | – | – |",
        ] {
            assert!(table.contains(row), "{table}");
        }
    }

    #[test]
    fn what_is_no_layer_is_refused() {
        for line in ["", "a53\tm\tneon\tother\ts\t0\t0\tdot=1"] {
            assert!(Layer::parse(line).is_none(), "{line}");
        }
    }
}
