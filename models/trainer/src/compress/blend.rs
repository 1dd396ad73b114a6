//! The average of two networks' weights, between which a network was fine-tuned.
//!
//! A network that is fine-tuned forgets what it knew of other places; on the straight line between the
//! weights before and after lie networks that know both (WiSE-FT, Wortsman et al. 2021,
//! arXiv 2109.01903).

use sortd::error::{Error, Result};

use super::narrow::Written;
use crate::nets::parameters::Parameters;

/// The network whose weights are `(1 − share) · a + share · b`.
///
/// # Errors
/// The two are not of one plan.
pub fn blend(a: &Written, b: &Written, share: f32) -> Result<Written> {
    if a.plan != b.plan {
        return Err(Error::usage(format!(
            "the two runs have networks of different layers ({} and {})",
            a.plan.name, b.plan.name
        ))
        .advice("blend a run with the one that it was started from, unpruned"));
    }
    let parameters = a.parameters.iter().zip(&b.parameters);
    let parameters = parameters.map(|(a, b)| mixed(a, b, share)).collect();
    Ok(Written {
        plan: a.plan.clone(),
        parameters,
    })
}

fn mixed(a: &Parameters, b: &Parameters, share: f32) -> Parameters {
    let mut mixed = a.clone();
    let (mut own, mut others) = (mixed.vectors_mut(), b.clone());
    for (own, other) in own.iter_mut().zip(others.vectors_mut()) {
        for (a, b) in own.iter_mut().zip(other.iter()) {
            *a += share * (b - *a);
        }
    }
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::{Architecture, Head, MobileNetCbam, parameters};
    use crate::rng::{Purpose, Rng};

    fn written(seed: u64, width: f64) -> Written {
        let net = MobileNetCbam {
            width,
            stem_stride: 2,
            attention: vec![13],
            dilated: vec![],
            head: Head::Embedding,
        };
        let plan = net.plan(64, 3).unwrap();
        let parameters = parameters::random(&plan, &mut Rng::new(seed, Purpose::Weights, 0, 0));
        Written { plan, parameters }
    }

    #[test]
    fn the_ends_of_the_line_are_the_two_networks() {
        let (a, b) = (written(1, 0.25), written(2, 0.25));
        assert_eq!(blend(&a, &b, 0.0).unwrap(), a);
        assert_eq!(blend(&a, &a, 0.7).unwrap(), a);
        let (middle, end) = (blend(&a, &b, 0.5).unwrap(), blend(&a, &b, 1.0).unwrap());
        let stem = |written: &Written| match &written.parameters[1] {
            Parameters::Conv(conv) => conv.weights[0],
            _ => panic!("the stem is a convolution"),
        };
        assert!((stem(&middle) - f32::midpoint(stem(&a), stem(&b))).abs() < 1e-6);
        assert!((stem(&end) - stem(&b)).abs() < 1e-6);
    }

    #[test]
    fn networks_of_other_shapes_are_refused() {
        assert!(blend(&written(1, 0.25), &written(1, 0.5), 0.5).is_err());
    }
}
