//! Networks that give an embedding beside their scores.

use sortd::classify::Backend;
use sortd::classify::bundle::{Bundle, GoldenCase};

use crate::net::{Conv, Net};
use crate::proto::ints;
use crate::run::{answers, ask, pictures, runs_on_kernels, runs_right, steps};

const LABELS: usize = 7;
const LENGTH: usize = 128;

/// A small network with both outputs, and the coarser step of the two.
fn small() -> (Net, f32) {
    let mut net = Net::new(16, 16);
    let picture = net.picture();
    let map = net.conv(&picture, &Conv::square(9, 3).stride(2));
    let real = net.dequantise(&map);
    let means = net.node("GlobalAveragePool", &[&real], vec![]);
    net.end_with_embedding(&means, &map, LENGTH, LABELS)
}

/// The bundle of a network, whose golden cases are what it answers itself, to the last bit.
fn proven(net: &Net) -> Bundle {
    let mut bundle = net.bundle(LABELS);
    let answers = ask(net.bundle(LABELS), Some(Backend::Portable), 1).expect("it runs");
    bundle.manifest.golden.tolerance = 0.0;
    bundle.manifest.output.kind = sortd::classify::bundle::OutputKind::Logits;
    bundle.manifest.golden.cases.clear();
    for (at, (picture, values)) in pictures(&bundle)
        .into_iter()
        .zip(answers.values)
        .enumerate()
    {
        let (scores, embedding) = values.split_at(LABELS);
        bundle.golden.push((picture, scores.to_vec()));
        bundle.manifest.golden.cases.push(GoldenCase {
            file: format!("{at}.png"),
            output: scores.to_vec(),
            embedding: Some(embedding.to_vec()),
        });
    }
    bundle
}

#[track_caller]
fn refusal(bundle: Bundle) -> String {
    ask(bundle, Some(Backend::best()), 1).expect_err("it is wrong")
}

#[test]
fn both_outputs_come_from_the_kernels_alone_in_either_order() {
    let (net, step) = small();
    let mut turned = net.clone();
    turned.graph.output.reverse();
    for net in [&net, &turned] {
        runs_on_kernels(net, LABELS, step);
        assert!(!steps(net, LABELS).is_empty());
    }
    let [one, other] =
        [&net, &turned].map(|net| answers(net, LABELS, Some(Backend::best()), 1).expect("it runs"));
    assert_eq!(one.values, other.values);
}

#[test]
fn the_scores_are_chosen_by_name_where_there_are_more_outputs() {
    let (net, _) = small();
    let [scores, embedding] = [0, 1].map(|at| net.graph.output[at].name.clone());
    let expected = answers(&net, LABELS, Some(Backend::best()), 1).expect("it runs");
    // A third output stands first and has as many numbers as there are labels.
    let mut net = net;
    let other = net.node("Softmax", &[&scores], vec![ints("axis", &[1])]);
    let mut net = net.end_with(&other);
    net.graph.output.rotate_right(1);
    let mut bundle = net.bundle(LABELS);
    bundle.manifest.output.name = Some(scores);
    let found = ask(bundle, Some(Backend::best()), 1).expect("it runs");
    assert_eq!(found.values, expected.values);
    let mut bundle = net.bundle(LABELS);
    bundle.manifest.output.name = Some("speed".into());
    let reason = refusal(bundle);
    assert!(reason.contains("no output \"speed\""), "{reason}");
    assert!(
        reason.contains(&embedding),
        "the outputs are not named: {reason}"
    );
}

#[test]
fn an_embedding_that_tract_computes_runs_right() {
    let mut net = Net::new(16, 16);
    let picture = net.picture();
    let map = net.conv(&picture, &Conv::square(9, 3).stride(2));
    let real = net.dequantise(&map);
    let means = net.node("GlobalAveragePool", &[&real], vec![]);
    let odd = net.node("Tanh", &[&means], vec![]);
    let odd = net.node("Flatten", &[&odd], vec![ints("axis", &[1])]);
    let last = net.conv(&map, &Conv::square(5, 1));
    let mut net = net.end_with_means(&last).end_with(&odd);
    net.embedding = Some((odd, 9));
    runs_right(&net, 5, last.scale);
}

#[test]
fn an_embedding_that_the_graph_lacks_or_that_has_another_length_is_refused() {
    let (net, _) = small();
    let mut missing = net.bundle(LABELS);
    let embedding = missing.manifest.embedding.as_mut().expect("it has one");
    embedding.name = "features".into();
    let reason = refusal(missing);
    assert!(reason.contains("no output \"features\""), "{reason}");
    let mut short = net.bundle(LABELS);
    let embedding = short.manifest.embedding.as_mut().expect("it has one");
    embedding.length = LENGTH - 1;
    let reason = refusal(short);
    assert!(reason.contains("127 values"), "{reason}");
    let mut alone = net;
    alone.graph.output.remove(0);
    let reason = refusal(alone.bundle(LABELS));
    assert!(reason.contains("there are no scores"), "{reason}");
}

#[test]
fn golden_cases_of_integer_models_hold_to_the_last_bit_on_all_kernels() {
    let (net, _) = small();
    for backend in Backend::available() {
        for threads in [1, 3] {
            let proven = ask(proven(&net), Some(backend), threads);
            assert!(proven.is_ok(), "{backend}: {proven:?}");
        }
    }
}

#[test]
fn a_golden_case_that_is_one_bit_off_is_refused() {
    let (net, _) = small();
    let mut scores = proven(&net);
    let value = &mut scores.golden[1].1[3];
    *value = value.next_up();
    let reason = refusal(scores);
    assert!(
        reason.contains("1.png differs from its golden output"),
        "{reason}"
    );
    let mut embedding = proven(&net);
    let case = embedding.manifest.golden.cases[2].embedding.as_mut();
    let value = &mut case.expect("it has one")[LENGTH - 1];
    *value = value.next_down();
    let reason = refusal(embedding);
    assert!(
        reason.contains("2.png differs from its golden embedding"),
        "{reason}"
    );
}
