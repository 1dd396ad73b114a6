//! Leave one source out: how good each recipe is on held-out sources, on the mean and source by source.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::cells::percent;
use super::{RunResult, THRESHOLD};
use crate::evaluation::Evaluation;
use crate::kshot::Head;

/// What the names of tests begin with whose family of sources was left out of training.
const TEST: &str = "left-out/";

/// The few-shot columns: head and examples of each class.
const FEW_SHOT: [(Head, usize); 5] = [
    (Head::NearestMean, 1),
    (Head::NearestMean, 5),
    (Head::NearestMean, 20),
    (Head::Logistic, 5),
    (Head::Logistic, 20),
];

/// One recipe on one family that it was not trained on.
struct HeldOut<'a> {
    family: &'a str,
    found: &'a Evaluation,
    /// Whether it was trained at all: what an untrained classifier says is no result.
    trained: bool,
}

/// Both tables; empty where nothing was held out.
pub fn figures(results: &[RunResult]) -> String {
    let recipes = by_recipe(results);
    if recipes.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n### Held-out sources\n\nLeave one source out (`models/recipes/left-out.sh`): each recipe is trained without one family of \
         sources and measured on it. The mean over families, each weighing the same:\n\n",
    );
    text.push_str(&heading("recipe", "families"));
    for (recipe, held_out) in &recipes {
        let cells = columns(held_out);
        let _ = writeln!(
            text,
            "| {recipe} | {} | {} |",
            held_out.len(),
            cells.join(" | ")
        );
    }
    text.push_str("\nSource by source:\n\n");
    text.push_str(&heading("recipe", "family"));
    for (recipe, held_out) in &recipes {
        for one in held_out {
            let cells = columns(std::slice::from_ref(one));
            let _ = writeln!(
                text,
                "| {recipe} | {} | {} |",
                one.family,
                cells.join(" | ")
            );
        }
    }
    text
}

/// What was measured of the runs of one recipe, each on the family that it was not trained on.
pub fn of_recipe<'a>(results: &'a [RunResult], recipe: &str) -> Vec<&'a Evaluation> {
    let mut recipes = by_recipe(results);
    let held_out = recipes.remove(recipe).unwrap_or_default();
    held_out.into_iter().map(|one| one.found).collect()
}

/// The recipe's name is that of its runs without the family: `left-out-NAME-SEED-FAMILY`.
fn by_recipe(results: &[RunResult]) -> BTreeMap<&str, Vec<HeldOut<'_>>> {
    let mut recipes: BTreeMap<&str, Vec<HeldOut<'_>>> = BTreeMap::new();
    for run in results {
        for found in &run.evaluations {
            let family = found.subject.list.strip_prefix(TEST);
            let recipe = family.and_then(|family| {
                let name = run.name.strip_prefix("left-out-")?;
                name.strip_suffix(family)?.strip_suffix('-')
            });
            if let (Some(family), Some(recipe)) = (family, recipe) {
                recipes.entry(recipe).or_default().push(HeldOut {
                    family,
                    found,
                    trained: !run.history.is_empty(),
                });
            }
        }
    }
    recipes
}

fn heading(first: &str, second: &str) -> String {
    let few_shot = FEW_SHOT.map(|(head, shots)| format!("{}, k = {shots}", head.name()));
    format!(
        "| {first} | {second} | label | bin | calibration error | lit at {THRESHOLD} | of those right | {} |\n|---|---|{}\n",
        few_shot.join(" | "),
        "--:|".repeat(5 + FEW_SHOT.len())
    )
}

/// The means of some families, column by column.
fn columns(held_out: &[HeldOut<'_>]) -> Vec<String> {
    let trained = |number: fn(&Evaluation) -> Option<f64>| {
        mean(
            held_out
                .iter()
                .map(|one| number(one.found).filter(|_| one.trained)),
        )
    };
    let lit = |found: &Evaluation| {
        let point = found
            .selective
            .iter()
            .find(|point| point.threshold >= THRESHOLD)?;
        Some((
            point.shown as f64 / found.images.max(1) as f64,
            point.precision(),
        ))
    };
    let lit_of = |part: fn((f64, Option<f64>)) -> Option<f64>| {
        mean(
            held_out
                .iter()
                .map(|one| lit(one.found).and_then(part).filter(|_| one.trained)),
        )
    };
    let mut columns = vec![
        trained(|found| Some(found.accuracy)),
        trained(|found| Some(found.into_bins.accuracy)),
        trained(|found| Some(found.calibration_error)),
        lit_of(|(shown, _)| Some(shown)),
        lit_of(|(_, right)| right),
    ];
    for (head, shots) in FEW_SHOT {
        let of = |found: &Evaluation| {
            let mut rows = found.kshot.iter();
            let row = rows.find(|row| row.head == head && row.shots == shots)?;
            Some(row.mean)
        };
        columns.push(mean(held_out.iter().map(|one| of(one.found))));
    }
    let told = |share: Option<f64>| share.map_or("–".to_owned(), percent);
    columns.into_iter().map(told).collect()
}

/// The mean of some numbers; none where one is missing.
fn mean(numbers: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let numbers: Vec<f64> = numbers.collect::<Option<_>>()?;
    (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_lacks_no_number() {
        assert_eq!(mean([Some(0.5), Some(1.0)].into_iter()), Some(0.75));
        assert_eq!(mean([Some(0.5), None].into_iter()), None);
        assert_eq!(mean(std::iter::empty()), None);
    }

    #[test]
    fn the_reference_has_a_row_for_each_family_that_was_held_out() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../results");
        let results = super::super::gather(std::path::Path::new(folder)).expect("results");
        let text = figures(&results);
        let rows: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("| imagenet-1 "))
            .collect();
        assert_eq!(rows.len(), 6, "{text}");
        assert!(
            rows[0].starts_with("| imagenet-1 | 5 | – | – |"),
            "{}",
            rows[0]
        );
        assert!(rows.iter().any(|row| row.contains("| taco | ")), "{text}");
        let columns = text
            .lines()
            .find(|line| line.starts_with("| recipe"))
            .map(|line| line.matches('|').count());
        assert!(
            rows.iter()
                .all(|row| Some(row.matches('|').count()) == columns)
        );
    }
}
