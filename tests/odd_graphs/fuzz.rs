//! Random networks, some of whose fields are changed at random: whatever becomes of them, they run as
//! tract runs them, on all kernels alike, or are refused.

use proptest::prelude::*;
use sortd::classify::Backend;

use crate::net::{Conv, Map, Net};
use crate::proto::{int, ints};
use crate::run::{answers, runs_like};

/// Labels of the random networks.
const LABELS: usize = 5;

/// A random network that makes sense.
fn network(seed: u64) -> (Net, f32) {
    let mut net = Net::new(9, 10).seeded(seed);
    let unsigned = net.random(2) == 1;
    let mut map = net.picture();
    let mut sides = [9, 10];
    let channels = [4, 6, 10, 16][net.random(4) as usize];
    map = net.conv(
        &map,
        &Conv {
            unsigned,
            ..Conv::square(channels, 3)
        },
    );
    for _ in 0..2 + net.random(4) {
        map = layer(&mut net, &map, &mut sides);
    }
    let last = net.conv(&map, &Conv::square(LABELS, 1));
    (net.end_with_means(&last), last.scale)
}

/// A random layer behind `map`, which keeps the number of channels.
fn layer(net: &mut Net, map: &Map, sides: &mut [i64; 2]) -> Map {
    let channels = map.channels;
    let like = |conv: Conv| Conv {
        unsigned: map.unsigned,
        ..conv
    };
    match net.random(10) {
        0 => net.conv(map, &like(Conv::depthwise(channels, 3))),
        1 => {
            *sides = sides.map(|side| (side + 1) / 2);
            net.conv(map, &like(Conv::depthwise(channels, 5).stride(2)))
        }
        2 => net.conv(map, &like(Conv::square(channels, 1))),
        3 => net.conv(map, &like(Conv::square(channels, 3))),
        4 => {
            let branch = net.conv(map, &like(Conv::square(channels, 1)));
            net.two(
                "QLinearAdd",
                map,
                &branch,
                branch.scale.max(map.scale),
                map.zero,
            )
        }
        5 => {
            let real = net.dequantise(map);
            let op = ["Relu", "Sigmoid", "Tanh"][net.random(3) as usize];
            let active = net.node(op, &[&real], vec![]);
            net.quantise(&active, channels, map.scale, map.zero, map.unsigned)
        }
        6 => {
            let real = net.dequantise(map);
            let means = net.node("GlobalAveragePool", &[&real], vec![]);
            let gate = net.node("Sigmoid", &[&means], vec![]);
            let product = net.node("Mul", &[&real, &gate], vec![]);
            net.quantise(&product, channels, map.scale, map.zero, map.unsigned)
        }
        7 => {
            let shuffled = net.shuffle(map, *sides, 2);
            let between = match net.random(3) {
                0 => shuffled,
                1 => net.conv(&shuffled, &like(Conv::depthwise(channels, 3))),
                _ => net.two("QLinearAdd", map, &shuffled, 1.5 * map.scale, map.zero),
            };
            net.conv(&between, &like(Conv::square(channels, 1).groups(2)))
        }
        8 => {
            let little = net.conv(map, &like(Conv::depthwise(channels, 3).stride(2)));
            let real = net.dequantise(&little);
            let mut sum = net.enlarged(&real);
            let enlarged = sides.map(|side| side + side % 2);
            if enlarged == *sides {
                let other = net.dequantise(map);
                sum = net.node("Add", &[&sum, &other], vec![]);
            }
            *sides = enlarged;
            net.quantise(&sum, channels, little.scale, map.zero, map.unsigned)
        }
        _ => {
            let real = net.dequantise(map);
            let both = net.node("Concat", &[&real, &real], vec![int("axis", 1)]);
            let both = net.quantise(&both, 2 * channels, map.scale, map.zero, map.unsigned);
            net.conv(&both, &like(Conv::square(channels, 1).groups(2)))
        }
    }
}

