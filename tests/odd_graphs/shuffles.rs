//! Channel shuffles, which are folded into the weights of the convolutions behind them.

use crate::net::{Conv, Map, Net};
use crate::proto::ints;
use crate::run::{runs_on_kernels, runs_right, steps};

impl Net {
    /// Channels of `groups` groups dealt out like cards: reshaped, transposed and reshaped back.
    pub fn shuffle(&mut self, map: &Map, sides: [i64; 2], groups: i64) -> Map {
        let channels = map.channels as i64;
        let [height, width] = sides;
        let apart = self.vector(&[1, groups, channels / groups, height, width]);
        let together = self.vector(&[1, channels, height, width]);
        let name = self.node("Reshape", &[&map.name, &apart], vec![]);
        let name = self.node("Transpose", &[&name], vec![ints("perm", &[0, 2, 1, 3, 4])]);
        let name = self.node("Reshape", &[&name, &together], vec![]);
        Map {
            name,
            ..map.clone()
        }
    }
}

#[test]
fn a_shuffle_between_grouped_convolutions_costs_no_step() {
    for groups in [2, 3, 4] {
        let mut net = Net::new(16, 16);
        let picture = net.picture();
        let stem = net.conv(&picture, &Conv::square(24, 3).stride(2));
        let first = net.conv(&stem, &Conv::square(24, 1).groups(groups));
        let shuffled = net.shuffle(&first, [8, 8], groups as i64);
        let between = net.conv(&shuffled, &Conv::depthwise(24, 3));
        let second = net.conv(&between, &Conv::square(12, 1).groups(groups));
        let net = net.end_with_means(&second);
        runs_on_kernels(&net, 12, second.scale);
        // The picture, four convolutions, the mean and its division: there is no step for the shuffle.
        let steps = steps(&net, 12);
        assert!(steps.len() <= 7, "{groups} groups: {steps:?}");
    }
}

#[test]
fn two_shuffles_after_each_other_run_on_the_kernels() {
    let mut net = Net::new(8, 8);
    let picture = net.picture();
    let stem = net.conv(&picture, &Conv::square(12, 3));
    let once = net.shuffle(&stem, [8, 8], 3);
    let twice = net.shuffle(&once, [8, 8], 2);
    let between = net.conv(&twice, &Conv::depthwise(12, 3));
    let again = net.shuffle(&between, [8, 8], 4);
    let last = net.conv(&again, &Conv::square(6, 3).groups(2));
    runs_on_kernels(&net.end_with_means(&last), 6, last.scale);
}

#[test]
fn a_shuffled_map_that_is_read_by_others_is_put_in_order() {
    let mut net = Net::new(8, 8);
    let picture = net.picture();
    let stem = net.conv(&picture, &Conv::square(12, 3));
    let shuffled = net.shuffle(&stem, [8, 8], 3);
    let other = net.conv(&stem, &Conv::square(12, 1));
    let [a, b] = [net.dequantise(&shuffled), net.dequantise(&other)];
    let sum = net.node("Add", &[&a, &b], vec![]);
    let sum = net.quantise(&sum, 12, stem.scale * 1.5, 4, false);
    runs_on_kernels(&net.clone().end_with_means(&sum), 12, sum.scale);
    runs_on_kernels(&net.end_with_means(&shuffled), 12, shuffled.scale);
}

#[test]
fn a_shuffle_at_the_very_end_is_not_lost() {
    let mut net = Net::new(4, 4);
    let picture = net.picture();
    let stem = net.conv(&picture, &Conv::square(12, 3));
    let shuffled = net.shuffle(&stem, [4, 4], 3);
    runs_right(&net.end_with_all(&shuffled), 12 * 16, shuffled.scale);
}

