//! `trainer summary`.

use std::path::PathBuf;

use clap::Args;
use sortd::error::Result;

use super::networks::NetworkOptions;
use crate::files;
use crate::nets::cost::{self, LayerCost};
use crate::nets::plan::Plan;
use crate::plots;

/// Print what each layer of a network costs, beside the same layer as a standard convolution.
///
/// Counted as Howard et al. 2017 do: one MAC a weight, output position and output channel.
#[derive(Debug, Args)]
pub struct Summary {
    #[command(flatten)]
    network: NetworkOptions,

    /// Number of classes
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = super::values::count())]
    classes: usize,

    /// The network of a run instead, as it was pruned
    #[arg(long, value_name = "DIR", conflicts_with_all = ["side", "classes"])]
    run: Option<PathBuf>,

    /// Also draw it
    #[arg(long, value_name = "FILE.png")]
    picture: Option<PathBuf>,
}

impl Summary {
    /// Prints the table.
    ///
    /// # Errors
    /// The options make no network, the run cannot be read, or the picture cannot be written.
    pub fn run(self) -> Result<()> {
        let plan: Plan = match &self.run {
            Some(run) => {
                self.network.require_none("--run")?;
                files::read_json(&run.join(crate::run_folder::PLAN))?
            }
            None => self.network.plan(self.classes)?,
        };
        plan.check()?;
        let layers = cost::layers(&plan);
        print(&plan, &layers)?;
        match &self.picture {
            Some(path) => plots::costs(path, &plan.name, &layers),
            None => Ok(()),
        }
    }
}

fn print(plan: &Plan, layers: &[LayerCost]) -> Result<()> {
    say!(
        "{} for pictures of {} × {} pixels\n",
        plan.name,
        plan.side,
        plan.side
    )?;
    say!(
        "{:<26} {:<30} {:>14} {:>11} {:>13} {:>15} {:>7}",
        "layer",
        "kind",
        "result",
        "parameters",
        "MACs",
        "standard MACs",
        "ratio"
    )?;
    for layer in layers {
        let (standard, ratio) = layer
            .standard
            .map_or((String::new(), String::new()), |standard| {
                (grouped(standard.macs), format!("{:.1}×", standard.ratio()))
            });
        say!(
            "{:<26} {:<30} {:>14} {:>11} {:>13} {standard:>15} {ratio:>7}",
            layer.name,
            layer.kind,
            layer.shape.to_string(),
            grouped(layer.parameters),
            grouped(layer.macs)
        )?;
    }
    let total = cost::cost(plan);
    say!(
        "\n{} parameters, {} MACs",
        grouped(total.parameters),
        grouped(total.macs)
    )?;
    let replaced = layers.iter().filter_map(|layer| layer.standard);
    let (by, standard) = replaced.fold((0, 0), |(by, macs), one| (by + one.by, macs + one.macs));
    if by > 0 {
        say!(
            "{} of them stand in place of {} MACs of standard convolutions: {:.1} times less",
            grouped(by),
            grouped(standard),
            standard as f64 / by as f64
        )?;
    }
    Ok(())
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