/// Changes one field at random.
fn mutate(net: &mut Net, seed: u64) {
    *net = net.clone().seeded(seed);
    let node = net.random(net.graph.node.len() as u64) as usize;
    let tensor = net.random(net.graph.initializer.len() as u64) as usize;
    let kind = net.random(12);
    let [a, b] = [net.random(1 << 20) as usize, net.random(1 << 20) as usize];
    let odd = [0, -1, 1, 2, 3, 4, 5, 7, 12, 100][a % 10];
    let number = [0.0, -1.0, 1e-30, 1e30, f32::NAN, f32::INFINITY, 0.5, 100.0][a % 8];
    let other = net.graph.node[b % net.graph.node.len()].output[0].clone();
    let constant = net.graph.initializer[b % net.graph.initializer.len()]
        .name
        .clone();
    let initializer = &mut net.graph.initializer[tensor];
    match kind {
        0..=2 => {
            let attributes = &mut net.graph.node[node].attribute;
            if attributes.is_empty() {
                return;
            }
            let at = a % attributes.len();
            let attribute = &mut attributes[at];
            match attribute.ints.len() {
                0 => attribute.i = odd,
                some => attribute.ints[b % some] = odd,
            }
        }
        3 => {
            let inputs = &mut net.graph.node[node].input;
            let count = inputs.len();
            inputs.swap(a % count, b % count);
        }
        4 => {
            let inputs = &mut net.graph.node[node].input;
            let at = a % inputs.len();
            inputs[at] = if a % 3 == 0 { constant } else { other };
        }
        5 => drop(net.graph.node.remove(node)),
        6 => {
            let dims = &mut initializer.dims;
            match dims.len() {
                0 => dims.push(odd),
                some => dims[a % some] = odd,
            }
        }
        7 => initializer.data_type = [1, 2, 3, 6, 7, 11][a % 6],
        8 => {
            let bytes = initializer.raw_data.len();
            if bytes > 0 {
                initializer.raw_data[a % bytes] = b as u8;
            }
        }
        9 | 10 => {
            if initializer.data_type == 1 && initializer.raw_data.len() >= 4 {
                let at = b % (initializer.raw_data.len() / 4) * 4;
                initializer.raw_data[at..at + 4].copy_from_slice(&number.to_le_bytes());
            }
        }
        _ => {
            let names = [
                "Add",
                "Mul",
                "Relu",
                "MaxPool",
                "GlobalAveragePool",
                "Transpose",
                "Flatten",
                "Squeeze",
            ];
            net.graph.node[node].op_type = names[a % names.len()].into();
            net.graph.node[node].domain = String::new();
            if a % 2 == 0 {
                net.graph.node[node]
                    .attribute
                    .push(ints("perm", &[0, 2, 1, 3]));
            }
        }
    }
}

/// Whether a constant is so large that it shows how tract approximates: its sigmoid of what is far below zero is 1e-8, and not
/// nothing. Where nothing is approximated, no constant is too large.
fn magnifies(net: &Net) -> bool {
    let approximated = ["Sigmoid", "Tanh"];
    let mut nodes = net.graph.node.iter();
    if !nodes.any(|node| approximated.contains(&&*node.op_type)) {
        return false;
    }
    let real = net
        .graph
        .initializer
        .iter()
        .filter(|constant| constant.data_type == 1);
    let mut numbers = real.flat_map(|constant| constant.raw_data.as_chunks::<4>().0);
    numbers.any(|bytes| {
        let number = f32::from_le_bytes(*bytes).abs();
        number.is_finite() && number > 1e6
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_networks_run_right(seed in 0..1_u64 << 40) {
        let (net, step) = network(seed);
        let tract = answers(&net, LABELS, None, 1).expect("tract runs it");
        // A step of a layer in the middle may become more than one at the end.
        runs_like(&tract, &net, LABELS, 3.0 * step);
    }

    #[test]
    fn random_changes_lead_to_the_same_answers_or_to_a_refusal(
        seed in 0..1_u64 << 40, changes in prop::collection::vec(0..1_u64 << 40, 1..5),
    ) {
        let (mut net, step) = network(seed);
        for change in changes {
            mutate(&mut net, change);
        }
        let tract = answers(&net, LABELS, None, 1);
        let [portable, best] = [Backend::Portable, Backend::best()]
            .map(|backend| answers(&net, LABELS, Some(backend), 2));
        prop_assert_eq!(portable.is_ok(), best.is_ok());
        if let (Ok(portable), Ok(best)) = (portable, best) {
            prop_assert_eq!(&portable.values, &best.values);
            if let Ok(tract) = tract && !magnifies(&net) {
                let (found, expected) = (best.values.concat(), tract.values.concat());
                let most = expected.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
                // What lies half between two steps is rounded either way, and of few steps one is more than that.
                let allowed = (0.05 * most).max(1.01 * step);
                for (found, expected) in found.iter().zip(&expected) {
                    prop_assert!((found - expected).abs() <= allowed, "{best:?} {tract:?}");
                }
            }
        }
    }
}