#[test]
fn a_shuffle_of_a_single_pixel_is_not_lost() {
    let mut net = Net::new(1, 1);
    let picture = net.picture();
    let stem = net.conv(&picture, &Conv::square(16, 1));
    let shuffled = net.shuffle(&stem, [1, 1], 4);
    let last = net.conv(&shuffled, &Conv::square(8, 1).groups(4));
    runs_right(&net.clone().end_with_means(&last), 8, last.scale);
    runs_right(&net.end_with_all(&shuffled), 16, shuffled.scale);
}

#[test]
fn a_shuffle_of_real_numbers_runs_right() {
    let mut net = Net::new(8, 8);
    let picture = net.picture();
    let stem = net.conv(&picture, &Conv::square(12, 3));
    let real = Map {
        name: net.dequantise(&stem),
        ..stem.clone()
    };
    let shuffled = net.shuffle(&real, [8, 8], 3).name;
    let back = net.quantise(&shuffled, 12, stem.scale, stem.zero, false);
    let last = net.conv(&back, &Conv::square(6, 1).groups(3));
    runs_right(&net.end_with_means(&last), 6, last.scale);
}

#[test]
fn axes_that_change_places_are_not_taken_for_a_shuffle() {
    // With as many channels as rows and columns every order of the axes has the same shape.
    for order in [[0, 2, 1, 3], [0, 3, 2, 1], [0, 1, 3, 2], [0, 2, 3, 1]] {
        let mut net = Net::new(8, 8);
        let picture = net.picture();
        let stem = net.conv(&picture, &Conv::square(8, 3));
        let name = net.node("Transpose", &[&stem.name], vec![ints("perm", &order)]);
        let turned = Map { name, ..stem };
        let last = net.conv(&turned, &Conv::square(6, 3));
        runs_right(&net.end_with_means(&last), 6, last.scale);
    }
}

/// The means of a map as a value a row: there are as many rows as channels.
fn with_means_as_rows(how: &str) -> (Net, Map, [String; 3]) {
    let mut net = Net::new(8, 8);
    let picture = net.picture();
    let stem = net.conv(&picture, &Conv::square(8, 3));
    let real = net.dequantise(&stem);
    let means = net.node("GlobalAveragePool", &[&real], vec![]);
    let rows = if how == "Reshape" {
        let shape = net.vector(&[1, 1, 8, 1]);
        net.node("Reshape", &[&means, &shape], vec![])
    } else {
        net.node("Transpose", &[&means], vec![ints("perm", &[0, 2, 1, 3])])
    };
    (net, stem, [real, means, rows])
}

#[test]
fn a_vector_whose_axes_have_other_names_is_no_gate_for_channels() {
    for how in ["Reshape", "Transpose"] {
        let (mut net, stem, [real, _, rows]) = with_means_as_rows(how);
        let product = net.node("Mul", &[&real, &rows], vec![]);
        let scale = stem.scale * stem.scale * 10.0;
        let gated = net.quantise(&product, 8, scale, 0, false);
        runs_right(&net.end_with_all(&gated), 8 * 64, scale);
    }
}

#[test]
fn vectors_across_each_other_are_no_sum_of_vectors() {
    for how in ["Reshape", "Transpose"] {
        let (net, stem, [_, means, rows]) = with_means_as_rows(how);
        for op in ["Add", "Mul"] {
            let mut net = net.clone();
            let product = net.node(op, &[&means, &rows], vec![]);
            let flat = net.node("Flatten", &[&product], vec![ints("axis", &[1])]);
            runs_right(&net.end_with(&flat), 64, stem.scale);
        }
    }
}

#[test]
fn a_vector_whose_axes_have_other_names_is_reduced_as_the_graph_says() {
    for how in ["Reshape", "Transpose"] {
        let (net, stem, [.., rows]) = with_means_as_rows(how);
        for (axes, left) in [([2, 3], 1), ([1, 3], 8)] {
            let mut net = net.clone();
            let sum = net.node("ReduceMax", &[&rows], vec![ints("axes", &axes)]);
            let flat = net.node("Flatten", &[&sum], vec![ints("axis", &[1])]);
            runs_right(&net.end_with(&flat), left, stem.scale);
        }
    }
}
