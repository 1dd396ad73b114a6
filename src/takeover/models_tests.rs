//! What is told of models that were not taken.

use super::*;

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn with(name: &str, why: &str) -> Models {
    Models {
        found: Vec::new(),
        verdicts: vec![(name.into(), Verdict::Refused(why.into()))],
        on_card: Some(names(&["a", "b", "own"])),
    }
}

const MISSING: &str = "sortd.toml:7:10: model.bundle: models/own: does not exist; name a folder\nsortd.toml:9:1: x: y";

#[test]
fn a_model_without_time_is_told_as_that_and_not_as_missing() {
    let verdict = judge(
        Path::new("/card/models/own"),
        Path::new("/state"),
        Instant::now(),
    );
    assert_eq!(verdict, Verdict::Refused(NO_TIME.into()));
    assert_eq!(
        with("models/own", NO_TIME).explained(MISSING, &names(&["own"])),
        "sortd.toml:7:10: model.bundle: models/own: there was no time to prove it; take models/a, models/b off the \
         card\nsortd.toml:9:1: x: y"
    );
}

#[test]
fn a_refused_model_is_told_as_that_and_not_as_missing() {
    assert_eq!(
        with("models/own", "model.toml:1:1: wrong").explained(MISSING, &names(&["own"])),
        "sortd.toml:7:10: model.bundle: models/own: is on the card, but was refused; mend what is said of \
         models/own\nsortd.toml:9:1: x: y"
    );
}

#[test]
fn a_model_that_is_missing_is_told_as_missing() {
    for (named, refused) in [("own", "models/a"), ("other", "models/own")] {
        let explained = with(refused, NO_TIME).explained(MISSING, &names(&[named]));
        assert_eq!(explained, MISSING, "{named}");
    }
}
