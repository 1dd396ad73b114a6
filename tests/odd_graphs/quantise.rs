//! `QuantizeLinear` in all its forms: numbers are divided by the scale, and what names no zero point has one.

use sortd::preprocess::ModelInput;
use tract_onnx::pb::NodeProto;

use crate::net::{Net, PIXEL_OFFSET, PIXEL_SCALE};
use crate::proto::{bytes, int, integers, reals};
use crate::run::{answers, answers_alike, is_refused, is_refused_somehow, pictures};

const SIDE: usize = 6;
const VALUES: usize = 3 * SIDE * SIDE;

/// The picture, quantised by a node that `change` makes other than usual, and real again.
fn net(scale: f32, zero: i32, unsigned: bool, change: impl Fn(&mut Net, &mut NodeProto)) -> Net {
    let mut net = Net::new(SIDE, SIDE);
    let map = net.quantise("picture", 3, scale, zero, unsigned);
    let mut node = net.graph.node.pop().expect("it was just made");
    change(&mut net, &mut node);
    net.graph.node.push(node);
    net.end_with_all(&map)
}

fn usual(scale: f32, zero: i32, unsigned: bool) -> Net {
    net(scale, zero, unsigned, |_, _| {})
}

/// What the standard says of a picture, by rows of each channel.
fn expected(picture: &ModelInput, scale: f32) -> Vec<f32> {
    let real = |pixel: u8| f32::from(pixel).mul_add(PIXEL_SCALE, PIXEL_OFFSET);
    let channels = (0..3).flat_map(|channel| picture.pixels().iter().skip(channel).step_by(3));
    channels
        .map(|pixel| {
            ((real(*pixel) / scale).round_ties_even() as i32).clamp(-128, 127) as f32 * scale
        })
        .collect()
}

#[test]
fn numbers_between_two_steps_go_where_a_division_says() {
    let real = |pixel: u16| f32::from(pixel).mul_add(PIXEL_SCALE, PIXEL_OFFSET);
    let tells = |scale: &f32| {
        let mut numbers = (0..256).map(real);
        numbers.any(|number| {
            (number / scale).round_ties_even() as i32
                != (number * scale.recip()).round_ties_even() as i32
        })
    };
    let scales: Vec<f32> = (2000..60_000)
        .map(|step| step as f32 / 1e6)
        .filter(tells)
        .take(8)
        .collect();
    assert!(
        !scales.is_empty(),
        "no scale tells a division from a product"
    );
    for scale in scales {
        let net = usual(scale, 0, false);
        let pictures = pictures(&net.bundle(VALUES));
        for backend in [None, Some(sortd::classify::Backend::best())] {
            let found = answers(&net, VALUES, backend, 1).expect("it runs").values;
            for (picture, found) in pictures.iter().zip(found) {
                assert_eq!(
                    found,
                    expected(picture, scale),
                    "{backend:?}, scale {scale}"
                );
            }
        }
    }
}

#[test]
fn without_a_zero_point_bytes_begin_at_zero_and_have_the_sign_that_is_said() {
    let without = |unsigned: bool, kind: Option<i64>, left_out: bool| {
        net(0.02, 0, unsigned, move |_, node| {
            node.input.truncate(2);
            if left_out {
                node.input.push(String::new());
            }
            node.attribute
                .extend(kind.map(|kind| int("output_dtype", kind)));
        })
    };
    for (unsigned, kind) in [
        (true, None),
        (true, Some(0)),
        (true, Some(2)),
        (false, Some(3)),
    ] {
        for left_out in [false, true] {
            let net = without(unsigned, kind, left_out);
            answers_alike(&net, &usual(0.02, 0, unsigned), VALUES, 0.0);
        }
    }
    let node = &without(true, Some(4), false);
    is_refused(node, VALUES, "QuantizeLinear");
}

#[test]
fn a_scale_for_each_channel_is_understood() {
    let apart = net(0.02, -3, false, |net, node| {
        node.input[1] = net.constant(reals(&[3], &[0.02; 3]));
        node.input[2] = net.constant(bytes(&[3], &[-3_i8 as u8; 3], false));
    });
    answers_alike(&apart, &usual(0.02, -3, false), VALUES, 0.02);
}

#[test]
fn scales_and_zero_points_that_make_no_sense_are_refused() {
    let refused = |change: &dyn Fn(&mut Net, &mut NodeProto)| {
        is_refused(&net(0.02, 0, false, change), VALUES, "QuantizeLinear");
    };
    refused(&|net, node| node.input[1] = net.constant(reals(&[0], &[])));
    refused(&|net, node| node.input[2] = net.constant(bytes(&[0], &[], false)));
    refused(&|_, node| node.input[1] = "picture".into());
    // What dequantises it speaks first.
    let whole = net(0.02, 0, false, |net, node| {
        node.input[2] = net.constant(integers(&[], &[3]));
    });
    is_refused_somehow(&whole, VALUES);
}

#[test]
fn a_chain_as_long_as_a_model_may_be_is_looked_through_once() {
    // A search that begins anew at each pair takes a minute. Each pair gives the bytes that it was given.
    const PAIRS: usize = 2_400;
    let mut chain = Net::new(SIDE, SIDE);
    let mut map = chain.quantise("picture", 3, 0.02, 0, false);
    for _ in 0..PAIRS {
        let real = chain.dequantise(&map);
        map = chain.quantise(&real, 3, 0.02, 0, false);
    }
    answers_alike(
        &chain.end_with_all(&map),
        &usual(0.02, 0, false),
        VALUES,
        0.0,
    );
}
